"""Every match with its article, where it was told and what readers said of it: read a portion at a time, for export.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Row

from monitor.model import ChannelName, Match, TopicKey, Verdict
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.matches import match_columns, to_match
from monitor.storage.rows import portions
from monitor.storage.store import Store, Transaction
from monitor.storage.tables import ARTICLE, FEED, MARK, MATCH, SENT_LOG

PORTION = 500
"""Matches read in one transaction: some megabytes, and nobody waits while the reader of the output is slow."""


class ToldThen(Struct, frozen=True):
    """That a channel was told of the match's story."""

    channel: ChannelName
    at: datetime
    is_update: bool


class MarkedThen(Struct, frozen=True):
    """What a reader said of the article under the topic."""

    verdict: Verdict
    at: datetime
    by: str


class ExportedMatch(Struct, frozen=True):
    """A match with all that is exported of it."""

    match: Match
    matched_at: datetime
    story_id: int
    title: str
    url: str
    outlet: str
    feed: str
    language: str | None
    published_at: datetime | None
    seen_at: datetime
    told: tuple[ToldThen, ...]
    """Every telling of its story, of all topics: a story is told once on a channel."""
    marks: tuple[MarkedThen, ...]


def export_matches(
    store: Store, *, topics: Collection[TopicKey] = (), since: datetime | None = None
) -> Iterator[ExportedMatch]:
    """Every match whose article is kept, in the order the articles came, then by topic; bounded in memory.

    Without `topics` those of all, of the watchlist or not. Each portion is a view of its own: what comes meanwhile
    comes at the end, and what is swept meanwhile is not there.
    """
    after = 0
    while True:
        with store.read() as tx:
            rows = _rows_after(tx, after, topics, since)
            found = _with_more(tx, rows)
        yield from found
        if not rows:
            return
        after = rows[-1].match_article_id


def _rows_after(
    tx: Transaction, after: int, topics: Collection[TopicKey], since: datetime | None
) -> Sequence[Row[Any]]:
    """About a portion of matches, with no article's cut in two."""
    asked: sa.Select[Any] = (
        sa.select(
            *match_columns(),
            MATCH.c.matched_at,
            ARTICLE.c.story_id,
            ARTICLE.c.text_id,
            ARTICLE.c.title,
            ARTICLE.c.url,
            ARTICLE.c.source,
            ARTICLE.c.language,
            ARTICLE.c.published_at,
            ARTICLE.c.first_seen_at,
            FEED.c.name.label("feed_name"),
        )
        .select_from(MATCH)
        .join(ARTICLE, MATCH.c.article_id == ARTICLE.c.id)
        .outerjoin(FEED, ARTICLE.c.feed_id == FEED.c.id)
        .order_by(MATCH.c.article_id, MATCH.c.topic)
    )
    if topics:
        asked = asked.where(MATCH.c.topic.in_(sorted(topics)))
    if since is not None:
        asked = asked.where(MATCH.c.matched_at >= since)
    rows = tx.connection.execute(asked.where(MATCH.c.article_id > after).limit(PORTION)).all()
    if len(rows) < PORTION:
        return rows
    last = rows[-1].match_article_id
    whole = [row for row in rows if row.match_article_id != last]
    return whole or tx.connection.execute(asked.where(MATCH.c.article_id == last)).all()


def _with_more(tx: Transaction, rows: Sequence[Row[Any]]) -> list[ExportedMatch]:
    told = _tellings(tx, sorted({row.story_id for row in rows}))
    marks = _marks(tx, sorted({row.match_article_id for row in rows}))
    return [
        ExportedMatch(
            match=to_match(row),
            matched_at=row.matched_at,
            story_id=row.story_id,
            title=row.title,
            url=row.url,
            outlet=row.source or row.feed_name or "",
            feed=row.feed_name or "",
            language=row.language,
            published_at=row.published_at,
            seen_at=row.first_seen_at,
            told=tuple(_to_told(one) for one in told[row.story_id] if _is_of(one, row)),
            marks=tuple(marks[row.match_article_id, row.match_topic]),
        )
        for row in rows
    ]


def _tellings(tx: Transaction, stories: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """What channels were told of these stories, oldest first; by the article that led it, else by the story's key."""
    lead = ARTICLE.alias("lead")
    found: dict[int, dict[tuple[str, int, int], Row[Any]]] = defaultdict(dict)
    story = sa.func.coalesce(lead.c.story_id, SENT_LOG.c.story_id).label("of_story")
    asked = sa.select(SENT_LOG, story).select_from(SENT_LOG).outerjoin(lead, SENT_LOG.c.article_id == lead.c.id)
    asked = asked.where(SENT_LOG.c.reason.not_like(f"{SPLIT_REASON} %"))
    for some in portions(stories):
        # Two questions, each answered by an index.
        members = sa.select(ARTICLE.c.id).where(ARTICLE.c.story_id.in_(some))
        for condition in (SENT_LOG.c.story_id.in_(some), SENT_LOG.c.article_id.in_(members)):
            for row in tx.connection.execute(asked.where(condition)):
                found[row.of_story][row.channel, row.story_id, row.telling] = row
    ordered: dict[int, list[Row[Any]]] = defaultdict(list)
    for number, rows in found.items():
        ordered[number] = sorted(rows.values(), key=lambda row: (row.told_at, row.channel, row.telling))
    return ordered


def _is_of(telling: Row[Any], row: Row[Any]) -> bool:
    """Whether a telling was of the match's story; or of its article or text, where those are told by themselves."""
    article = row.match_article_id
    return telling.story_id in (row.story_id, article, row.text_id) or telling.article_id == article


def _to_told(row: Row[Any]) -> ToldThen:
    return ToldThen(ChannelName(row.channel), row.told_at, row.reason.startswith("update"))


def _marks(tx: Transaction, articles: Sequence[int]) -> dict[tuple[int, str], list[MarkedThen]]:
    found: dict[tuple[int, str], list[MarkedThen]] = defaultdict(list)
    for some in portions(articles):
        asked = sa.select(MARK.c.article_id, MARK.c.topic, MARK.c.verdict, MARK.c.at, MARK.c.by)
        for row in tx.connection.execute(asked.where(MARK.c.article_id.in_(some))):
            found[row.article_id, row.topic].append(MarkedThen(Verdict(row.verdict), row.at, row.by))
    return found
