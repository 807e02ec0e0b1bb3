"""One day, played to whatever runs the work: what its publishers show, and what was stored and told of it in the end.

It goes in steps. At each the publishers show something else, their feeds are made due, and nothing more is shown before
all of it was visited, stored and told. So where one feed is visited at a time, the order is the same for everybody.

Effects: network (loopback), database.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from monitor.storage.tables import TOPIC
from tests.acceptance.given import archive, desk
from tests.acceptance.news import Written, token_of, write_rss
from tests.acceptance.publisher import Page, Publisher, serve_pages
from tests.distributed.town import ROOM, write
from tests.fakes.slack import FakeSlack, serve_slack
from tests.fakes.webhook import FakeReceiver, serve_receiver

HOSTS = ("127.22.0.1", "127.22.0.2", "127.22.0.3")
FEEDS = 5
WAIT_S = 60.0
LOOK_S = 0.5
"""What is written to the database may show a moment after its line in the log."""


class Said(Protocol):
    """The log of whoever is at work."""

    @property
    def mark(self) -> int:
        """How many lines there are."""

    def await_more(self, mark: int, at_most_s: float) -> None:
        """Return with the next line after a mark, or when that time is over."""


TOPICS = """
[topics.ferries]
name = "Ferries"
query = "hydrofoil"
schedule = "now"
settle = "0s"
channels = ["desk", "archive"]

[topics.ports]
name = "Ports"
query = "hydrofoil OR harbour"
schedule = "daily 23:59"
breaking = false
channels = ["archive"]
"""
HEADLINE = "Harbour pilots strike as hydrofoil talks collapse"
AGENCY = (
    "Harbour pilots stopped work on Tuesday after talks on the crews of the hydrofoil line collapsed, a union official "
    "said. More than forty ships wait outside the breakwater, and the port authority has asked a mediator from the "
    "capital to bring both sides together before the weekend. The pilots want two men on every bridge at night."
)
OWN = (
    "Talks on hydrofoil crews collapsed overnight and the harbour pilots walked out, leaving some forty ships "
    "at anchor. Our reporter saw pickets at both gates. A mediator is expected from the capital, the port "
    "authority says, and captains fear that fruit in the holds will rot if pilots stay away beyond the weekend."
)
MUSEUM = (
    "Nets, lamps and the log of a whaler are shown in the warehouse at the old harbour, which was restored in a year."
)


@dataclass(frozen=True)
class Outcome:
    """What is the same whoever did the work, each part by names that say nothing of the order."""

    stories: set[frozenset[tuple[str, str]]]
    """Each with the titles and addresses of its articles."""
    relations: Counter[str]
    matches: set[tuple[str, str, float]]
    """Topic, address of the article, score."""
    told: set[tuple[str, str, frozenset[str], int]]
    """Channel, topic, addresses of the story, which telling."""
    slack: dict[str, int]
    """How many messages name each story."""
    hook: dict[str, int]
    feeds: list[tuple[str, str, str]]
    """Name, outcome and reason of each feed's last visit."""
    in_order: list[tuple[Any, ...]]
    """The articles of the steps with one feed at a time: ids, stories, relations and evidence."""


@dataclass
class Day:
    """The publishers, the channels and the database of one play."""

    store: Store
    publishers: Sequence[Publisher]
    slack: FakeSlack
    hook: FakeReceiver
    shown: list[list[Written]] = field(default_factory=lambda: [[] for _ in range(FEEDS)])
    tokens: list[str] = field(default_factory=list)
    fails: Callable[[], str] = str
    """What to say where something never comes."""
    said: Said | None = None
    """The log of whoever is at work, once it is."""

    def url(self, number: int) -> str:
        """Where a feed is."""
        return f"{self.publishers[number % len(self.publishers)].url}/feed{number}"

    def add(self, number: int, *entries: Written) -> None:
        """New entries at the top of a feed."""
        self.shown[number][:0] = entries

    def story(self, number: int, *outlets: int) -> None:
        """A story of its own, in the same words at each of these outlets."""
        self.tokens.append(token_of(number))
        for outlet in outlets:
            self.add(outlet, write(number, f"outlet{outlet}.example"))

    def step(self, *numbers: int, page: Page | None = None) -> None:
        """Have these feeds visited as they are now, and all that comes of it done; with a page, that is answered."""
        for number in numbers:
            publisher = self.publishers[number % len(self.publishers)]
            publisher.pages[f"/feed{number}"] = page or Page(write_rss(f"Outlet {number}", self.shown[number]))
        urls = [self.url(number) for number in numbers]
        before = self._visits(urls)
        with self.store.write() as tx:
            assert tx.feeds.hurry(urls, datetime.now(UTC) - timedelta(seconds=5)) == len(urls)
        self.wait(lambda: all(at != before[url] for url, at in self._visits(urls).items()), "a visit to each")
        self.wait(self._is_done, "all stored and told")

    def close_ports(self) -> None:
        """The hour of the topic on a schedule has come."""
        due = "SELECT next_due_at FROM topic WHERE key = 'ports'"
        before = self.rows(due)
        with self.store.write() as tx:
            at = datetime.now(UTC) - timedelta(minutes=1)
            tx.connection.execute(sa.update(TOPIC).where(TOPIC.c.key == "ports").values(next_due_at=at))
        changed = self.rows(due)
        assert changed != before
        self.wait(lambda: self.rows(due) != changed, "a digest")
        self.wait(self._is_done, "the digest told")

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Look until it is so, each time that somebody wrote a line of the log."""
        assert self.said is not None, "somebody is at work"
        until = time.monotonic() + WAIT_S
        mark = self.said.mark
        while not is_so():
            assert time.monotonic() < until, f"never came: {what}\n{self.fails()}"
            self.said.await_more(mark, LOOK_S)
            mark = self.said.mark

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """The rows of a question, or none of a change."""
        with self.store.write() as tx:
            found = tx.connection.execute(sa.text(statement), values)
            return list(found.all()) if found.returns_rows else []

    def wait_known(self) -> None:
        """Block until there is a row for every feed."""
        self.wait(lambda: self.rows("SELECT count(*) FROM feed")[0][0] == FEEDS, "a row for every feed")

    def _visits(self, urls: Sequence[str]) -> dict[str, Any]:
        return {row.url: row.last_poll_at for row in self.rows("SELECT url, last_poll_at FROM feed") if row.url in urls}

    def _is_done(self) -> bool:
        owed = (
            "SELECT (SELECT count(*) FROM feed WHERE lease_owner IS NOT NULL) + (SELECT count(*) FROM handed)"
            " + (SELECT count(*) FROM match WHERE topic = 'ferries' AND digest_id IS NULL AND NOT silent"
            " AND story_id NOT IN (SELECT story_id FROM sent_log WHERE topic = 'ferries'))"
            " + (SELECT count(*) FROM delivery WHERE state <> 'sent')"
        )
        return bool(self.rows(owed)[0][0] == 0)

    def outcome(self, in_order: int) -> Outcome:
        """What came of it; the first so many articles are compared with their ids."""
        articles = self.rows(
            "SELECT id, title, url, story_id, relation, copy_of, text_id, quiet, evidence FROM article ORDER BY id"
        )
        stories: dict[int, set[tuple[str, str]]] = {}
        for row in articles:
            stories.setdefault(row.story_id, set()).add((row.title, row.url))
        urls = {row.id: row.url for row in articles}
        told = self.rows("SELECT channel, topic, story_id, telling FROM sent_log")
        bodies = {one.identity: one.body.decode().lower() for one in self.hook.received}
        posts = [str(post).lower() for post in self.slack.posts()]
        return Outcome(
            stories={frozenset(story) for story in stories.values()},
            relations=Counter(row.relation for row in articles),
            matches={
                (row.topic, urls[row.article_id], round(row.score, 6))
                for row in self.rows("SELECT topic, article_id, score FROM match")
            },
            told={(t.channel, t.topic, frozenset(url for _, url in stories[t.story_id]), t.telling) for t in told},
            slack={token: sum(token in post for post in posts) for token in self.tokens},
            hook={token: sum(token in body for body in bodies.values()) for token in self.tokens},
            feeds=sorted((row.name, row.outcome, row.reason) for row in self.rows("SELECT * FROM feed")),
            in_order=[tuple(row) for row in articles[:in_order]],
        )


def play(day: Day) -> Outcome:
    """The day, from the first reading of each feed to the evening's digest."""
    day.wait_known()
    for number in range(FEEDS):
        day.story(number + 1, number)
        day.step(number)  # the baseline: kept and not told
    _one_at_a_time(day)
    in_order = int(day.rows("SELECT count(*) FROM article")[0][0])
    _all_at_once(day)
    day.close_ports()
    return day.outcome(in_order)


def _one_at_a_time(day: Day) -> None:
    """A text of an agency at three outlets, a report of one's own at another, a correction."""
    for outlet in range(3):
        day.add(outlet, Written(HEADLINE, f"{AGENCY} (Agency)", f"https://outlet{outlet}.example/strike"))
        day.step(outlet)
    day.add(
        3, Written("Harbour pilots walk out after hydrofoil talks collapse", OWN, "https://outlet3.example/walk-out")
    )
    day.step(3)
    day.shown[0][0] = replace(day.shown[0][0], title="CORRECTED: " + HEADLINE.replace("collapse", "are adjourned"))
    day.step(0)


def _all_at_once(day: Day) -> None:
    """News in every feed and one text in three of them; then a feed that is renumbered, one that is gone, more news."""
    for number in range(FEEDS):
        day.story(20 + number, number)
    day.story(30, 0, 2, 4)
    day.add(1, Written("Museum of the old harbour opens its doors", MUSEUM, "https://outlet1.example/museum"))
    day.step(*range(FEEDS))
    day.shown[2] = [replace(entry, link=f"{entry.link}?v=2") for entry in day.shown[2]]
    day.step(2)
    day.step(4, page=Page(b"", 410))
    for number in range(FEEDS - 1):
        day.story(40 + number, number)
    day.shown[1][-1] = replace(day.shown[1][-1], text=day.shown[1][-1].text + " A line was added.")
    day.step(*range(FEEDS - 1))


@contextmanager
def a_day(folder: Path, database: str, mode: str) -> Iterator[Day]:
    """The publishers and channels of one play, and its configuration in `folder`; `database` has its schema."""
    config = folder / "config"
    config.mkdir()
    with ExitStack() as stack:
        publishers = [stack.enter_context(serve_pages(host=host)) for host in HOSTS]
        slack, hook = stack.enter_context(serve_slack()), stack.enter_context(serve_receiver())
        store = Store(open_engine(database))
        stack.callback(store.close)
        day = Day(store, publishers, slack, hook)
        channels = desk(slack.url) + ROOM + archive(hook.url) + ROOM
        (config / "monitor.toml").write_text(
            f'[run]\nmode = "{mode}"\n[database]\nurl = "{database}"\n'
            '[polling]\nallow_private_hosts = ["127.0.0.0/8"]\ninterval_min = "6h"\ninterval_max = "6h"\n'
            f'[web]\nlisten = ""\n[operator]\ncanary = false\n{channels}\n',
            encoding="utf-8",
        )
        feeds = "".join(f'[[feeds]]\nname = "Outlet {n}"\nurl = "{day.url(n)}"\n' for n in range(FEEDS))
        (config / "feeds.toml").write_text(feeds, encoding="utf-8")
        (config / "watchlist.toml").write_text(f'timezone = "UTC"\n{TOPICS}', encoding="utf-8")
        yield day
