"""The index of words: which articles hold a word, on SQLite by FTS5 and on PostgreSQL by a tsvector.

It is a cache. What it finds is judged by the matcher, what it does not hold yet is judged without it, and where its
rules are others than this version's it is empty. Stems are in it, so a new stemmer means a new index.

Effects: database.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from monitor.feeds.fulltext import complete
from monitor.model import Article, ArticleId, PageState
from monitor.storage.articles import select_articles, to_stored
from monitor.storage.columns import ARTICLE_WORDS
from monitor.storage.pages import page_texts
from monitor.storage.rows import portions, upsert
from monitor.storage.tables import ARTICLE, INDEX_STATE, INDEXED_ARTICLE, PAGE
from monitor.storage.word_merging import merge_on_request, merge_slice
from monitor.topics.meaning import Counted
from monitor.topics.wanted import (
    Either,
    Token,
    Wanted,
    article_tokens,
    language_token,
    sample_of_tokens,
    stem_token,
)
from monitor.words import stem, stemmer_version

BEHIND = 5_000
"""Ids looked at again behind the newest one known: writers that run together may end in another order."""
PAGES_BEHIND = 50_000
"""The same for articles whose page was read after they were indexed, which takes a day at most."""
FORMAT = 2
"""Of the index; another number makes it anew."""
# Put together of the table's name alone; every value goes in as a parameter.
_FIND = {
    "sqlite": f"SELECT rowid FROM {ARTICLE_WORDS} WHERE {ARTICLE_WORDS} MATCH ? AND rowid >= ?",  # noqa: S608
    "postgresql": (
        f"SELECT article_id FROM {ARTICLE_WORDS} WHERE words @@ CAST(%s AS tsquery) AND article_id >= %s"  # noqa: S608
    ),
}
_FIND_NEWEST = {
    "sqlite": f"{_FIND['sqlite']} AND rowid < ? ORDER BY rowid DESC LIMIT ?",
    "postgresql": f"{_FIND['postgresql']} AND article_id < %s ORDER BY article_id DESC LIMIT %s",
}
_COUNT = {
    "sqlite": f"SELECT term, doc FROM {ARTICLE_WORDS}_counts WHERE term IN",  # noqa: S608
    "postgresql": (
        f"SELECT token, (SELECT count(*) FROM {ARTICLE_WORDS} WHERE words @@ CAST(quote_literal(token) AS tsquery))"  # noqa: S608
        " FROM unnest(CAST(%s AS text[])) AS token"
    ),
}
_ADD = {
    "sqlite": f"INSERT INTO {ARTICLE_WORDS}(rowid, words) VALUES (?, ?)",  # noqa: S608
    "postgresql": f"INSERT INTO {ARTICLE_WORDS}(article_id, words) VALUES (%s, array_to_tsvector(%s))",  # noqa: S608
}
_REMOVE = {
    # FTS5 keeps no words, so it is told which to take out: the very ones that went in.
    "sqlite": f"INSERT INTO {ARTICLE_WORDS}({ARTICLE_WORDS}, rowid, words) VALUES ('delete', ?, ?)",  # noqa: S608
    "postgresql": f"DELETE FROM {ARTICLE_WORDS} WHERE article_id = %s",  # noqa: S608
}
_CLEAR = {
    "sqlite": f"INSERT INTO {ARTICLE_WORDS}({ARTICLE_WORDS}) VALUES ('delete-all')",  # noqa: S608
    "postgresql": f"DELETE FROM {ARTICLE_WORDS}",  # noqa: S608
}


@cache
def index_version() -> str:
    """By what rules this version makes tokens: a change of any of its parts may change them."""
    return f"{FORMAT} {stemmer_version()} unicode-{unicodedata.unidata_version} {sample_of_tokens()}"


class Whole(Struct, frozen=True):
    """An article as it is searched: with the text of its page, where that was read."""

    article: Article
    fed: Article
    """As its feed gave it."""

    @property
    def with_page(self) -> bool:
        """Whether the page's text is in it."""
        return self.article is not self.fed


class Entry(Struct, frozen=True):
    """What goes into the index for one article."""

    whole: Whole
    language: str
    tokens: set[str]


class WordIndex:
    """Questions and changes of the index of words."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._kind = connection.dialect.name

    def languages(self) -> tuple[str, ...] | None:
        """The languages whose stems are in the index; None where it is empty or made by other rules."""
        row = self._db.execute(sa.select(INDEX_STATE).where(INDEX_STATE.c.version == index_version())).first()
        return None if row is None else tuple(row.languages.split(","))

    def count(self) -> int:
        """How many articles are in the index."""
        return self._db.execute(sa.select(sa.func.count()).select_from(INDEXED_ARTICLE)).scalar_one()

    def find(self, wanted: Wanted, first: int = 0) -> list[ArticleId]:
        """The articles that hold what is wanted, from an id on; an article that was removed since may be among them."""
        rows = self._db.exec_driver_sql(_FIND[self._kind], (self._written(wanted), first))
        return [ArticleId(row[0]) for row in rows]

    def find_newest(self, wanted: Wanted, before: ArticleId, first: ArticleId, limit: int) -> list[ArticleId]:
        """The newest articles below that one and from the first on that hold what is wanted, the newest first."""
        asked = (self._written(wanted), int(first), int(before), limit)
        return [ArticleId(row[0]) for row in self._db.exec_driver_sql(_FIND_NEWEST[self._kind], asked)]

    def lacking(self, before: ArticleId, first: ArticleId, limit: int) -> list[ArticleId]:
        """The newest articles below that one and from the first on that are not in the index at all."""
        asked = sa.select(ARTICLE.c.id).where(ARTICLE.c.id < before, ARTICLE.c.id >= first)
        asked = asked.where(~sa.exists().where(INDEXED_ARTICLE.c.article_id == ARTICLE.c.id))
        rows = self._db.execute(asked.order_by(ARTICLE.c.id.desc()).limit(limit))
        return [ArticleId(number) for number in rows.scalars()]

    def has_any(self, wanted: Wanted) -> bool:
        """Whether the index holds an article with what is wanted."""
        rows = self._db.exec_driver_sql(f"{_FIND[self._kind]} LIMIT 1", (self._written(wanted), 0))
        return rows.first() is not None

    def counted(self, languages: Iterable[str], words: Mapping[str, Iterable[str]]) -> list[Counted]:
        """For each language, how many of its articles hold each of these words in any form; none where there is no
        index of this version.
        """
        known = self.languages() or ()
        found = []
        for language in languages:
            if language in known:
                stems = {stem_token(one, language): one for one in {stem(word, language) for word in words[language]}}
                whole = language_token(language)
                counts = self._count_tokens([whole, *stems])
                holding = {one: counts.get(token, 0) for token, one in stems.items()}
                found.append(Counted(language, counts.get(whole, 0), holding))
        return found

    def _count_tokens(self, tokens: Sequence[str]) -> dict[str, int]:
        """How many articles hold each token."""
        found: dict[str, int] = {}
        for some in portions(tokens):
            if self._kind == "sqlite":
                marks = ", ".join("?" * len(some))
                rows = self._db.exec_driver_sql(f"{_COUNT['sqlite']} ({marks})", tuple(some))
            else:
                rows = self._db.exec_driver_sql(_COUNT["postgresql"], (list(some),))
            found |= {row[0]: row[1] for row in rows}
        return found

    def _written(self, wanted: Wanted) -> str:
        """A question in the database's own language. Tokens hold letters and digits alone, so none needs quoting."""
        is_sqlite = self._kind == "sqlite"
        if isinstance(wanted, Token):
            if is_sqlite:
                return f'"{wanted.text}"*' if wanted.is_prefix else f'"{wanted.text}"'
            return f"'{wanted.text}':*" if wanted.is_prefix else f"'{wanted.text}'"
        either, both = (" OR ", " AND ") if is_sqlite else (" | ", " & ")
        joint = either if isinstance(wanted, Either) else both
        return f"({joint.join(map(self._written, wanted.parts))})"

    def missing(self, *, after: ArticleId | None = None, limit: int | None = None) -> list[ArticleId]:
        """The articles whose words are not in the index, or not all of them, the oldest first.

        `after` passes over articles up to that one, `limit` bounds how many are told.
        """
        lacking = sa.select(ARTICLE.c.id).where(~sa.exists().where(INDEXED_ARTICLE.c.article_id == ARTICLE.c.id))
        longer = (
            sa.select(PAGE.c.article_id)
            .join(INDEXED_ARTICLE, INDEXED_ARTICLE.c.article_id == PAGE.c.article_id)
            .where(PAGE.c.state == PageState.GOT.value, PAGE.c.text != "", INDEXED_ARTICLE.c.with_page.is_(False))
        )
        if after is not None:
            lacking = lacking.where(ARTICLE.c.id > after)
            longer = longer.where(PAGE.c.article_id > after - (PAGES_BEHIND - BEHIND))
        either = sa.union(lacking, longer).subquery()
        question = sa.select(either.c.id).order_by(either.c.id)
        return [ArticleId(number) for number in self._db.execute(question.limit(limit)).scalars()]

    def clear(self) -> None:
        """Empty the index: it is made anew by whoever brings it up next."""
        self._clear()

    def count_held(self) -> int:
        """How many articles the index itself holds, by the tokens of their languages."""
        if self._kind == "sqlite":
            held = f"SELECT coalesce(sum(doc), 0) FROM {ARTICLE_WORDS}_counts WHERE term >= 'l' AND term < 'm'"  # noqa: S608
        else:
            held = f"SELECT count(*) FROM {ARTICLE_WORDS}"  # noqa: S608
        return int(self._db.exec_driver_sql(held).scalar_one())

    def merge(self, *, of_all: bool = False) -> bool:
        """A slice of what `merge_slice` does; whether there may be more to do. After each write, in its own turn."""
        return merge_slice(self._db, of_all=of_all)

    def unread(self, *, limit: int | None = None) -> list[ArticleId]:
        """As `missing`, at the cost of the newest articles alone: it grows from the oldest on, without a gap."""
        return self.missing(after=ArticleId(max(0, self.newest() - BEHIND)), limit=limit)

    def begin(self) -> None:
        """Make the index one of this version's rules; what was made by others goes."""
        merge_on_request(self._db)
        if self.languages() is None:
            self._clear()
            upsert(self._db, INDEX_STATE, [{"version": index_version(), "languages": ""}], update=["languages"])

    def newest(self) -> ArticleId:
        """The last article in the index; 0 where there is none."""
        question = sa.select(sa.func.coalesce(sa.func.max(INDEXED_ARTICLE.c.article_id), 0))
        return ArticleId(self._db.execute(question).scalar_one())

    def add(self, entries: Sequence[Entry]) -> int:
        """Put articles in; how many. What others put in or removed meanwhile is passed over, and whatever was made by
        other rules goes first.
        """
        self.begin()
        kept = self._held([entry.whole.article.id for entry in entries])
        known = self._known(sorted(kept))
        fresh = [
            entry
            for entry in entries
            if (number := entry.whole.article.id) in kept
            and (number not in known or (entry.whole.with_page and not known[number]))
        ]
        self._take_out([entry.whole.fed for entry in fresh if entry.whole.article.id in known])
        if fresh:
            rows = [(entry.whole.article.id, self._joined(entry.tokens)) for entry in fresh]
            self._db.exec_driver_sql(_ADD[self._kind], rows)
        marks = [{"article_id": one.whole.article.id, "with_page": one.whole.with_page} for one in fresh]
        upsert(self._db, INDEXED_ARTICLE, marks, update=["with_page"])
        languages = {entry.language for entry in fresh} | set(self.languages() or ())
        state = {"version": index_version(), "languages": ",".join(sorted(languages))}
        upsert(self._db, INDEX_STATE, [state], update=["languages"])
        return len(fresh)

    def prepare_forget(self, ids: Sequence[ArticleId]) -> dict[ArticleId, tuple[bool, str]]:
        """What `forget` takes out of these, worked out while nobody waits: milliseconds for each article."""
        if self._kind != "sqlite" or self.languages() is None:
            return {}
        known = self._known(ids)
        ready: dict[ArticleId, tuple[bool, str]] = {}
        for whole in read_whole(self._db, sorted(known)):
            with_page = known[whole.fed.id]
            tokens = article_tokens(whole.article if with_page else whole.fed)[1]
            ready[whole.fed.id] = (with_page, " ".join(sorted(tokens)))
        return ready

    def forget(self, ids: Sequence[ArticleId], ready: Mapping[ArticleId, tuple[bool, str]] | None = None) -> None:
        """Take articles out before they are removed: what they hold is read from them once more, where not `ready`."""
        known = self._known(ids)
        if not known:
            return
        if self.languages() is None:
            self.begin()
            return
        merge_on_request(self._db)
        # What was made ready is what stands in the index still, unless its page came in meanwhile.
        taken = {
            number: said[1]
            for number, said in (ready or {}).items()
            if number in known and bool(known[number]) == bool(said[0])
        }
        if taken:
            self._db.exec_driver_sql(_REMOVE[self._kind], list(taken.items()))
        wholes = read_whole(self._db, sorted(known.keys() - taken.keys()))
        self._take_out([whole.article if known[whole.fed.id] else whole.fed for whole in wholes])
        for some in portions(sorted(known)):
            self._db.execute(sa.delete(INDEXED_ARTICLE).where(INDEXED_ARTICLE.c.article_id.in_(some)))

    def _held(self, ids: Sequence[ArticleId]) -> set[ArticleId]:
        """Which of these articles are still kept; nobody removes them before this transaction ends."""
        found: set[ArticleId] = set()
        for some in portions(ids):
            question = sa.select(ARTICLE.c.id).where(ARTICLE.c.id.in_(some))
            # SQLite, which leaves the lock out, has one writer anyhow.
            found |= set(self._db.execute(question.with_for_update(read=True, key_share=True)).scalars())
        return found

    def _known(self, ids: Sequence[ArticleId]) -> dict[ArticleId, bool]:
        """Which of these articles are in the index, and whether with their page."""
        found: dict[ArticleId, bool] = {}
        for some in portions(ids):
            rows = self._db.execute(sa.select(INDEXED_ARTICLE).where(INDEXED_ARTICLE.c.article_id.in_(some)))
            found |= {ArticleId(row.article_id): row.with_page for row in rows}
        return found

    def _take_out(self, articles: Sequence[Article]) -> None:
        if not articles:
            return
        if self._kind == "sqlite":
            rows: list[tuple[Any, ...]] = [(one.id, self._joined(article_tokens(one)[1])) for one in articles]
        else:
            rows = [(one.id,) for one in articles]
        self._db.exec_driver_sql(_REMOVE[self._kind], rows)

    def _joined(self, tokens: Iterable[str]) -> str | list[str]:
        return " ".join(sorted(tokens)) if self._kind == "sqlite" else sorted(tokens)

    def _clear(self) -> None:
        self._db.exec_driver_sql(_CLEAR[self._kind])
        self._db.execute(sa.delete(INDEXED_ARTICLE))
        self._db.execute(sa.delete(INDEX_STATE))


def read_whole(connection: Connection, ids: Sequence[ArticleId]) -> list[Whole]:
    """These articles as they are searched, as far as they are kept, in the order of the ids."""
    found: dict[int, Whole] = {}
    for some in portions(ids):
        pages = page_texts(connection, some)
        for row in connection.execute(select_articles().where(ARTICLE.c.id.in_(some))):
            fed = to_stored(row).article
            page = pages.get(fed.id)
            found[fed.id] = Whole(replace(fed, text=complete(fed.text, page)) if page else fed, fed)
    return [found[number] for number in ids if number in found]


def entry_of(whole: Whole) -> Entry:
    """What goes into the index for an article."""
    return Entry(whole, *article_tokens(whole.article))
