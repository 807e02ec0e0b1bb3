"""What a person changes in the stories: merge two, split one, and follow a story to the one it stands in now.

Whoever puts articles into stories or tells stories takes `share`, a correction `hold`, as the first thing of its
transaction and until it ends: so none of them works with a story that another takes apart, and none waits with rows in
its hands. On SQLite there is one writer anyway.

Effects: database.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import ArticleId, Relation, StoryId
from monitor.storage.digests import SPLIT_REASON
from monitor.storage.rows import insert_new, portions
from monitor.storage.story_tables import STORY, STORY_CHANGE
from monitor.storage.tables import ARTICLE, HELD_BACK, MATCH, SENT_LOG
from monitor.stories.split import Member, Split

MERGE = "merge"
SPLIT = "split"
_LOCK = 0x6E6D_5354  # of this program and these tables: one number among the advisory locks of a database
CHAIN_MAX = 100
"""Merges followed; chains are flattened when they grow, so that one is the rule."""


class StoryChange(Struct, frozen=True):
    """A correction, as it was written down."""

    at: datetime
    by: str
    kind: str
    """`merge` or `split`."""
    story_id: StoryId
    """The story that stayed."""
    other_id: StoryId
    """The one that was merged into it, or split from it."""
    articles: tuple[ArticleId, ...]
    """Those that went over."""
    reason: str


class CorrectionTable:
    """Corrections of stories by hand. Each method of change wants `hold` before the first question it rests on."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def hold(self) -> None:
        """Wait until nobody puts articles into stories or tells any, and keep it so to the end of the transaction."""
        self._lock("pg_advisory_xact_lock")

    def share(self) -> None:
        """Keep corrections out to the end of the transaction; waits for one that is at work."""
        self._lock("pg_advisory_xact_lock_shared")

    def _lock(self, function: str) -> None:
        if self._db.dialect.name == "postgresql":
            self._db.execute(sa.select(getattr(sa.func, function)(_LOCK)))

    def resolve(self, story_id: StoryId) -> StoryId | None:
        """The story in which this one stands now: itself unless it was merged; None where there is none."""
        found: StoryId | None = None
        wanted: int | None = story_id
        for _ in range(CHAIN_MAX):
            row = self._db.execute(sa.select(STORY.c.merged_into).where(STORY.c.id == wanted)).first()
            if row is None:
                return found
            found, wanted = StoryId(wanted or 0), row.merged_into
            if wanted is None:
                break
        return found

    def story_of(self, article_id: ArticleId) -> StoryId | None:
        """The story of an article; None where it is not kept."""
        number = self._db.execute(sa.select(ARTICLE.c.story_id).where(ARTICLE.c.id == article_id)).scalar()
        return None if number is None else StoryId(number)

    def members(self, story_id: StoryId) -> list[Member]:
        """The story's articles that are kept, oldest first."""
        names = ("id", "text_id", "relation", "copy_of", "quiet")
        asked = sa.select(*(ARTICLE.c[name] for name in names)).where(ARTICLE.c.story_id == story_id)
        return [
            Member(
                ArticleId(row.id),
                ArticleId(row.text_id),
                Relation(row.relation),
                None if row.copy_of is None else ArticleId(row.copy_of),
                bool(row.quiet),
            )
            for row in self._db.execute(asked.order_by(ARTICLE.c.id))
        ]

    def of_stories(self, story_ids: Collection[StoryId]) -> list[StoryChange]:
        """Every correction in which one of these stories had a part, oldest first."""
        found: dict[int, StoryChange] = {}
        for some in portions(sorted(story_ids)):
            part = sa.or_(STORY_CHANGE.c.story_id.in_(some), STORY_CHANGE.c.other_id.in_(some))
            found |= {row.id: _to_change(row) for row in self._db.execute(sa.select(STORY_CHANGE).where(part))}
        return [found[number] for number in sorted(found)]

    def merged_into(self, story_id: StoryId) -> list[StoryId]:
        """The stories that stand in this one."""
        rows = self._db.execute(sa.select(STORY.c.id).where(STORY.c.merged_into == story_id).order_by(STORY.c.id))
        return [StoryId(number) for number in rows.scalars()]

    # --- merge -------------------------------------------------------------------------------------------------------

    def merge(self, one: StoryId, other: StoryId, *, at: datetime, by: str, reason: str) -> StoryChange:
        """Put all of the younger story into the older one, whichever comes first; neither is merged yet.

        Articles, matches and what was told and held back go over, tellings numbered behind the older story's. The
        latest telling then counts as one that told both: what one of them alone was told must not look like growth.
        """
        stays, goes = min(one, other), max(one, other)
        moved = [member.id for member in self.members(goes)]
        for table in (ARTICLE, MATCH):
            self._db.execute(sa.update(table).where(table.c.story_id == goes).values(story_id=stays))
        self._merge_held(stays, goes)
        self._merge_sent(stays, goes)
        rows = {row.id: row for row in self._db.execute(sa.select(STORY).where(STORY.c.id.in_((stays, goes))))}
        self._db.execute(
            sa.update(STORY)
            .where(STORY.c.id == stays)
            .values(
                created_at=min(row.created_at for row in rows.values()),
                last_article_at=max(row.last_article_at for row in rows.values()),
                article_count=sum(row.article_count for row in rows.values()),
            )
        )
        self._db.execute(sa.update(STORY).where(STORY.c.merged_into == goes).values(merged_into=stays))
        self._db.execute(sa.update(STORY).where(STORY.c.id == goes).values(merged_into=stays, article_count=0))
        return self._note(StoryChange(at, by, MERGE, stays, goes, tuple(moved), reason))

    def _merge_held(self, stays: StoryId, goes: StoryId) -> None:
        kept = HELD_BACK.alias()
        same = sa.and_(
            kept.c.digest_id == HELD_BACK.c.digest_id, kept.c.channel == HELD_BACK.c.channel, kept.c.story_id == stays
        )
        mine = HELD_BACK.c.story_id == goes
        self._db.execute(sa.delete(HELD_BACK).where(mine, sa.exists().where(same)))
        self._db.execute(sa.update(HELD_BACK).where(mine).values(story_id=stays))

    def _merge_sent(self, stays: StoryId, goes: StoryId) -> None:
        last = self._last_told(stays)
        for channel, row in self._last_told(goes).items():
            older = last.get(channel)
            first = 0 if older is None else older.telling + 1
            ours = sa.and_(SENT_LOG.c.channel == channel, SENT_LOG.c.story_id == goes)
            number = SENT_LOG.c.telling + first
            self._db.execute(sa.update(SENT_LOG).where(ours).values(story_id=stays, telling=number))
            if older is not None:
                latest = sa.and_(SENT_LOG.c.channel == channel, SENT_LOG.c.story_id == stays)
                self._db.execute(
                    sa.update(SENT_LOG)
                    .where(latest, SENT_LOG.c.telling == row.telling + first)
                    .values({name: getattr(row, name) + getattr(older, name) for name in _COUNTS})
                )

    def _last_told(self, story_id: StoryId) -> dict[str, Row[Any]]:
        """The latest telling of a story on each channel."""
        rows = sa.select(SENT_LOG).where(SENT_LOG.c.story_id == story_id).order_by(SENT_LOG.c.telling)
        return {row.channel: row for row in self._db.execute(rows)}

    # --- split -------------------------------------------------------------------------------------------------------

    def split(self, story_id: StoryId, plan: Split, *, at: datetime, by: str, reason: str) -> StoryChange:
        """Give the articles that part, with their matches, a story of their own.

        Every channel that was told the whole counts as told of the part. Matches that wait to be told still wait.
        """
        new_id, moved = plan.new_id, [member.id for member in plan.moved]
        for some in portions(moved):
            self._db.execute(sa.update(ARTICLE).where(ARTICLE.c.id.in_(some)).values(story_id=new_id))
            self._db.execute(sa.update(MATCH).where(MATCH.c.article_id.in_(some)).values(story_id=new_id))
            # What was merged into the whole and now goes with the part is found there.
            self._db.execute(
                sa.update(STORY)
                .where(STORY.c.merged_into == story_id, STORY.c.id.in_(some))
                .values(merged_into=sa.case((STORY.c.id == new_id, sa.null()), else_=new_id))
            )
        for member in plan.changed:
            self._db.execute(
                sa.update(ARTICLE)
                .where(ARTICLE.c.id == member.id)
                .values(text_id=member.text_id, relation=member.relation.value, quiet=member.quiet)
            )
        self._split_rows(story_id, new_id, len(moved))
        self._copy_told(story_id, new_id, story_id, at)
        for text, new_text in plan.texts:  # a channel may have been told the text by itself, under that id
            self._copy_told(StoryId(text), StoryId(new_text), story_id, at)
        self._copy_held(story_id, new_id)
        return self._note(StoryChange(at, by, SPLIT, story_id, new_id, tuple(moved), reason))

    def _split_rows(self, story_id: StoryId, new_id: StoryId, count: int) -> None:
        seen = ARTICLE.c.first_seen_at
        asked = sa.select(ARTICLE.c.story_id, sa.func.min(seen), sa.func.max(seen), sa.func.count())
        both = asked.where(ARTICLE.c.story_id.in_((story_id, new_id))).group_by(ARTICLE.c.story_id)
        spans = {number: (first, last, kept) for number, first, last, kept in self._db.execute(both)}
        first, last, _ = spans[new_id]
        values = {"created_at": first, "last_article_at": last, "article_count": count}
        insert_new(self._db, STORY, [{"id": new_id, **values}])
        self._db.execute(sa.update(STORY).where(STORY.c.id == new_id).values(merged_into=None, **values))
        _, last, kept = spans[story_id]
        left = STORY.c.article_count - count  # articles past the retention still count where they came first
        change = sa.update(STORY).where(STORY.c.id == story_id)
        self._db.execute(change.values(last_article_at=last, article_count=sa.case((left < kept, kept), else_=left)))

    def _copy_told(self, whole: StoryId, part: StoryId, story_id: StoryId, at: datetime) -> None:
        """The tellings of the whole as tellings of the part; the latest as of now, so that what came before is old."""
        has_own = self._last_told(part)
        last = self._last_told(whole)
        rows = self._db.execute(sa.select(SENT_LOG).where(SENT_LOG.c.story_id == whole)).mappings()
        copies = [
            {
                **row,
                "story_id": part,
                "article_id": part,  # its first article: a topic that tells each text asks for the article
                "reason": f"{SPLIT_REASON} {story_id}",
                "told_at": at if row["telling"] == last[row["channel"]].telling else row["told_at"],
            }
            for row in rows
            if row["channel"] not in has_own
        ]
        insert_new(self._db, SENT_LOG, copies)

    def _copy_held(self, whole: StoryId, part: StoryId) -> None:
        held = self._db.execute(sa.select(HELD_BACK).where(HELD_BACK.c.story_id == whole)).mappings()
        insert_new(self._db, HELD_BACK, [{**row, "story_id": part} for row in held])

    def _note(self, change: StoryChange) -> StoryChange:
        values = {
            "at": change.at,
            "by": change.by,
            "kind": change.kind,
            "story_id": change.story_id,
            "other_id": change.other_id,
            "articles": json.dumps(change.articles),
            "reason": change.reason,
        }
        self._db.execute(sa.insert(STORY_CHANGE).values(values))
        return change


_COUNTS = ("article_count", "publisher_count", "independent_count")


def _to_change(row: Row[Any]) -> StoryChange:
    articles: Sequence[int] = json.loads(row.articles) if row.articles else []
    return StoryChange(
        at=row.at,
        by=row.by,
        kind=row.kind,
        story_id=StoryId(row.story_id),
        other_id=StoryId(row.other_id),
        articles=tuple(map(ArticleId, articles)),
        reason=row.reason,
    )
