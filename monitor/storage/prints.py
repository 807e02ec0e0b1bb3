"""What articles are compared by, the keys by which they find each other, and the counts that weigh their words.

Effects: database.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.model import ArticleId
from monitor.storage.articles import StoredArticle, select_articles, to_stored
from monitor.storage.rows import insert_rows, portions, upsert
from monitor.storage.story_tables import PRINT_KEY, STORY_PRINT, WORD_COUNTS
from monitor.storage.tables import ARTICLE
from monitor.stories.group import Arrival, Placed
from monitor.stories.grouper import POSTINGS_MAX, Postings
from monitor.stories.prints import VERSION, pack, unpack
from monitor.stories.similarity import Print

KEYS_PORTION = 1_000
"""Keys looked up in one statement, of at most forty-five articles each."""

_POSTINGS = {
    # One row per key, and of a key no more than its newest forty-five are touched, however hot it is. A row for each
    # article would cost four times as much to fetch as to find (measured).
    "sqlite": """SELECT k.value, (SELECT group_concat(article_id) FROM (
        SELECT p.article_id FROM print_key p WHERE p.key = k.value ORDER BY p.article_id DESC LIMIT :most))
        FROM json_each(:keys) k""",
    "postgresql": """SELECT k.key, array_to_string(ARRAY(
        SELECT p.article_id FROM print_key p WHERE p.key = k.key ORDER BY p.article_id DESC LIMIT :most), ',')
        FROM (SELECT CAST(value AS BIGINT) AS key FROM json_array_elements_text(CAST(:keys AS JSON))) k""",
}


_TURN = 0x6E6D_494E
"""Of this program and these tables: one number among the advisory locks of a database."""


class PrintTable:
    """Questions and changes of prints."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take_turn(self) -> None:
        """Wait until nobody else puts articles into stories, and keep it so to the end of the transaction.

        So whatever process stores an article has seen all that came before it. On SQLite there is one writer anyway.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))

    def postings(self, keys: Sequence[int]) -> Postings:
        """The newest forty-five articles under each key, oldest first; keys of none are left out."""
        question = sa.text(_POSTINGS[self._db.dialect.name])
        found: Postings = {}
        for some in portions(keys, KEYS_PORTION):
            rows = self._db.execute(question, {"keys": json.dumps(list(some)), "most": POSTINGS_MAX}).all()
            for key, listed in rows:
                if listed:
                    numbers = listed.split(",")
                    numbers.reverse()
                    found[key] = numbers
        return found

    def placed(self, ids: Iterable[int]) -> dict[int, Placed]:
        """The articles of these ids that are kept and have a print of the present version, with their stories."""
        found: dict[int, Placed] = {}
        for some in portions(sorted(set(ids))):
            found_rows = self._db.execute(
                sa.select(
                    STORY_PRINT.c.article_id,
                    ARTICLE.c.feed_id,
                    STORY_PRINT.c.publisher,
                    STORY_PRINT.c.at_s,
                    STORY_PRINT.c.language,
                    STORY_PRINT.c.recurring,
                    STORY_PRINT.c.body,
                    ARTICLE.c.story_id,
                    ARTICLE.c.text_id,
                )
                .join(ARTICLE, ARTICLE.c.id == STORY_PRINT.c.article_id)
                .where(STORY_PRINT.c.article_id.in_(some))
            )
            for number, feed_id, publisher, at_s, language, recurring, body, story_id, text_id in found_rows.all():
                mark = unpack(body)
                if mark is not None:
                    arrival = Arrival(number, feed_id, publisher, at_s, language, bool(recurring), mark)
                    found[number] = Placed(arrival, story_id, text_id)
        return found

    def add(self, arrivals: Sequence[Arrival]) -> None:
        """Remember prints of new articles, with their keys."""
        rows = [
            (a.article_id, VERSION, a.at_s, a.publisher, a.language, a.is_recurring, pack(a.print_)) for a in arrivals
        ]
        columns = ("article_id", "version", "at_s", "publisher", "language", "recurring", "body")
        insert_rows(self._db, STORY_PRINT, columns, rows)
        keys = [(key, a.article_id) for a in arrivals for key in a.print_.keys]
        insert_rows(self._db, PRINT_KEY, ("key", "article_id"), keys)

    def unprinted(self, since: datetime, *, limit: int) -> list[StoredArticle]:
        """Up to `limit` articles first seen since then without a print: the newest, in order."""
        question = (
            select_articles()
            .outerjoin(STORY_PRINT, STORY_PRINT.c.article_id == ARTICLE.c.id)
            .where(ARTICLE.c.first_seen_at >= since)
            .where(STORY_PRINT.c.version.is_(None))
            .order_by(ARTICLE.c.id.desc())
            .limit(limit)
        )
        return [to_stored(row) for row in reversed(list(self._db.execute(question)))]

    def since(self, article_id: int, *, limit: int) -> list[Print]:
        """Up to `limit` prints of articles that came after this one: the newest, in order."""
        question = sa.select(STORY_PRINT.c.body).where(STORY_PRINT.c.article_id > article_id)
        rows = self._db.execute(question.order_by(STORY_PRINT.c.article_id.desc()).limit(limit)).scalars()
        return [mark for mark in map(unpack, reversed(list(rows))) if mark is not None]

    def newest_id(self) -> int:
        """The newest article that has a print; 0 where none has."""
        found: int | None = self._db.execute(sa.select(sa.func.max(STORY_PRINT.c.article_id))).scalar()
        return found or 0

    def counts(self) -> tuple[int, bytes] | None:
        """The counts of words as they were last written, and the newest article in them."""
        row = self._db.execute(sa.select(WORD_COUNTS.c.last_article_id, WORD_COUNTS.c.counts)).first()
        return None if row is None else (row.last_article_id, row.counts)

    def keep_counts(self, last_article_id: int, counts: bytes) -> None:
        """Write down the counts of words, in place of the earlier ones."""
        row = {"name": "all", "last_article_id": last_article_id, "counts": counts}
        upsert(self._db, WORD_COUNTS, [row], update=["last_article_id", "counts"])

    def past(self, before: datetime, *, limit: int) -> list[ArticleId]:
        """Up to `limit` articles first seen before then that have a print."""
        newest = sa.select(sa.func.max(ARTICLE.c.id)).where(ARTICLE.c.first_seen_at < before).scalar_subquery()
        # Of a machine whose clock stood years back for an hour, only what came in that hour looks old.
        old = (
            sa.select(STORY_PRINT.c.article_id)
            .join(ARTICLE, ARTICLE.c.id == STORY_PRINT.c.article_id)
            .where(STORY_PRINT.c.article_id <= newest, ARTICLE.c.first_seen_at < before)
        )
        return [ArticleId(number) for number in self._db.execute(old.limit(limit)).scalars()]

    def forget(self, ids: Iterable[ArticleId]) -> None:
        """Remove the prints of articles, with their keys."""
        for some in portions(sorted(set(ids))):
            rows = self._db.execute(
                sa.select(STORY_PRINT.c.article_id, STORY_PRINT.c.body).where(STORY_PRINT.c.article_id.in_(some))
            )
            self._forget_keys({row.article_id: row.body for row in rows})
            self._db.execute(sa.delete(STORY_PRINT).where(STORY_PRINT.c.article_id.in_(some)))

    def is_current(self) -> bool:
        """Whether there are prints, all of the present version: the oldest and the newest tell, for all go at once."""
        ends = (STORY_PRINT.c.article_id, STORY_PRINT.c.article_id.desc())
        versions = {self._db.execute(sa.select(STORY_PRINT.c.version).order_by(end).limit(1)).scalar() for end in ends}
        return versions == {VERSION}

    def forget_all(self) -> None:
        """Remove every print, with all keys and counts: terms of another version may mean other words."""
        for table in (PRINT_KEY, STORY_PRINT, WORD_COUNTS):
            self._db.execute(sa.delete(table))

    def _forget_keys(self, bodies: Mapping[int, bytes]) -> None:
        keys = [
            {"b_key": key, "b_id": number}
            for number, body in bodies.items()
            if (mark := unpack(body)) is not None
            for key in mark.keys
        ]
        if keys:
            gone = sa.delete(PRINT_KEY).where(
                PRINT_KEY.c.key == sa.bindparam("b_key"), PRINT_KEY.c.article_id == sa.bindparam("b_id")
            )
            self._db.execute(gone, keys)
