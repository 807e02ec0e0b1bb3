"""The way of one article, for programs: the very object of `monitor explain --json`; and keeping it as an example.

Effects: database, reads and writes watchlist.toml.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from monitor.missing import Missing
from monitor.model import ArticleId
from monitor.trail import Several
from monitor.views.article import find_way, message_links
from monitor.views.keeping import keep_article
from monitor.views.missing_lines import missing_record, several_record
from monitor.views.trail_record import trail_record
from monitor.web.edits import noting_edit
from monitor.web.forms import EditorIn
from monitor.web.page_explain import WANTED_CHARS_MAX
from monitor.web.pages import DeskIn

router = APIRouter(tags=["explain"])

OfIn = Annotated[
    str, Query(min_length=1, max_length=WANTED_CHARS_MAX, description="An address, a number or a headline.")
]


@dataclass(frozen=True, slots=True)
class KeepAsk:
    """Which article is to be an example of what."""

    article: int
    topic: str
    side: str
    """`must_match` or `must_not_match`."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """Where it stands in watchlist.toml."""

    topic: str
    side: str
    text: str
    line: int
    is_new: bool


@router.get("/explain")
def explain(desk: DeskIn, of: OfIn) -> dict[str, object]:
    """What is known of an article; `article` is null where none is meant for sure, and `likely` or `feeds` is there.

    The keys are those of `monitor explain --json`; times are in UTC.
    """
    force = desk.force()
    found = find_way(desk.store, force, " ".join(of.split()))
    if isinstance(found, Several):
        return several_record(found)
    if isinstance(found, Missing):
        return missing_record(found)
    return trail_record(found, message_links(force.loaded))


@router.post("/explain/keep")
def keep(desk: DeskIn, person: EditorIn, asked: KeepAsk) -> KeptAnswer:
    """Keep an article as an example of a topic, where the topic answers it as it must."""
    loaded = desk.force().loaded
    number = ArticleId(max(0, min(asked.article, 10**17)))
    kept = keep_article(
        desk.store,
        loaded,
        number,
        asked.topic,
        asked.side,
        lambda note: noting_edit(desk, person, note),
        desk.clock.now(),
    )
    return KeptAnswer(kept.topic, kept.side, kept.text, kept.line, kept.is_new)
