"""Stories, and their articles as a digest sees them.

Effects: database.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from monitor.digests.things import count_article, count_member, counts_of
from monitor.feeds.fulltext import complete
from monitor.model import (
    Article,
    ArticleId,
    CountedArticle,
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
from monitor.storage.story_tables import STORY
from monitor.storage.tables import ARTICLE, FEED, MATCH

MEMBERS_MAX = 300
"""Articles of one story that a digest looks at, newest first, and as many more that answer the topic; what is asking
to be told by itself is always looked at."""
COUNTED_MAX = 5_000
"""Articles of one story whose publishers are counted, newest first; articles are counted without a bound."""


class StoryGrowth(Struct, frozen=True):
    """What a batch adds to a story."""

    story_id: StoryId
    at: datetime
    articles: int
    is_new: bool


class StoryTable:
    """Questions and changes of stories."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

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

    def feeds_of(self, story_ids: Sequence[StoryId]) -> dict[StoryId, set[FeedId]]:
        """The feeds that brought articles of each story; none is there for a story without any."""
        found: dict[StoryId, set[FeedId]] = defaultdict(set)
        for some in portions(story_ids):
            asked = sa.select(ARTICLE.c.story_id, ARTICLE.c.feed_id).where(ARTICLE.c.story_id.in_(some)).distinct()
            for story_id, feed_id in self._db.execute(asked):
                found[StoryId(story_id)].add(FeedId(feed_id))
        return found

    def as_candidates(
        self, story_ids: Sequence[StoryId], topic: TopicKey, asking: Collection[ArticleId] = ()
    ) -> list[StoryCandidate]:
        """The stories as a digest of the topic sees them, with their articles, oldest first.

        Those that answer the topic are among them also where a story has more articles than a digest looks at: the
        newest of them, and all that are `asking`.
        """
        members = self._members(story_ids, topic, frozenset(asking))
        counts: dict[int, int] = {}
        for some in portions(story_ids):
            rows = self._db.execute(sa.select(STORY.c.id, STORY.c.article_count).where(STORY.c.id.in_(some)))
            counts |= {row.id: row.article_count for row in rows}
        return [
            _to_candidate(story_id, members[story_id], counts.get(story_id, 0), self._further(members[story_id]))
            for story_id in story_ids
            if members.get(story_id)
        ]

    def _members(
        self, story_ids: Sequence[StoryId], topic: TopicKey, asking: frozenset[ArticleId]
    ) -> dict[StoryId, list[StoryMember]]:
        grouped: dict[StoryId, list[StoryMember]] = defaultdict(list)
        for story_id in story_ids:
            of_story = (
                select_articles()
                .add_columns(*match_columns(), MATCH.c.silent.label("match_silent"))
                .outerjoin(MATCH, sa.and_(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.topic == topic))
                .where(ARTICLE.c.story_id == story_id)
                .order_by(ARTICLE.c.id.desc())
            )
            rows = list(self._db.execute(of_story.limit(MEMBERS_MAX)))
            if len(rows) == MEMBERS_MAX:
                answering = of_story.where(MATCH.c.topic.is_not(None), ARTICLE.c.id < rows[-1].id)
                rows += self._db.execute(answering.limit(MEMBERS_MAX))
                for some in portions(sorted(asking - {row.id for row in rows}, reverse=True)):
                    rows += self._db.execute(of_story.where(ARTICLE.c.id.in_(some)))
                rows.sort(key=lambda row: row.id, reverse=True)
            grouped[story_id] = self._with_pages([_to_member(row) for row in reversed(rows)])
        return grouped

    def _further(self, members: Sequence[StoryMember]) -> list[CountedArticle]:
        """The articles of a story that has more than these members, for its counts."""
        if len(members) < MEMBERS_MAX:
            return []
        columns = (ARTICLE.c.id, ARTICLE.c.url, ARTICLE.c.source, ARTICLE.c.origin, ARTICLE.c.relation)
        own_story = sa.select(ARTICLE.c.story_id).where(ARTICLE.c.id == members[0].article.id).scalar_subquery()
        question = (
            sa.select(*columns, ARTICLE.c.text_id, FEED.c.name)
            .select_from(sa.outerjoin(ARTICLE, FEED, ARTICLE.c.feed_id == FEED.c.id))
            .where(ARTICLE.c.story_id == own_story)
            .order_by(ARTICLE.c.id.desc())
            .limit(COUNTED_MAX)
        )
        known = {member.article.id for member in members}
        return [_to_counted(row) for row in self._db.execute(question) if row.id not in known]

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
        # What a person asked a new topic to look back at is news under it, although it was none when it came.
        silent=stored.standing not in ("new", "") if match is None else bool(row.match_silent),
        text_id=stored.text_id,
        quiet=stored.quiet,
    )


def _is_in_page(match: Match) -> bool:
    return any(span.field is Field.PAGE for one in match.evidence for span in one.spans)


def _to_candidate(
    story_id: StoryId, members: Sequence[StoryMember], article_count: int, further: Sequence[CountedArticle]
) -> StoryCandidate:
    counts = counts_of([*map(count_member, members), *further])
    return StoryCandidate(
        story_id=story_id,
        members=tuple(members),
        article_count=max(article_count, counts.articles),
        publisher_count=counts.publishers,
        independent_count=counts.independent,
        further=tuple(further),
    )


def _to_counted(row: Any) -> CountedArticle:
    article = Article(ArticleId(row.id), "", "", row.url, feed=row.name or "", source=row.source, origin=row.origin)
    return count_article(article, Relation(row.relation), ArticleId(row.text_id))
