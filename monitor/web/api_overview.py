"""How things stand, for programs.

Effects: database.
"""

from dataclasses import dataclass

from fastapi import APIRouter

from monitor.status import read_status
from monitor.web.pages import DeskIn

router = APIRouter(tags=["overview"])


@dataclass(frozen=True, slots=True)
class NeedAnswer:
    """Something that needs a person."""

    key: str
    head: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Overview:
    """How things stand at one moment."""

    feeds: int
    feeds_failing: int
    articles: int
    needs: list[NeedAnswer]


@router.get("/overview")
def overview(desk: DeskIn) -> Overview:
    """What needs a person, and how much there is of everything."""
    loaded = desk.force().loaded
    status = read_status(
        desk.store, loaded.watchlist.topics, loaded.settings.channels, desk.clock.now(), loaded.at_most
    )
    needs = [NeedAnswer(need.key, need.head, need.remedy) for need in status.needs]
    return Overview(status.feeds, len(status.feeds_failing), status.articles, needs)
