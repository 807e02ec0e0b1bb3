"""What needs a person is found from the few feeds that are not well as it is from all."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from monitor.model import FeedSpec
from monitor.needs import find_needs
from monitor.storage.store import Store
from monitor.storage.tables import FEED

NOW = datetime(2026, 3, 14, 9, 15, tzinfo=UTC)
OLD = NOW - timedelta(days=30)
WELL = {"last_poll_at": NOW, "outcome": "unchanged"}
FAILING = {"last_poll_at": NOW, "outcome": "failed", "failing_since": OLD, "error": "404", "status": 404}
GONE = {"last_poll_at": NOW, "outcome": "gone"}
HELD = {**WELL, "quarantine": "it seems to be another feed"}
DOUBLE = {**WELL, "same_as": 1}
RESTS = {**WELL, "active": False}


@pytest.mark.parametrize(
    "states",
    [
        [],
        [{}],
        [WELL, WELL],
        [FAILING, FAILING],
        [FAILING, WELL, {}],
        [FAILING, GONE, {}],
        [RESTS],
        [RESTS, FAILING],
        [WELL, DOUBLE, HELD],
        [RESTS, DOUBLE, GONE, WELL],
    ],
)
def test_the_same_needs_follow(store: Store, states: list[dict[str, object]]) -> None:
    """Whatever states feeds are in."""
    with store.write() as tx:
        specs = [FeedSpec(f"Feed {number}", f"https://f{number}.example/") for number in range(len(states))]
        tx.feeds.sync(specs, OLD, spread_s=0)
        for number, state in enumerate(states):
            if state:
                change = sa.update(FEED).where(FEED.c.name == f"Feed {number}")
                tx.connection.execute(change.values(**state))
    with store.read() as tx:
        health, few = tx.health.all(), tx.health.needing()
        found = [find_needs(tx, some, (), NOW, beat_at=NOW) for some in (health, few)]
    assert found[0] == found[1]
    assert len(few) <= len(health)
