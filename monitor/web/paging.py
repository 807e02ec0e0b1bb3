"""Lists that are asked for a page at a time.

Effects: none.
"""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

T = TypeVar("T")

LIMIT = 50
LIMIT_MAX = 200


class Paged(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = None
    """What to give as `after` for the page behind it; null at the end."""


LimitIn = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many items a page has.")]
AfterIn = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
