"""Who asks, and what they may do.

Effects: none.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the page, or a program that holds a token."""

    name: str
    """As it is written beside what they do: `web:NAME`."""
    may_edit: bool
    csrf: str = ""
    """What each form of theirs carries back; empty for a program, which has no cookie that could be borrowed."""
    is_program: bool = False
    is_local: bool = False
    """Whether it is somebody at this machine, of whom no token is asked."""
    has_session: bool = False
    """Whether they signed in here, and so can sign out here."""

    @property
    def author(self) -> str:
        """As it stands in the log of revisions, mutes and marks."""
        return f"web:{self.name}"


STRANGER = Person("", may_edit=False)
"""Nobody we know: sees the way in, and what is for everybody."""


def person_of(request: Request) -> Person:
    """Who asks; `Access` has found it out before anything is answered."""
    person = request.scope["person"]
    assert isinstance(person, Person)
    return person


PersonIn = Annotated[Person, Depends(person_of)]
