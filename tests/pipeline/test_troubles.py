"""What alerts say of feeds: once a day all of it, in between only what is new."""

from datetime import timedelta

import sqlalchemy as sa

from monitor.digests.schedule import parse_schedule
from monitor.storage.store import Store
from monitor.storage.tables import FEED
from tests.fakes.clock import START
from tests.pipeline.given import a_topic, an_entry
from tests.pipeline.test_channel_rules import HOUR, MINUTE, a_newsroom, a_now_topic

NEVER = START + timedelta(days=99)


def break_feed(store: Store, number: int) -> None:
    """Its last visits failed."""
    with store.write() as tx:
        failing = sa.update(FEED).where(FEED.c.id == number)
        tx.connection.execute(
            failing.values(fail_count=9, outcome="failed", reason="timeout", failing_since=START, next_poll_at=NEVER)
        )


def test_alerts_say_troubles_once_a_day_and_new_ones_at_once(store: Store) -> None:
    """Four alerts: all, nothing, the new one, and on the next day all again."""
    room = a_newsroom(store, a_now_topic(schedule=parse_schedule("now", "UTC")), feeds=3)
    break_feed(store, 2)
    said = []
    for number, at in enumerate((HOUR, 2 * HOUR, 3 * HOUR, timedelta(days=1)), 1):
        if number == 3:
            break_feed(store, 3)
        room.read(an_entry(number), now=START + at)
        room.close(START + at + MINUTE)
        said.append(len(room.channel.kept[-1].troubles))

    assert len(room.channel.kept) == 4
    assert said == [1, 0, 1, 2]


def test_a_digest_of_a_slot_says_all_of_them(sqlite_store: Store) -> None:
    """Who reads once an hour has it whole each time."""
    room = a_newsroom(sqlite_store, a_topic(), feeds=2)
    break_feed(sqlite_store, 2)
    for number in (1, 2):
        room.read(an_entry(number), now=START + number * HOUR - MINUTE)
        room.close(START + number * HOUR)

    assert [len(digest.troubles) for digest in room.channel.kept] == [1, 1]
