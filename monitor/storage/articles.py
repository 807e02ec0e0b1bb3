"""Articles and the names under which feeds have shown them.

Effects: database.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.model import Article, ArticleId, FeedId, Relation, StoryId
from monitor.storage.rows import driver_time, insert_rows, portions, take_ids, upsert
from monitor.storage.tables import ARTICLE, ENTRY_ALIAS, FEED, MATCH, TOPIC
from monitor.stories.identity import AliasKind, KnownAlias

DAY_S = 86_400

TAG_BREAK = "\x1f"
"""Joins tags in their column; no cleaned text holds it."""


class StoredArticle(Struct, frozen=True):
    """An article with what was decided about it when it came."""

    article: Article
    standing: str
    content_key: int
    story_id: StoryId
    relation: Relation
    copy_of: ArticleId | None = None
    evidence: str = ""
    revision: int = 0
    text_id: ArticleId | None = None
    """The first article of the same text; None, before it is stored, for its own."""
    quiet: bool = False
    """A report so like what the story has that it is counted and not shown."""


class Alias(Struct, frozen=True):
    """A name under which a feed shows an article."""

    feed_id: FeedId
    kind: AliasKind
    key: int
    article_id: ArticleId


_KnownArticle = tuple[int | None, datetime | None, str, datetime | None]
"""Content key, date, headline and when it was first seen."""
_SWEPT: _KnownArticle = (None, None, "", None)
_ALIAS_KINDS = {int(kind): kind for kind in AliasKind}
Aliases = Mapping[tuple[AliasKind, int], KnownAlias]


def day_of(at: datetime) -> int:
    """The day since 1970, for `seen_day`."""
    return int(at.timestamp()) // DAY_S


class ArticleTable:
    """Questions and changes of articles and their aliases."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take_ids(self, count: int) -> list[ArticleId]:
        """Fresh ids, never used before."""
        return [ArticleId(number) for number in take_ids(self._db, "article", count)]

    def known_aliases(
        self, feed_id: FeedId, keys: Iterable[tuple[AliasKind, int]]
    ) -> dict[tuple[AliasKind, int], KnownAlias]:
        """Which of these names the feed has used before, and for which article; an article swept since has no title."""
        wanted = set(keys)
        kinds = sorted({int(kind) for kind, _ in wanted})
        columns = (ENTRY_ALIAS.c.kind, ENTRY_ALIAS.c.key, ENTRY_ALIAS.c.article_id, ENTRY_ALIAS.c.seen_day)
        asked = sa.select(*columns).where(ENTRY_ALIAS.c.feed_id == feed_id, ENTRY_ALIAS.c.kind.in_(kinds))
        rows: list[tuple[int, int, int, int]] = []
        for some in portions(sorted({key for _, key in wanted})):
            rows += map(tuple, self._db.execute(asked.where(ENTRY_ALIAS.c.key.in_(some))))
        # Apart and not joined: an article has four names, and its times are read once.
        articles = self._known_articles({article_id for _, _, article_id, _ in rows})
        found: dict[tuple[AliasKind, int], KnownAlias] = {}
        for kind, key, article_id, seen_day in rows:
            name = (_ALIAS_KINDS[kind], key)
            if name in wanted:
                found[name] = KnownAlias(ArticleId(article_id), *articles.get(article_id, _SWEPT), seen_day)
        return found

    def _known_articles(self, ids: Collection[int]) -> dict[int, _KnownArticle]:
        """What `KnownAlias` says of each article that is still there."""
        columns = (
            ARTICLE.c.id,
            ARTICLE.c.content_key,
            ARTICLE.c.published_at,
            ARTICLE.c.title,
            ARTICLE.c.first_seen_at,
        )
        found: dict[int, _KnownArticle] = {}
        for some in portions(sorted(ids)):
            rows = self._db.execute(sa.select(*columns).where(ARTICLE.c.id.in_(some)))
            found |= {number: (content, published, title, seen) for number, content, published, title, seen in rows}
        return found

    def add(self, articles: Sequence[StoredArticle]) -> None:
        """Insert new articles; their ids came from `take_ids`, so none can be there already."""
        time_of = driver_time(self._db)
        rows = [_article_row(stored, time_of) for stored in articles]
        insert_rows(self._db, ARTICLE, _ARTICLE_COLUMNS, rows, skips_known=False)

    def add_aliases(self, aliases: Sequence[Alias], now: datetime) -> None:
        """Remember names of articles. A name the feed already uses stays with its article; its day is renewed."""
        today = day_of(now)
        rows = [
            {"feed_id": a.feed_id, "kind": int(a.kind), "key": a.key, "article_id": a.article_id, "seen_day": today}
            for a in aliases
        ]
        upsert(self._db, ENTRY_ALIAS, rows, update=["seen_day"])

    def add_first_aliases(self, aliases: Sequence[Alias], now: datetime) -> None:
        """The same for new articles, whose names nobody has; cheaper."""
        today = day_of(now)
        insert_rows(
            self._db,
            ENTRY_ALIAS,
            ("feed_id", "kind", "key", "article_id", "seen_day"),
            [(alias.feed_id, int(alias.kind), alias.key, alias.article_id, today) for alias in aliases],
        )

    def revise(self, changes: Mapping[ArticleId, int]) -> None:
        """Count a revision of each article and remember its new content key; text and title stay as first stored."""
        if changes:
            change = sa.update(ARTICLE).where(ARTICLE.c.id == sa.bindparam("b_id"))
            self._db.execute(
                change.values(revision=ARTICLE.c.revision + 1, content_key=sa.bindparam("b_key")),
                [{"b_id": article_id, "b_key": key} for article_id, key in changes.items()],
            )

    def by_ids(self, ids: Iterable[ArticleId]) -> dict[ArticleId, StoredArticle]:
        """The articles of these ids that are still kept."""
        found: dict[ArticleId, StoredArticle] = {}
        for some in portions(sorted(set(ids))):
            for row in self._db.execute(select_articles().where(ARTICLE.c.id.in_(some))):
                found[ArticleId(row.id)] = to_stored(row)
        return found

    def titles(self, ids: Iterable[ArticleId]) -> dict[ArticleId, str]:
        """The titles of these articles, as far as they are kept."""
        found: dict[ArticleId, str] = {}
        for some in portions(sorted(set(ids))):
            for number, title in self._db.execute(
                sa.select(ARTICLE.c.id, ARTICLE.c.title).where(ARTICLE.c.id.in_(some))
            ):
                found[ArticleId(number)] = title
        return found

    def with_url_key(self, key: int) -> list[ArticleId]:
        """Every article that some feed showed under this canonical address, oldest first."""
        return self.with_key(AliasKind.URL, key)

    def with_key(self, kind: AliasKind, key: int) -> list[ArticleId]:
        """Every article that some feed showed under this name, oldest first; swept ones are among them."""
        feeds = list(self._db.execute(sa.select(FEED.c.id)).scalars())
        found: set[int] = set()
        for some in portions(feeds):
            rows = self._db.execute(
                sa.select(ENTRY_ALIAS.c.article_id).where(
                    ENTRY_ALIAS.c.feed_id.in_(some), ENTRY_ALIAS.c.kind == int(kind), ENTRY_ALIAS.c.key == key
                )
            )
            found |= set(rows.scalars())
        return [ArticleId(number) for number in sorted(found)]

    def names_of(self, stored: StoredArticle) -> list[AliasKind]:
        """By which kinds of name its feed knows the article. For one article alone: it reads all names of the feed."""
        mine = (ENTRY_ALIAS.c.feed_id == stored.article.feed_id, ENTRY_ALIAS.c.article_id == stored.article.id)
        kinds = self._db.execute(sa.select(ENTRY_ALIAS.c.kind).where(*mine).distinct().order_by(ENTRY_ALIAS.c.kind))
        return [AliasKind(kind) for kind in kinds.scalars()]

    def newest(self, limit: int) -> list[ArticleId]:
        """The ids of the newest articles, the oldest of them first."""
        ids = self._db.execute(sa.select(ARTICLE.c.id).order_by(ARTICLE.c.id.desc()).limit(limit)).scalars()
        return [ArticleId(number) for number in reversed(list(ids))]

    def count(self) -> int:
        """How many articles are kept."""
        return self._db.execute(sa.select(sa.func.count()).select_from(ARTICLE)).scalar_one()

    def count_since(self, since: datetime) -> int:
        """How many articles came since then."""
        question = sa.select(sa.func.count()).select_from(ARTICLE).where(ARTICLE.c.first_seen_at >= since)
        return self._db.execute(question).scalar_one()

    def count_quarantined(self, feed_url: str) -> int:
        """How many articles of a feed were kept silent because it seemed to be another one."""
        of_feed = sa.select(FEED.c.id).where(FEED.c.url == feed_url).scalar_subquery()
        held = sa.and_(ARTICLE.c.feed_id == of_feed, ARTICLE.c.standing == "quarantined")
        return self._db.execute(sa.select(sa.func.count()).select_from(ARTICLE).where(held)).scalar_one()

    def past(self, before: datetime, *, limit: int, among: Sequence[ArticleId] | None = None) -> list[ArticleId]:
        """Up to `limit` articles first seen before then, the oldest first, of all or of some.

        One that a topic still waits to tell is not past.
        """
        waits = (
            sa.exists()
            .where(MATCH.c.article_id == ARTICLE.c.id, MATCH.c.digest_id.is_(None), MATCH.c.silent.is_(False))
            .where(MATCH.c.topic == TOPIC.c.key, TOPIC.c.active)
        )
        old = sa.select(ARTICLE.c.id).where(ARTICLE.c.first_seen_at < before, ~waits)
        if among is not None:
            old = old.where(ARTICLE.c.id.in_(among))
        old = old.order_by(ARTICLE.c.first_seen_at, ARTICLE.c.id).limit(limit)
        return [ArticleId(number) for number in self._db.execute(old).scalars()]

    def forget(self, ids: Iterable[ArticleId]) -> None:
        """Remove articles. Their aliases stay: they are never news again."""
        for some in portions(list(ids)):
            self._db.execute(sa.delete(ARTICLE).where(ARTICLE.c.id.in_(some)))


def select_articles() -> sa.Select[Any]:
    """The columns that `to_stored` reads: an article with its feed's name and weight."""
    return sa.select(ARTICLE, FEED.c.name.label("feed_name"), FEED.c.weight.label("feed_weight")).select_from(
        sa.outerjoin(ARTICLE, FEED, ARTICLE.c.feed_id == FEED.c.id)
    )


def to_stored(row: Row[Any]) -> StoredArticle:
    """A row of `select_articles` as the model."""
    article = Article(
        id=ArticleId(row.id),
        title=row.title,
        text=row.text,
        url=row.url,
        feed_id=FeedId(row.feed_id),
        feed=row.feed_name or "",
        source=row.source,
        language=row.language,
        author=row.author,
        tags=tuple(row.tags.split(TAG_BREAK)) if row.tags else (),
        published_at=row.published_at,
        seen_at=row.first_seen_at,
        weight=row.feed_weight if row.feed_weight is not None else 1.0,
        origin=row.origin,
    )
    return StoredArticle(
        article=article,
        standing=row.standing,
        content_key=row.content_key,
        story_id=StoryId(row.story_id),
        relation=Relation(row.relation),
        copy_of=None if row.copy_of is None else ArticleId(row.copy_of),
        evidence=row.evidence,
        revision=row.revision,
        text_id=ArticleId(row.text_id),
        quiet=bool(row.quiet),
    )


_ARTICLE_COLUMNS = (
    "id", "feed_id", "title", "text", "url", "source", "language", "author", "tags", "published_at", "first_seen_at",
    "standing", "content_key", "revision", "story_id", "relation", "copy_of", "evidence",
    "text_id", "quiet", "origin",
)  # fmt: skip


def _article_row(stored: StoredArticle, time_of: Callable[[datetime | None], Any]) -> tuple[Any, ...]:
    article = stored.article
    return (
        article.id,
        article.feed_id,
        article.title,
        article.text,
        article.url,
        article.source,
        article.language,
        article.author,
        TAG_BREAK.join(article.tags),
        time_of(article.published_at),
        time_of(article.seen_at),
        stored.standing,
        stored.content_key,
        stored.revision,
        stored.story_id,
        stored.relation.value,
        stored.copy_of,
        stored.evidence,
        article.id if stored.text_id is None else stored.text_id,
        stored.quiet,
        article.origin,
    )
