"""What stands around the workers: publishers on several hosts, two channels, and the count of all that came of it.

Effects: network (loopback), threads, database.
"""

import itertools
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from tests.acceptance.given import FERRIES, archive, desk
from tests.acceptance.news import Written, token_of, write_rss
from tests.acceptance.publisher import Page, Publisher, serve_pages
from tests.distributed.fleet import Fleet
from tests.distributed.server import OwnServer
from tests.fakes.slack import FakeSlack, serve_slack
from tests.fakes.webhook import FakeReceiver, serve_receiver

HOSTS = ("127.21.0.1", "127.21.0.2", "127.21.0.3")
PER_HOST = 2
SYLLABLES = re.findall("..", "bacedifoguhakelimonuparesitovuwazechydrofleb")
TRIES = 5
ROOM = "per_hour_max = 1000\nstories_max = 50\n"


def write(number: int, outlet: str) -> Written:
    """Story `number` in an outlet's feed: the same words in every outlet, and no word of them in any other story."""
    chance = random.Random(number)
    words = ["".join(chance.choices(SYLLABLES, k=4)) for _ in range(24)]
    sentences = [" ".join(words[start : start + 5]).capitalize() + "." for start in range(4, 24, 5)]
    title = f"{' '.join(words[:4])} hydrofoil {token_of(number)}".capitalize()
    return Written(title, f"{' '.join(sentences)} {token_of(number)}.", f"https://{outlet}/{number}")


class Visits:
    """How long feeds were not asked for, by the servers' own clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}
        self.longest_s = 0.0

    def note(self, publisher: Publisher) -> None:
        """A publisher was asked for something."""
        now = time.monotonic()
        with self._lock:
            for path, count in list(publisher.asked.items()):
                before, at = self._seen.get((publisher.url, path), (0, now))
                if count != before:
                    self.longest_s = max(self.longest_s, now - at)
                    self._seen[publisher.url, path] = (count, now)

    def begin(self) -> None:
        """Measure from here on."""
        now = time.monotonic()
        with self._lock:
            self.longest_s = 0.0
            self._seen = {key: (count, now) for key, (count, _) in self._seen.items()}


@dataclass
class Town:
    """Publishers, channels, a database and the workers over them."""

    server: OwnServer
    database: str
    fleet: Fleet
    publishers: list[Publisher]
    slack: FakeSlack
    hook: FakeReceiver
    shown: dict[str, list[Written]]
    """By the feed's address: its entries, the newest first."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: list[int] = field(default_factory=list)
    """One for each story there is to tell."""
    visits: Visits = field(default_factory=Visits)

    def publish(self) -> None:
        """One article of its own in each feed, and a wire text that the first feed of every host has."""
        shared = self._number()
        firsts = list(self.shown)[::PER_HOST]
        for place, (url, entries) in enumerate(self.shown.items()):
            outlet = f"outlet{place}.example"
            entries.insert(0, write(self._number(), outlet))
            if url in firsts:
                entries.insert(0, write(shared, outlet))
            self._show(url)

    def _number(self) -> int:
        number = next(self.numbers)
        self.tokens.append(number)
        return number

    def _show(self, url: str) -> None:
        publisher, path = self._publisher_of(url)
        publisher.pages[path] = Page(write_rss(path[1:], self.shown[url]))

    def _publisher_of(self, url: str) -> tuple[Publisher, str]:
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        return next(one for one in self.publishers if one.url == base), parts.path

    def asked(self) -> dict[str, int]:
        """How often each feed was asked for so far."""
        counts = {}
        for url in self.shown:
            publisher, path = self._publisher_of(url)
            counts[url] = publisher.asked[path]
        return counts

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """The rows of a question to the database, whatever the workers do."""
        with self.server.connection(self.database) as connection:
            return list(connection.execute(sa.text(statement), values).all())

    def change(self, statement: str) -> None:
        """Change something in the database by hand, as soon as the workers let it: one of two may have to go back."""
        for left in reversed(range(TRIES)):
            try:
                with self.server.connection(self.database) as connection:
                    connection.exec_driver_sql(statement)
                return
            except sa.exc.OperationalError:  # a deadlock with a worker, which the server has ended
                if not left:
                    raise

    def wait_first_visits(self) -> None:
        """Block until every feed was read once, while it was empty; first visits would else be spread over minutes."""

        def count(condition: str) -> int:
            return int(self.rows(f"SELECT count(*) FROM feed WHERE {condition}")[0][0])

        self.fleet.wait_until(lambda: count("true") >= len(self.shown), "a row for every feed")
        self.change("UPDATE feed SET next_poll_at = now() WHERE last_poll_at IS NULL")
        self.fleet.wait_until(lambda: count("last_poll_at IS NULL") == 0, "a first visit to every feed")

    def wait_visited(self) -> None:
        """Block until every feed is asked for once more than now."""
        before = self.asked()
        self.fleet.wait_until(
            lambda: all(count > before[url] for url, count in self.asked().items()), "another visit to every feed"
        )

    def told_in_slack(self) -> dict[int, int]:
        """For each story, how many messages tell it."""
        posts = [str(post).lower() for post in self.slack.posts()]
        return {number: sum(token_of(number) in post for post in posts) for number in self.tokens}

    def told_by_hook(self) -> dict[int, int]:
        """For each story, how many messages tell it; the same message sent again is one, as its receiver knows it."""
        bodies = {one.identity: one.body.decode().lower() for one in list(self.hook.received)}
        return {number: sum(token_of(number) in body for body in bodies.values()) for number in self.tokens}

    def is_told(self) -> bool:
        """Whether everything published is told on both channels and settled."""
        return all(self.told_in_slack().values()) and all(self.told_by_hook().values()) and not self._owed()

    def wait_told(self) -> None:
        """Block until everything published is told on both channels and settled; then count."""
        try:
            self.fleet.wait_until(self.is_told, "everything told")
        except AssertionError as error:
            raise AssertionError(f"{self._missing()}\n{error}") from None
        self.look()

    def look(self) -> None:
        """Every entry is an article once; every story was told once on each channel; each feed kept its place."""
        urls = Counter(row.url for row in self.rows("SELECT url FROM article"))
        published = Counter(entry.link for entries in self.shown.values() for entry in entries)
        assert urls == published, f"lost {published - urls}, doubled {urls - published}"
        slack, hook = self.told_in_slack(), self.told_by_hook()
        assert {number: times for number, times in slack.items() if times != 1} == {}, str(self.fleet.journal)
        assert {number: times for number, times in hook.items() if times != 1} == {}, str(self.fleet.journal)
        stories = self.rows("SELECT count(DISTINCT story_id) FROM article")[0][0]
        assert stories == len(self.tokens), "a text that several feeds have is one story"

    def _owed(self) -> int:
        return int(self.rows("SELECT count(*) FROM delivery WHERE state <> 'sent'")[0][0])

    def _missing(self) -> str:
        def untold(told: dict[int, int]) -> list[int]:
            return [number for number, times in told.items() if not times]

        stored = {row.url for row in self.rows("SELECT url FROM article")}
        lost = [one.link for entries in self.shown.values() for one in entries if one.link not in stored]
        slack, hook = untold(self.told_in_slack()), untold(self.told_by_hook())
        return f"not stored: {lost}; not told in Slack: {slack}, by webhook: {hook}; owed: {self._owed()}"


@contextmanager
def a_town(
    server: OwnServer,
    database: str,
    folder: Path,
    settings: tuple[str, ...] = (),
    *,
    hosts: tuple[str, ...] = HOSTS,
    private: str = "127.21.0.0/16",
) -> Iterator[Town]:
    """Six feeds on three hosts, two channels, and no worker yet; the hosts are in the network `private`."""
    config = folder / "config"
    config.mkdir()
    with ExitStack() as stack:
        publishers = [stack.enter_context(serve_pages(host=host)) for host in hosts]
        slack, hook = stack.enter_context(serve_slack()), stack.enter_context(serve_receiver())
        shown: dict[str, list[Written]] = {
            f"{one.url}/feed{place}-{number}": [] for place, one in enumerate(publishers) for number in range(PER_HOST)
        }
        channels = desk(slack.url) + ROOM + archive(hook.url) + ROOM
        _configure(config, database, list(shown), channels, private)
        fleet = Fleet(folder, config, server.port, settings)
        stack.callback(fleet.end)
        town = Town(server, database, fleet, publishers, slack, hook, shown)
        for url in shown:
            town._show(url)
        for publisher in publishers:
            publisher.on_asked = partial(town.visits.note, publisher)
        yield town


def _configure(config: Path, database: str, urls: list[str], channels: str, private: str) -> None:
    """The three files. Where the database is, the environment says, so that each worker can have its own way there."""
    (config / "monitor.toml").write_text(
        f'[run]\nmode = "distributed"\n[database]\nurl = "postgresql://postgres@/{database}"\n'
        f'[polling]\nallow_private_hosts = ["127.0.0.0/8", "{private}"]\ninterval_min = "1s"\ninterval_max = "1s"\n'
        f'[web]\nlisten = "127.0.0.1:0"\n[operator]\ncanary = false\n{channels}\n',
        encoding="utf-8",
    )
    feeds = "".join(f'[[feeds]]\nname = "Feed {place}"\nurl = "{url}"\n' for place, url in enumerate(urls))
    (config / "feeds.toml").write_text(feeds, encoding="utf-8")
    topic = f'timezone = "UTC"\n{FERRIES}channels = ["desk", "archive"]\n'
    (config / "watchlist.toml").write_text(topic, encoding="utf-8")
