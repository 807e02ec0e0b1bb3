"""The canary goes the whole way, nobody sees it, and where it stops is said."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.app import App, build_app
from monitor.canary import EVERY_S, LATE_S, WORD, Canary
from monitor.config.load import load
from monitor.errors import FetchError, StorageError
from monitor.feeds.guard import Guard
from monitor.feeds.replay import serve_recorded
from monitor.model import ChannelName
from monitor.model.canary import CANARY_CHANNEL
from monitor.outbox.deliver import SendRules
from monitor.pipeline.digest import close_due
from monitor.status import read_status
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock

MONITOR = '[database]\nurl = "sqlite:///{}"\n[web]\nlisten = ""\n[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n'
WATCHLIST = f'[topics.t]\nname = "Ferries"\n[topics.all]\nname = "All"\nquery = "{WORD} OR ferr*"\nschedule = "now"\n'
FEEDS = '[[feeds]]\nname = "F"\nurl = "{}"\n'
EMPTY = b"<rss version='2.0'><channel><title>F</title><link>http://x.example/</link></channel></rss>"


class House:
    """An app with a canary, its steps taken by hand."""

    def __init__(self, app: App, clock: FakeClock) -> None:
        self.app, self.clock = app, clock
        self.loop = asyncio.Runner()
        app.keep_canary(True)
        assert app.canary is not None
        self.canary: Canary = app.canary

    def poll(self) -> None:
        """Visit every feed and take it in."""
        self.clock.forward(seconds=61)
        self.loop.run(self.app.poller.run_round())

    def deliver(self) -> None:
        """Close what is due and send it."""
        force = self.app.in_force
        close_due(self.app.store, force.digest, self.clock.now(), settled=True)
        self.app.sender.deliver_due(force.channels[CANARY_CHANNEL], SendRules())

    def look(self) -> list[str]:
        """What is said of it."""
        return [need.head for need in self.canary.look()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One feed, two topics, one of which asks for the canary's own word."""
    with serve_recorded({"/f.xml": EMPTY}) as replay:
        folder = tmp_path / "config"
        feeds = FEEDS.format(replay.url_of("/f.xml"))
        write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db"), feeds=feeds, watchlist=WATCHLIST)
        clock = FakeClock()
        app = build_app(load(folder, {}, load_lexicon()), clock, write=lambda _: None)
        made = House(app, clock)
        try:
            yield made
            made.loop.run(app.poller.drain(1))
            made.loop.run(app.close_network())
        finally:
            made.loop.close()
            app.close()


def test_it_goes_the_whole_way_and_leaves_nothing(house: House) -> None:
    """From its feed to its sink by the real parts, hour after hour, and no row of it is left."""
    house.poll()
    for hour in (1, 2):
        assert house.look() == []
        house.poll()
        house.deliver()
        assert house.look() == []
        assert house.canary.arrivals == hour
        with house.app.store.read() as tx:
            assert tx.articles.count() == 0
            assert tx.canary.stage() == "polled"
            assert tx.outbox.count_by_state() == {}
            assert tx.topics.heartbeats()["canary"].at == house.clock.now()
        house.clock.forward(seconds=EVERY_S)


def test_nobody_sees_it_on_its_way(house: House) -> None:
    """No list, no count and no topic of a person, not even one that asks for its word, shows it."""
    house.poll()
    house.look()
    house.poll()
    close_due(house.app.store, house.app.in_force.digest, house.clock.now(), settled=True)

    loaded = house.app.in_force.loaded
    status = read_status(house.app.store, loaded.watchlist.topics, loaded.settings.channels, house.clock.now())
    assert (status.feeds, status.waiting, status.needs) == (1, 0, ())
    assert [topic.waiting for topic in status.topics] == [0, 0]
    assert CANARY_CHANNEL not in house.app.in_force.peers.channels
    with house.app.store.read() as tx:
        assert tx.canary.stage() == "closed"
        assert [one.feed.name for one in tx.health.all()] == ["F"]
        assert tx.health.count_active() == 1
        assert tx.outbox.listed(everything=True) == []
        assert tx.outbox.channels_due(house.clock.now()) == [CANARY_CHANNEL]


@pytest.mark.parametrize(
    ("steps", "said"),
    [(0, "its feed was not visited"), (1, "no digest was closed"), (2, "its digest was closed, but not sent")],
)
def test_where_it_stopped_is_said_until_one_comes_through(house: House, steps: int, said: str) -> None:
    """After ten minutes, not before."""
    house.poll()
    house.look()
    if steps:
        house.poll()
    if steps == 2:
        close_due(house.app.store, house.app.in_force.digest, house.clock.now(), settled=True)
    house.clock.forward(seconds=LATE_S - 70)
    assert house.look() == []
    house.clock.forward(seconds=80)
    [head] = house.look()
    assert said in head
    house.clock.forward(seconds=EVERY_S)
    assert house.look() == [head], "the next one is on its way"
    house.poll()
    house.deliver()
    assert house.look() == []


def test_a_feed_that_is_never_read_is_said(house: House) -> None:
    """Before the first one is sent out at all."""
    house.clock.forward(seconds=LATE_S + 1)
    [head] = house.look()
    assert "not visited" in head


def test_switched_off_nothing_of_it_stays(house: House) -> None:
    """Its feed, topic and channel leave with it."""
    house.poll()
    house.look()
    house.app.keep_canary(False)
    with house.app.store.read() as tx:
        assert [str(state.key) for state in tx.topics.all()] == ["all", "t"]
    assert CANARY_CHANNEL not in house.app.in_force.channels
    assert ChannelName("console") in house.app.in_force.channels
    house.app.keep_canary(True)


def test_its_listener_alone_may_be_reached() -> None:
    """On this address and port, while it listens; nothing else of this machine, whatever a feed says."""
    guard = Guard()
    guard.allow_listener("127.0.0.1", 4711)
    assert asyncio.run(guard.find_addresses("127.0.0.1", 4711)) == ["127.0.0.1"]
    guard.allow_listener("127.0.0.1", 4713)
    guard.forget_listener("127.0.0.1", 4713)
    for host, port in (("127.0.0.1", 4712), ("127.0.0.1", 4713), ("localhost", 4711)):
        with pytest.raises(FetchError):
            asyncio.run(guard.find_addresses(host, port))
    guard.close()


def test_a_start_that_the_database_refuses_is_tried_again(house: House) -> None:
    """Else it would be missed for ever, though nothing was wrong by then."""
    house.app.keep_canary(False)
    with house.app.store.write() as tx:
        tx.connection.execute(sa.text("ALTER TABLE config_revision RENAME TO elsewhere"))
    with pytest.raises(StorageError):
        house.app.keep_canary(True)
    assert CANARY_CHANNEL not in house.app.in_force.channels

    with house.app.store.write() as tx:
        tx.connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO config_revision"))
    house.app.keep_canary(True)

    assert house.app.canary is not None
    assert CANARY_CHANNEL in house.app.in_force.channels
