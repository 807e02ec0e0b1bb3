"""`monitor run` in a process of its own: it polls, tells, takes edits over, answers, and stops without losing anything.

Most tests share one daemon, as a day's work does: each publishes articles of its own and leaves the configuration as
it found it, so that their order does not matter.
"""

import http.client
import itertools
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from monitor.feeds.replay import Replay, serve_recorded
from monitor.health import STALE_S
from tests.acceptance.given import CONSOLE, FERRIES, desk
from tests.acceptance.news import invent, token_of, write_rss
from tests.acceptance.program import Daemon, Place
from tests.acceptance.publisher import Page, serve_pages
from tests.fakes.slack import FakeSlack, Fault, serve_slack

BOTH = 'channels = ["console", "desk"]\n'
TOPICS = FERRIES + BOTH


@dataclass
class Newsroom:
    """A running daemon with one feed, and what stands around it."""

    place: Place
    daemon: Daemon
    replay: Replay
    slack: FakeSlack
    published: list[tuple[int, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    marks: dict[int, int] = field(default_factory=dict)

    def publish(self, about: str = "hydrofoil") -> int:
        """Put a new article at the top of the feed; its number."""
        number = next(self.numbers)
        self.published.insert(0, (number, about))
        self.marks[number] = self.daemon.log.mark
        self.replay.replace("/wire.xml", write_rss("Wire", [invent(n, words) for n, words in self.published]))
        return number

    def wait_stored(self, number: int) -> str:
        """Block until the article is kept; what the log says of it."""
        return self.daemon.log.wait("batch.ingested", since=self.marks[number])

    def wait_told(self, number: int) -> None:
        """Block until the article stands on the console and in Slack."""
        self.daemon.out.wait(token_of(number))
        self.daemon.log.wait("delivery.sent", "channel=desk", since=self.marks[number])

    def restore(self) -> None:
        """Put the watchlist back, and wait until it counts."""
        mark = self.daemon.log.mark
        self.place.write("watchlist.toml", TOPICS)
        self.daemon.signal(signal.SIGHUP)
        self.daemon.log.wait("config.reloaded", since=mark)

    def posts_of(self, number: int) -> int:
        """How many messages in Slack tell the article."""
        return sum(token_of(number) in str(post).lower() for post in self.slack.posts())

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the daemon's own page."""
        address = urlsplit(self.daemon.log.wait("web.opened").split("address=")[1]).netloc
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A daemon whose feed was read before, so that what comes is news."""
    place = Place(Path(tmp_path_factory.mktemp("newsroom")))
    with ExitStack() as stack:
        replay = stack.enter_context(serve_recorded({"/wire.xml": write_rss("Wire", [invent(0)])}))
        slack = stack.enter_context(serve_slack())
        feeds = {"Wire": replay.url_of("/wire.xml")}
        place.configure(feeds, TOPICS, channels=desk(slack.url), listen="127.0.0.1:0")
        assert place.once().code == 0
        daemon = stack.enter_context(place.daemon(is_loaded=False))
        yield Newsroom(place, daemon, replay, slack, [(0, "")])


def test_news_is_told_once_on_every_channel(newsroom: Newsroom) -> None:
    """The whole way, with nobody looking: polled, matched, told on the console and in Slack."""
    number = newsroom.publish()
    newsroom.wait_told(number)
    later = newsroom.publish()
    newsroom.wait_told(later)

    assert newsroom.posts_of(number) == newsroom.posts_of(later) == 1


def test_a_second_process_on_the_same_database_is_refused(newsroom: Newsroom) -> None:
    """Two daemons would tell everything twice; the second says who has the database, and changes nothing."""
    done = newsroom.place.run("run")

    assert done.code == 1
    assert f"process {newsroom.daemon.process.pid}" in done.err
    assert str(newsroom.place.database) in done.err
    assert newsroom.daemon.is_running


def test_an_edited_watchlist_counts_without_a_restart(newsroom: Newsroom) -> None:
    """Saving the file is all there is to it; what the new topic would have found before is not told."""
    before = newsroom.publish("gyroscope")
    newsroom.wait_stored(before)
    mark = newsroom.daemon.log.mark
    try:
        new = FERRIES.replace("erries", "lights").replace("hydrofoil", "gyroscope")
        newsroom.place.write("watchlist.toml", TOPICS + new + BOTH)
        assert "1 topic added (flights)" in newsroom.daemon.log.wait("config.reloaded", since=mark)
        number = newsroom.publish("gyroscope")
        newsroom.wait_told(number)
    finally:
        newsroom.restore()

    assert (newsroom.posts_of(before), newsroom.posts_of(number)) == (0, 1)


def test_a_mark_counts_without_a_restart(newsroom: Newsroom) -> None:
    """What two useful articles share moves the score of the next one that holds it."""
    useful = [newsroom.publish("hydrofoil peridot") for _ in range(2)]
    for number in useful:
        newsroom.wait_told(number)
    mark = newsroom.daemon.log.mark
    for number in useful:
        done = newsroom.place.run("mark", "useful", invent(number).link, "ferries")
        assert (done.code, done.err) == (0, "")
    newsroom.daemon.log.wait("marks.learned", "topics=1", since=mark)
    number = newsroom.publish("hydrofoil peridot")
    newsroom.wait_told(number)
    (record,) = newsroom.place.run("explain", invent(number).link, "--json").records
    try:
        assert "peridot" in {word["word"] for word in record["matches"][0]["learned"]}
    finally:
        for one in useful:
            newsroom.place.run("mark", "lift", invent(one).link, "ferries")


def test_a_bad_edit_leaves_the_old_watchlist_in_force(newsroom: Newsroom) -> None:
    """A slip of the pen costs no news: the fault is said with its line, on the page too, and the old topics go on."""
    mark = newsroom.daemon.log.mark
    try:
        newsroom.place.write("watchlist.toml", TOPICS + 'shedule = "now"\n')
        line = newsroom.daemon.log.wait("config.rejected", since=mark)
        number = newsroom.publish()
        stored = newsroom.wait_stored(number)
        _, page = newsroom.get("/")
    finally:
        newsroom.restore()
    newsroom.wait_told(number)  # or the next test would take this telling for its own

    assert "watchlist.toml:7:" in line
    assert "schedule" in line
    assert "matches=1" in stored
    assert "watchlist.toml:7:" in page
    assert "watchlist.toml:7:" not in newsroom.get("/")[1]


def test_sighup_reads_the_files_again(newsroom: Newsroom) -> None:
    """Who is used to it gets an answer, also when nothing changed."""
    mark = newsroom.daemon.log.mark
    newsroom.daemon.signal(signal.SIGHUP)

    assert "nothing changed" in newsroom.daemon.log.wait("config.reloaded", since=mark)
    assert newsroom.daemon.is_running


def test_a_renamed_topic_tells_nothing_again(newsroom: Newsroom) -> None:
    """Neither another name nor another key makes old news new."""
    number = newsroom.publish()
    newsroom.wait_told(number)
    mark = newsroom.daemon.log.mark
    try:
        renamed = TOPICS.replace("topics.ferries", "topics.boats").replace("Ferries", "Fast boats")
        newsroom.place.write("watchlist.toml", renamed)
        newsroom.daemon.log.wait("1 topic renamed (ferries to boats)", since=mark)
        later = newsroom.publish()
        newsroom.wait_told(later)
    finally:
        newsroom.restore()

    assert newsroom.posts_of(number) == newsroom.posts_of(later) == 1


def test_the_page_and_the_health_check_answer(newsroom: Newsroom) -> None:
    """A person sees how things stand; whoever restarts us is told of a daemon that hangs."""
    heartbeat = newsroom.place.database.with_name("monitor.db.heartbeat")
    status, page = newsroom.get("/")
    healthy, _ = newsroom.get("/healthz")
    answers = []
    for _ in range(3):  # a beat may come between the two lines
        stale = heartbeat.stat().st_mtime - STALE_S - 30
        os.utime(heartbeat, (stale, stale))
        answers.append(newsroom.get("/healthz")[0])

    assert status == 200
    assert "Ferries" in page
    assert healthy == 200
    assert 503 in answers


def test_a_stop_waits_for_what_is_under_way(place: Place) -> None:
    """SIGTERM while a feed is being read and a message is being sent: both are finished and written down."""
    topics = FERRIES + 'channels = ["desk"]\n'
    with serve_pages({"/wire.xml": Page(write_rss("Wire", [invent(1)]))}) as wire, serve_slack() as slack:
        place.configure({"Wire": f"{wire.url}/wire.xml"}, topics, channels=desk(slack.url))
        place.once()
        slack.fail("chat.postMessage", Fault("late"))
        wire.pages["/wire.xml"] = Page(write_rss("Wire", [invent(2, "hydrofoil"), invent(1)]))
        with place.daemon() as daemon:
            assert slack.hanging.wait(30)
            wire.hold()
            wire.pages["/wire.xml"] = Page(write_rss("Wire", [invent(3, "hydrofoil"), invent(2, "hydrofoil")]))
            wire.wait_asked("/wire.xml", wire.asked["/wire.xml"] + 1)
            daemon.signal(signal.SIGTERM)
            daemon.log.wait("daemon.draining")
            wire.let_go()
            slack.release.set()
            code = daemon.wait_end()

    assert code == 0
    assert "daemon.stopped" in daemon.log.since()[-1]
    with place.store() as store, store.read() as tx:
        states = [item.delivery.state.value for item in tx.outbox.listed(everything=True)]
        urls = sorted(tx.connection.execute(sa.text("SELECT url FROM article")).scalars())
        leases = tx.connection.execute(sa.text("SELECT count(*) FROM feed WHERE lease_owner IS NOT NULL")).scalar()
    assert states == ["sent"]
    assert urls == [f"https://wire.example/{number}" for number in (1, 2, 3)]
    assert leases == 0


def test_a_port_in_use_costs_the_page_and_nothing_else(place: Place) -> None:
    """News matters more than its status page."""
    with serve_recorded({"/wire.xml": write_rss("Wire", [invent(1)])}) as replay, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        place.configure({"Wire": replay.url_of("/wire.xml")}, FERRIES + CONSOLE, listen=listen)
        place.once()
        replay.replace("/wire.xml", write_rss("Wire", [invent(2), invent(1)]))
        with place.daemon() as daemon:
            refused = daemon.log.wait("web.refused")
            daemon.log.wait("feed.polled", "outcome=new")
            code = daemon.stop()

    assert listen in refused
    assert "hint=" in refused
    assert code == 0
