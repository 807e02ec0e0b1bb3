"""The archive asked in the watchlist's own language, a page at a time; and what a topic of such words would bring.

Effects: database.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.config.values import NAME_CHARS_MAX as KEY_CHARS_MAX
from monitor.model import ArticleId, Schedule, StoryId, Topic, TopicKey, Watchlist
from monitor.storage.looking import END, look
from monitor.storage.outlook import period
from monitor.storage.search import Hit
from monitor.storage.store import Transaction
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from monitor.topics.meaning import Lexicon
from monitor.topics.query import is_query
from monitor.views.marking import Piece, mark_text, mark_title, say_why

QUERY_CHARS_MAX = 2_000
FORESEEN_MAX = 500
"""Matches that a look ahead gathers, the newest."""


class Asked(Struct, frozen=True):
    """What was typed, as it is understood."""

    text: str
    compiled: CompiledWatchlist
    is_query: bool
    normalised: str
    """Of a query: fully parenthesised. Of a name: the words that are looked for."""
    hints: tuple[str, ...]
    """What is allowed and hardly meant."""


class HitLine(Struct, frozen=True):
    """An article that answers."""

    article_id: ArticleId
    story_id: StoryId | None
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    url: str
    outlet: str
    seen_at: datetime | None
    published_at: datetime | None
    score: int
    why: tuple[str, ...]


class FoundPage(Struct, frozen=True):
    """A page of what was found, the newest first."""

    hits: tuple[HitLine, ...]
    next: ArticleId | None
    judged: int
    is_cut: bool
    """Whether the time was over before the page was full."""
    reached: datetime | None
    """The time of the article that was judged last, where it goes on."""


class Foreseen(Struct, frozen=True):
    """What a topic would have brought in the last days."""

    stories: int
    articles: int
    days: float
    is_cut: bool
    examples: tuple[HitLine, ...]
    """The newest story each."""


def understand(text: str, lists: Mapping[str, tuple[str, ...]], lexicon: Lexicon) -> Asked:
    """What was typed, as the one topic of a watchlist. Raises QueryError with its column, or ConfigError."""
    topic = topic_of(text)
    compiled = compile_watchlist(Watchlist((topic,), lists), lexicon)
    one = compiled.topics[0]
    words = " + ".join(concept.leaf.text for name in one.names for concept in name.concepts)
    return Asked(text, compiled, one.query is not None, one.query.normalised if one.query else words, one.lints)


def topic_of(text: str) -> Topic:
    """A topic out of what was typed, its key the text itself."""
    query = text if is_query(text) else None
    return Topic(TopicKey(text), text, Schedule("UTC", now=True), (), query=query)


def find_page(
    tx: Transaction,
    asked: Asked,
    *,
    since: datetime | None,
    feed: str,
    before: ArticleId | None,
    limit: int,
    is_over: Callable[[], bool],
) -> FoundPage:
    """The newest articles that answer, below that one; at most `limit`, and no longer than the time allows."""
    first = tx.topic_views.first_since(since) if since is not None else ArticleId(0)
    found = look(
        tx, asked.compiled, first=first, before=END if before is None else before, feed=feed, limit=limit,
        is_over=is_over,
    )  # fmt: skip
    last = tx.articles.by_ids([found.next]).get(found.next) if found.next is not None else None
    return FoundPage(
        hits=_to_lines(tx, found.hits),
        next=found.next,
        judged=found.judged,
        is_cut=found.is_cut,
        reached=last.article.seen_at if last is not None else None,
    )


def foresee(tx: Transaction, compiled: CompiledWatchlist, now: datetime, is_over: Callable[[], bool]) -> Foreseen:
    """What the one topic of a watchlist would have brought over the last week, the newest looked at first."""
    since, days = period(tx, now)
    found = look(tx, compiled, first=tx.topic_views.first_since(since), limit=FORESEEN_MAX, is_over=is_over)
    is_cut = found.next is not None
    if is_cut and found.hits and (last := found.hits[-1].article.seen_at) is not None:
        days = (now - last) / timedelta(days=1)
    lines = _to_lines(tx, found.hits)
    newest: dict[StoryId | None, HitLine] = {}
    for line in lines:
        newest.setdefault(line.story_id, line)
    return Foreseen(len(newest), len(found.hits), max(0.0, days), is_cut, tuple(newest.values())[:5])


def _to_lines(tx: Transaction, hits: Collection[Hit]) -> tuple[HitLine, ...]:
    stored = tx.articles.by_ids(hit.article.id for hit in hits)
    return tuple(_to_line(hit, stored[hit.article.id].story_id if hit.article.id in stored else None) for hit in hits)


def _to_line(hit: Hit, story: StoryId | None) -> HitLine:
    article, match = hit.article, hit.match
    return HitLine(
        article_id=article.id,
        story_id=story,
        title=mark_title(article.title, match.evidence),
        text=mark_text(article.text, match.evidence),
        url=article.url,
        outlet=article.outlet,
        seen_at=article.seen_at,
        published_at=article.published_at,
        score=match.score,
        why=say_why(match),
    )


def free_key(name: str, taken: Collection[str]) -> str:
    """A key that reads like the name and that no topic has."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")[: KEY_CHARS_MAX - 4] or "topic"
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)
