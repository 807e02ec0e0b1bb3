"""What needs a person.

Effects: none.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person now, as it was found."""

    key: str
    """What it is about, the same for as long as it lasts: `kind`, or `kind:thing`."""
    head: str
    """One sentence that reads well alone."""
    remedy: str = ""
    """What a person can do."""
    detail: str = ""
    """More of it, line by line."""

    @property
    def kind(self) -> str:
        """Its kind, by which alike ones are gathered."""
        return self.key.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.head} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Notice:
    """A need that is remembered: since when, whether the operator was told, and when it was over."""

    key: str
    since: datetime
    head: str
    remedy: str = ""
    detail: str = ""
    told_at: datetime | None = None
    """When the operator was last told of it, of its beginning or its end."""
    over_at: datetime | None = None

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
