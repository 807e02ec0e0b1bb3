"""Stories, and the keys by which an article finds others that say the same.

Effects: database.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.digests.burst import publisher_key
from monitor.feeds.fulltext import complete
from monitor.model import (
    ArticleId,
    FeedId,
    Field,
    Match,
    Relation,
    Story,
    StoryCandidate,
    StoryId,
    StoryMember,
    TopicKey,
)
from monitor.storage.articles import select_articles, to_stored
from monitor.storage.matches import match_columns, to_match
from monitor.storage.pages import page_texts
from monitor.storage.rows import driver_time, insert_rows, portions
from monitor.storage.tables import ARTICLE, ARTICLE_PRINT, FEED, MATCH, STORY
from monitor.stories.group import SHARED_MIN
from monitor.stories.normal import BODY_CHARS_MAX

POSTINGS_MAX = 60
"""Articles looked at per key, newest first: bounds the work however hot a story is."""
MEMBERS_MAX = 300
"""Articles of one story that a digest looks at, newest first; the counts are of all."""


@dataclass(frozen=True, slots=True)
class StoryGrowth:
    """What a batch adds to a story."""

    story_id: StoryId
    at: datetime
    articles: int
    is_new: bool


class Asking(Protocol):
    """What an article is looked for by: a fingerprint."""

    @property
    def keys(self) -> tuple[int, ...]:
        """All its keys."""

    @property
    def strong_keys(self) -> tuple[int, ...]:
        """Those of which one in common is enough."""


@dataclass(frozen=True, slots=True)
class Comparable:
    """What is read of an article to compare another with it: the beginning of its text is enough."""

    id: ArticleId
    story_id: StoryId
    feed_id: FeedId
    title: str
    text: str
    url: str
    outlet: str
    at: datetime
    """When it was published, never later than we saw it."""
    text_id: ArticleId


class StoryTable:
    """Questions and changes of stories."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def candidates(self, asking: Sequence[Asking], since: datetime) -> list[Comparable]:
        """Articles since then that share a strong key, or two of the others, with one of those asking; oldest first.

        Of each key the newest 60 are looked at, however hot a story is.
        """
        askers: dict[int, list[int]] = defaultdict(list)
        strong: set[tuple[int, int]] = set()
        for number, one in enumerate(asking):
            for key in set(one.keys):
                askers[key].append(number)
            strong.update((number, key) for key in one.strong_keys)
        shared: Counter[tuple[int, int]] = Counter()
        for some in portions(sorted(askers)):
            for key, article_id in self._newest(some, since):
                for number in askers[key]:
                    shared[number, article_id] += SHARED_MIN if (number, key) in strong else 1
        ids = sorted({article_id for (_, article_id), count in shared.items() if count >= SHARED_MIN})
        found: list[Comparable] = []
        for few in portions(ids):
            rows = self._db.execute(_select_comparable().where(ARTICLE.c.id.in_(few)).order_by(ARTICLE.c.id))
            found += [_to_comparable(row) for row in rows.all()]
        return found

    def _newest(self, keys: Sequence[int], since: datetime) -> list[tuple[int, int]]:
        order = sa.func.row_number().over(partition_by=ARTICLE_PRINT.c.key, order_by=ARTICLE_PRINT.c.article_id.desc())
        ranked = (
            sa.select(ARTICLE_PRINT.c.key, ARTICLE_PRINT.c.article_id, order.label("place"))
            .where(ARTICLE_PRINT.c.key.in_(keys), ARTICLE_PRINT.c.at_s >= int(since.timestamp()))
            .subquery()
        )
        chosen = sa.select(ranked.c.key, ranked.c.article_id).where(ranked.c.place <= POSTINGS_MAX)
        return [(row[0], row[1]) for row in self._db.execute(chosen).all()]

    def add_prints(self, prints: Mapping[ArticleId, Sequence[int]], at: Mapping[ArticleId, datetime]) -> None:
        """Remember the keys of new articles."""
        rows = [
            (key, article_id, int(at[article_id].timestamp()))
            for article_id, keys in prints.items()
            for key in set(keys)
        ]
        insert_rows(self._db, ARTICLE_PRINT, ("key", "article_id", "at_s"), rows)

    def grow(self, growths: Sequence[StoryGrowth]) -> None:
        """Make new stories and let old ones grow."""
        time_of = driver_time(self._db)
        times = {at: time_of(at) for at in {growth.at for growth in growths}}
        fresh = [(g.story_id, times[g.at], times[g.at], g.articles) for g in growths if g.is_new]
        columns = ("id", "created_at", "last_article_at", "article_count")
        insert_rows(self._db, STORY, columns, fresh, skips_known=False)
        grown = [{"b_id": g.story_id, "b_at": g.at, "b_n": g.articles} for g in growths if not g.is_new]
        if grown:
            change = sa.update(STORY).where(STORY.c.id == sa.bindparam("b_id"))
            count = STORY.c.article_count + sa.bindparam("b_n")
            self._db.execute(change.values(last_article_at=sa.bindparam("b_at"), article_count=count), grown)

    def get(self, story_id: StoryId) -> Story | None:
        """One story, or None."""
        row = self._db.execute(sa.select(STORY).where(STORY.c.id == story_id)).first()
        return _to_story(row) if row else None

    def as_candidates(self, story_ids: Sequence[StoryId], topic: TopicKey) -> list[StoryCandidate]:
        """The stories as a digest of the topic sees them, with their articles, oldest first."""
        members = self._members(story_ids, topic)
        counts: dict[int, int] = {}
        for some in portions(story_ids):
            rows = self._db.execute(sa.select(STORY.c.id, STORY.c.article_count).where(STORY.c.id.in_(some)))
            counts |= {row.id: row.article_count for row in rows}
        return [
            _to_candidate(story_id, members[story_id], counts.get(story_id, 0))
            for story_id in story_ids
            if members.get(story_id)
        ]

    def _members(self, story_ids: Sequence[StoryId], topic: TopicKey) -> dict[StoryId, list[StoryMember]]:
        grouped: dict[StoryId, list[StoryMember]] = defaultdict(list)
        for story_id in story_ids:
            newest = (
                select_articles()
                .add_columns(*match_columns())
                .outerjoin(MATCH, sa.and_(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.topic == topic))
                .where(ARTICLE.c.story_id == story_id)
                .order_by(ARTICLE.c.id.desc())
                .limit(MEMBERS_MAX)
            )
            rows = list(self._db.execute(newest))
            grouped[story_id] = self._with_pages([_to_member(row) for row in reversed(rows)])
        return grouped

    def _with_pages(self, members: list[StoryMember]) -> list[StoryMember]:
        """The members whose match stands in their article's page, with the text it stands in."""
        wanted = [member.article.id for member in members if member.match is not None and _is_in_page(member.match)]
        texts = page_texts(self._db, wanted)
        return [
            replace(member, page_text=complete(member.article.text, texts[member.article.id]))
            if member.article.id in texts
            else member
            for member in members
        ]

    def forget_prints(self, before: datetime) -> int:
        """Remove keys of articles older than the window in which anything is compared."""
        return self._db.execute(sa.delete(ARTICLE_PRINT).where(ARTICLE_PRINT.c.at_s < int(before.timestamp()))).rowcount


def _to_story(row: sa.Row[Any]) -> Story:
    merged_into = None if row.merged_into is None else StoryId(row.merged_into)
    return Story(StoryId(row.id), row.created_at, row.last_article_at, row.article_count, merged_into)


def _to_member(row: sa.Row[Any]) -> StoryMember:
    stored = to_stored(row)
    match = to_match(row) if row.match_topic is not None else None
    return StoryMember(
        stored.article,
        stored.relation,
        match,
        silent=stored.standing not in ("new", ""),
        text_id=stored.text_id,
        quiet=stored.quiet,
    )


def _is_in_page(match: Match) -> bool:
    return any(span.field is Field.PAGE for one in match.evidence for span in one.spans)


def _to_candidate(story_id: StoryId, members: Sequence[StoryMember], article_count: int) -> StoryCandidate:
    publishers = {publisher_key(m.article) for m in members}
    independent = {publisher_key(m.article) for m in members if m.relation is not Relation.COPY}
    return StoryCandidate(
        story_id=story_id,
        members=tuple(members),
        article_count=max(article_count, len(members)),
        publisher_count=len(publishers),
        independent_count=len(independent),
    )


def _select_comparable() -> sa.Select[Any]:
    # Only what is compared: the whole rows of a first reading's candidates cost as much as storing it (measured).
    return sa.select(
        ARTICLE.c.id,
        ARTICLE.c.story_id,
        ARTICLE.c.feed_id,
        ARTICLE.c.title,
        sa.func.substr(ARTICLE.c.text, 1, BODY_CHARS_MAX),
        ARTICLE.c.url,
        sa.case((ARTICLE.c.source != "", ARTICLE.c.source), else_=sa.func.coalesce(FEED.c.name, "")),
        ARTICLE.c.published_at,
        ARTICLE.c.first_seen_at,
        ARTICLE.c.text_id,
    ).select_from(sa.outerjoin(ARTICLE, FEED, ARTICLE.c.feed_id == FEED.c.id))


def _to_comparable(row: Any) -> Comparable:
    number, story_id, feed_id, title, text, url, outlet, published_at, seen_at, text_id = row
    at = min(published_at or seen_at, seen_at)
    return Comparable(ArticleId(number), StoryId(story_id), FeedId(feed_id), title, text, url, outlet, at, text_id)
