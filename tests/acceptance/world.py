"""Two feeds that grow, a Slack, and a daemon that is killed, blocked and started again in between."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.acceptance.given import FERRIES, desk
from tests.acceptance.news import invent, token_of, write_rss
from tests.acceptance.program import Place
from tests.acceptance.publisher import Page, Publisher, serve_pages
from tests.fakes.slack import FakeSlack, serve_slack

FEEDS = ("wire", "gazette")


@dataclass
class World:
    """Two feeds that grow, a Slack, and the place the daemon works in."""

    place: Place
    wire: Publisher
    slack: FakeSlack
    published: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in FEEDS})
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def publish(self) -> None:
        """One new article in each feed."""
        for name in FEEDS:
            self.published[name].insert(0, next(self.numbers))
            entries = [invent(number, "hydrofoil", outlet=f"{name}.example") for number in self.published[name]]
            self.wire.pages[f"/{name}"] = Page(write_rss(name, entries))

    def let_time_pass(self) -> None:
        """What two hours would do: every lease has run out, every feed and every retry is due."""
        past = datetime.now(UTC) - timedelta(hours=2)
        with self.place.store() as store, store.write() as tx:
            for statement in (
                "UPDATE feed SET lease_until = :past WHERE lease_until IS NOT NULL",
                "UPDATE feed SET next_poll_at = :past",
                "UPDATE delivery SET lease_until = :past WHERE lease_until IS NOT NULL",
                "UPDATE delivery SET next_attempt_at = :past WHERE state = 'pending'",
            ):
                at = sa.bindparam("past", past, type_=sa.DateTime())
                tx.connection.execute(sa.text(statement).bindparams(at))

    def urls(self) -> list[str]:
        """The address of every article kept, sorted."""
        with self.place.store() as store, store.read() as tx:
            return sorted(tx.connection.execute(sa.text("SELECT url FROM article")).scalars())

    def outbox(self) -> list[str]:
        """The state of every delivery."""
        with self.place.store() as store, store.read() as tx:
            return [item.delivery.state.value for item in tx.outbox.listed(everything=True)]

    def times_told(self) -> dict[int, int]:
        """For every article published, how many messages in Slack tell it."""
        posts = [str(post).lower() for post in self.slack.posts()]
        every = sorted(number for numbers in self.published.values() for number in numbers)
        return {number: sum(token_of(number) in post for post in posts) for number in every}


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """Both feeds read once while they were empty, so that all that comes is news."""
    with ExitStack() as stack:
        wire = stack.enter_context(serve_pages({f"/{name}": Page(write_rss(name, [])) for name in FEEDS}))
        slack = stack.enter_context(serve_slack())
        place = Place(folder)
        feeds = {name: f"{wire.url}/{name}" for name in FEEDS}
        place.configure(feeds, FERRIES + 'channels = ["desk"]\n', channels=desk(slack.url))
        assert place.once().code == 0
        yield World(place, wire, slack)


def finish(world: World) -> None:
    """Run cycles until one of them has nothing to do, then look at what came of everything published."""
    for _ in range(4):
        done = world.place.once()
        assert done.code == 0, done.out + done.err
        if not done.deliveries and all(visit["new"] == 0 for visit in done.visits.values()):
            break
        world.let_time_pass()
    else:
        raise AssertionError("it never came to rest")

    published = [f"https://{name}.example/{number}" for name, numbers in world.published.items() for number in numbers]
    assert world.urls() == sorted(published)
    assert set(world.outbox()) == {"sent"}
    told = world.times_told()
    assert told == dict.fromkeys(told, 1)
