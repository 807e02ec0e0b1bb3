"""What needs a person.

Effects: none.
"""

import hashlib
from datetime import datetime

from msgspec import Struct
from msgspec.structs import force_setattr

KEY_CHARS_MAX = 250
HEAD_CHARS_MAX = 500
DETAIL_CHARS_MAX = 8_000


def notice_key(key: str) -> str:
    """The same for the same, and bounded: a feed's address, which is named in it, may be as long as a person likes."""
    if len(key) <= KEY_CHARS_MAX:
        return key
    return f"{key[: KEY_CHARS_MAX - 18]}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"


class Need(Struct, frozen=True):
    """Something that needs a person now, as it was found; bounded as it is remembered, so that the two are alike."""

    key: str
    """What it is about, the same for as long as it lasts: `kind`, or `kind:thing`."""
    head: str
    """One sentence that reads well alone."""
    remedy: str = ""
    """What a person can do."""
    detail: str = ""
    """More of it, line by line."""

    def __post_init__(self) -> None:
        force_setattr(self, "key", notice_key(self.key))
        force_setattr(self, "head", self.head[:HEAD_CHARS_MAX])
        force_setattr(self, "remedy", self.remedy[:HEAD_CHARS_MAX])
        force_setattr(self, "detail", self.detail[:DETAIL_CHARS_MAX])

    @property
    def kind(self) -> str:
        """Its kind, by which alike ones are gathered."""
        return self.key.partition(":")[0]

    def __str__(self) -> str:
        stop = "" if not self.remedy or self.head.endswith((".", ":", "!", "?", "…")) else "."
        return f"{self.head}{stop} {self.remedy}".strip()


class Notice(Struct, frozen=True):
    """A need that is remembered: since when, whether the operator was told, and when it was over."""

    key: str
    since: datetime
    head: str
    remedy: str = ""
    detail: str = ""
    told_at: datetime | None = None
    """When the operator was last told of it, of its beginning or its end."""
    over_at: datetime | None = None

    def says(self, need: Need) -> bool:
        """Whether it is open, with the words of a need."""
        return self.is_open and (self.head, self.remedy, self.detail) == (need.head, need.remedy, need.detail)

    @property
    def kind(self) -> str:
        """Its kind, by which alike ones are gathered."""
        return self.key.partition(":")[0]

    @property
    def is_open(self) -> bool:
        """Whether it still needs a person."""
        return self.over_at is None

    @property
    def is_told(self) -> bool:
        """Whether its beginning was told, and not one before."""
        return self.told_at is not None and self.told_at >= self.since

    @property
    def is_end_told(self) -> bool:
        """Whether nothing is left to be said of it."""
        return self.over_at is not None and self.told_at is not None and self.told_at > self.over_at
