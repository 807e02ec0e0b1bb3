"""An archive as years of a busy newsroom leave it, made in minutes: rows go straight into the tables.

400 feeds over the 90 days that articles are kept, stories of one to many articles, 40 topics with digests, deliveries
and a sent log, visits of two weeks, near misses of a month, names of entries and the index of words. What articles are
compared by is left out: no page and no command reads it. The same seed makes the same archive but for the moment it
ends at.

Effects: files.
"""

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.years_words import QUERIES, Theme, Words, make_words
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.word_index import index_version
from monitor.stories.identity import AliasKind
from monitor.stories.normal import headline_form, key_of
from monitor.urls import canonical_url

FEEDS = 400
DAYS = 90
NEAR_DAYS = 30
NEAR_PER_TOPIC_DAY = 60
VISITS_DAYS = 14
VISITS_A_DAY = 60
"""Of one feed that are written down: those that brought something, or failed."""
JOINS = 0.4
"""Articles that come to a story there is; half of them are copies."""
OPEN_STORIES = 3_000
THEME_SHARE = 0.12
"""Articles that speak of a topic's theme."""
PORTION = 20_000
CHANNELS = ("console", "archive")
PAYLOAD = json.dumps({"text": "x" * 1_800})
_STAMP_CHARS = len("2026-01-01 00:00:00.000000")
_COLUMNS = {
    "article": "id feed_id title text url source language author tags published_at first_seen_at standing content_key "
    "revision story_id relation copy_of evidence text_id quiet origin",
    "article_words": "rowid words",
    "indexed_article": "article_id with_page",
    "entry_alias": "feed_id kind key article_id seen_day",
    "story": "id created_at last_article_at article_count merged_into",
    "match": "topic article_id story_id score level title_hit evidence sentence matched_at silent",
    "near_miss": "topic article_id score reason at",
    "poll": "id feed_id polled_at outcome status entries new bytes_read elapsed_ms reason error",
    "digest": "id topic slot kind window_start window_end closed_at",
    "sent_log": "channel story_id telling article_id digest_id topic told_at reason article_count publisher_count "
    "independent_count",
    "held_back": "digest_id channel story_id reason gate",
    "delivery": "id digest_id topic channel key part stories payload state attempt created_at next_attempt_at "
    "first_attempt_at lease_owner lease_until perhaps_sent receipt reason error settled_at kind lane place thread_of",
}


@dataclass(slots=True)
class Made:
    """What was made, for whoever looks at it."""

    articles: int
    database: Path
    config: Path
    middle_article: int = 0
    told_article: int = 0
    big_story: int = 0
    told_story: int = 0
    digest: int = 0
    delivery: int = 0
    topic: str = "topic-00"
    words: tuple[str, str] = ("", "")
    """The topic's words."""


@dataclass(slots=True)
class _Topic:
    """What is open of a topic while the archive is made."""

    theme: Theme
    every: int
    """Matches a digest waits for."""
    open: list[tuple[int, int]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)


def make_archive(folder: Path, articles: int, seed: str = "1") -> Made:
    """The archive and its configuration, in a folder that is empty."""
    words = make_words(seed)
    made = Made(articles, folder / "years.db", write_config(folder, words))
    database = open_engine(f"sqlite:///{made.database}")
    ensure_schema(database)
    database.close()
    with closing(sqlite3.connect(made.database, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        indexes = _take_indexes(connection)
        connection.execute("BEGIN")
        _Writer(connection, made, words, random.Random(f"archive {seed}")).fill()
        connection.execute("COMMIT")
        for statement in indexes:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode=WAL")
    return made


def write_config(folder: Path, words: Words) -> Path:
    """The three files of that newsroom."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "monitor.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/years.db"\n[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n'
        '[web]\nlisten = ""\n[matching]\nsemantic = false\n[channels.console]\nkind = "console"\n'
        '[channels.archive]\nkind = "console"\n'
    )
    feeds = (
        f'[[feeds]]\nname = "Outlet {n:03}"\nurl = "{_feed_url(n)}"\nlanguage = "en"\n' for n in range(1, FEEDS + 1)
    )
    (config / "feeds.toml").write_text("\n".join(feeds))
    topics = ['timezone = "Europe/Berlin"\n']
    for number, theme in enumerate(words.themes):
        rule = f"query = '{theme.query}'\n" if number < QUERIES else ""
        schedule = "now" if number % 5 == 0 else "every 1h" if number % 2 else "daily 08:00"
        budget = 'at_most = "20 per day"' if number == 1 else ""
        topics.append(
            f'[topics.{theme.key}]\nname = "{theme.name}"\n{rule}schedule = "{schedule}"\n'
            f'channels = ["console", "archive"]\n{budget}\n'
        )
    (config / "watchlist.toml").write_text("\n".join(topics))
    return config


def _feed_url(number: int) -> str:
    return f"http://127.0.1.{number % 250}:9/feed/{number}"


def _take_indexes(connection: sqlite3.Connection) -> list[str]:
    """Drop what is cheaper to make at the end."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


class _Writer:
    """Fills one archive, oldest first."""

    def __init__(self, connection: sqlite3.Connection, made: Made, words: Words, chance: random.Random) -> None:
        self._db = connection
        self._made = made
        self._words = words
        self._chance = chance
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._start = self._now - timedelta(days=DAYS)
        self._step = (self._now - self._start) / made.articles
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._stories: dict[int, list[Any]] = {}
        self._recent: list[int] = []
        self._topics = [_Topic(theme, (1, 4, 12)[n % 3]) for n, theme in enumerate(words.themes)]
        self._weights = [1 / (n + 3) for n in range(len(words.themes))]
        self._digests = self._deliveries = 0
        self._aliases: list[tuple[int, int, int, int, int]] = []
        self._taken: list[tuple[int, str, int]] = []
        self._biggest = 0

    def fill(self) -> None:
        """All tables."""
        for number in range(1, self._made.articles + 1):
            self._add_article(number)
            if number % PORTION == 0:
                self._flush()
        self._flush()
        for story_id in list(self._stories):
            self._end_story(story_id)
        self._aliases.sort()
        self._rows["entry_alias"] = list(self._aliases)
        self._rows["poll"] = list(self._visits())
        self._rows["near_miss"] = list(self._near())
        self._flush()
        self._add_feeds()
        self._end()

    def _add_article(self, number: int) -> None:
        chance, at = self._chance, self._start + self._step * number
        stamp = _stamp(at)
        theme_no = chance.choices(range(len(self._topics)), self._weights)[0] if chance.random() < THEME_SHARE else None
        story, relation, copied = number, "new", None
        if self._recent and chance.random() < JOINS:
            # What is young and big draws more: the newest stories are asked first.
            story = self._recent[-1 - min(len(self._recent) - 1, int(chance.expovariate(1 / 400)))]
            first, theme_no = self._stories[story][3], self._stories[story][2]
            relation = "copy" if chance.random() < 0.5 else "report"
            copied = first if relation == "copy" else None
        else:
            self._recent.append(number)
            self._stories[number] = [stamp, 0, theme_no, number, stamp]
            if len(self._recent) > OPEN_STORIES:
                self._end_story(self._recent.pop(0))
        self._stories[story][1] += 1
        self._stories[story][4] = stamp
        theme = None if theme_no is None else self._topics[theme_no].theme
        title = chance.choice(theme.titles if theme else self._words.titles)
        text = chance.choices(self._words.sentences, k=4)
        if theme:
            text[chance.randrange(4)] = chance.choice(theme.sentences)
        body = " ".join(one.text for one in text)
        feed = chance.randint(1, FEEDS)
        url = f"https://outlet{feed}.example/{at:%Y/%m/%d}/story-{number}"
        headline = f"{title.text} {number}"
        entry = (
            number,
            feed,
            headline,
            body,
            url,
            "",
            "en",
            "",
            "",
            stamp,
            stamp,
            "new",
            key_of(headline, str(number)),
        )
        self._add("article", *entry, 0, story, relation, copied, "", copied or number, False, "")
        tokens = title.tokens.union(*(one.tokens for one in text))
        self._add("article_words", number, " ".join(tokens))
        self._add("indexed_article", number, False)
        day = int(at.timestamp()) // 86_400
        self._aliases += [
            (feed, int(AliasKind.GUID), key_of(f"id-{number}"), number, day),
            (feed, int(AliasKind.URL), key_of(canonical_url(url)), number, day),
            (feed, int(AliasKind.HEADLINE), key_of(headline_form(headline)), number, day),
        ]
        if theme_no is not None:
            self._match(self._topics[theme_no], number, story, body, at)

    def _match(self, topic: _Topic, number: int, story: int, body: str, at: datetime) -> None:
        theme, chance = topic.theme, self._chance
        start = body.find(theme.first)
        sentence = body[max(0, start - 60) : start + 90]
        spans = [["text", start, start + len(theme.first)]] if start >= 0 else []
        evidence = json.dumps([[theme.name, {theme.first: 1, theme.second: 1}, "exact", spans, 40]])
        topic.open.append((number, story))
        self._add("match", theme.key, number, story, chance.randint(45, 100), "balanced", True, evidence, sentence,
                  _stamp(at), chance.random() < 0.05)  # fmt: skip
        if len(topic.open) >= topic.every and number < self._made.articles * 0.9995:
            self._close(topic, at)

    def _close(self, topic: _Topic, at: datetime) -> None:
        self._digests += 1
        key, when = topic.theme.key, _stamp(at)
        self._add(
            "digest", self._digests, key, f"{at:%Y-%m-%dT%H:%M:%S}.{self._digests}", "scheduled", when, when, when
        )
        self._taken += [(self._digests, key, number) for number, _ in topic.open]
        stories = {story: number for number, story in topic.open}
        fresh = [story for story in stories if story not in topic.told]
        for channel in CHANNELS:
            for story in fresh:
                self._add("sent_log", channel, story, 0, stories[story], self._digests, key, when, "new", 1, 1, 1)
            for story in stories.keys() - set(fresh):
                self._add("held_back", self._digests, channel, story, "Nothing new since it was told.", "")
            if fresh:
                self._deliveries += 1
                number = self._deliveries
                state = "dead" if number % 5_000 == 0 else "sent"
                sent = (state, 1, when, when, when, None, None, False, str(number), "", "", when, "digest", "", number)
                parts = (f"d:{self._digests}:{channel}", 1, len(fresh), PAYLOAD)
                self._add("delivery", number, self._digests, key, channel, *parts, *sent, None)
        topic.told |= set(fresh)
        topic.open.clear()
        if fresh:
            self._made.told_story, self._made.told_article = fresh[0], stories[fresh[0]]
            self._made.digest, self._made.delivery = self._digests, self._deliveries

    def _end_story(self, story_id: int) -> None:
        created, count, _, _, last = self._stories.pop(story_id)
        self._add("story", story_id, created, last, count, None)
        if count > self._biggest:
            self._biggest, self._made.big_story = count, story_id

    def _visits(self) -> Iterator[tuple[Any, ...]]:
        step = timedelta(days=VISITS_DAYS) / (VISITS_A_DAY * VISITS_DAYS)
        number = 0
        for visit in range(VISITS_A_DAY * VISITS_DAYS):
            at = _stamp(self._now - timedelta(days=VISITS_DAYS) + step * visit)
            for feed in range(1, FEEDS + 1):
                number += 1
                failed = number % 50 == 0
                outcome = ("failed", 503, 0, 0) if failed else ("new", 200, 25, 1)
                reason = ("server", "answered 503") if failed else ("", "")
                yield (number, feed, at, *outcome, 20_000, 150, *reason)

    def _near(self) -> Iterator[tuple[Any, ...]]:
        a_day = max(1, self._made.articles // DAYS)
        first = self._made.articles - a_day * NEAR_DAYS
        for day in range(NEAR_DAYS):
            for theme in self._words.themes:
                for number in sorted(self._chance.sample(range(a_day), min(a_day, NEAR_PER_TOPIC_DAY))):
                    article = max(1, first + day * a_day + number)
                    at = _stamp(self._start + self._step * article)
                    yield theme.key, article, self._chance.randint(20, 44), "one of two words is missing", at

    def _add_feeds(self) -> None:
        for number in range(1, FEEDS + 1):
            at = _stamp(self._now - timedelta(minutes=number % 30))
            values = {
                "id": number, "url": _feed_url(number), "name": f"Outlet {number:03}", "host": "127.0.1.1",
                "language": "en", "first_polled_at": _stamp(self._start), "last_poll_at": at, "last_ok_at": at,
                "last_new_at": at, "watermark_at": at, "next_poll_at": _stamp(self._now + timedelta(minutes=15)),
                "outcome": "new", "status": 200, "validators_at": at,
            }  # fmt: skip
            self._insert("feed", values)

    def _end(self) -> None:
        taken = "UPDATE match SET digest_id = ? WHERE topic = ? AND article_id = ?"
        self._db.executemany(taken, self._taken)
        for theme in self._words.themes:
            self._insert("topic", {"key": theme.key, "name": theme.name, "created_at": _stamp(self._start),
                                   "last_closed_at": _stamp(self._now)})  # fmt: skip
        counts = {"article": self._made.articles, "digest": self._digests, "delivery": self._deliveries}
        self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", counts.items())
        self._insert("index_state", {"version": index_version(), "languages": "en"})
        self._insert("heartbeat", {"component": "daemon", "at": _stamp(self._now)})
        theme = self._words.themes[0]
        self._made.middle_article, self._made.words = self._made.articles // 2, (theme.first, theme.second)

    def _insert(self, table: str, values: dict[str, Any]) -> None:
        """One row; what is not said has the default that its NOT NULL column needs."""
        for _, name, kind, needed, default, _ in self._db.execute(f"PRAGMA table_info({table})").fetchall():
            if needed and name not in values and default is None:
                values[name] = "" if "CHAR" in kind or "TEXT" in kind else 1 if name in ("active", "weight") else 0
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))

    def _add(self, table: str, *values: Any) -> None:
        self._rows.setdefault(table, []).append(values)

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                names = _COLUMNS[table].split()
                marks = ", ".join("?" * len(names))
                self._db.executemany(f'INSERT INTO "{table}" ({", ".join(names)}) VALUES ({marks})', rows)
                rows.clear()


def _stamp(at: datetime) -> str:
    return at.isoformat(" ", "microseconds")[:_STAMP_CHARS]
