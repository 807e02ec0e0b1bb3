"""Asking Slack ends well before the lease does."""

import pytest
from msgspec.structs import replace

from monitor.channels.slack import SlackChannel
from monitor.errors import ChannelError, SendOutcome
from monitor.model import ChannelName
from monitor.storage.store import Store
from tests.fakes.clock import FakeClock
from tests.storage.given import a_delivery


def test_a_slow_search_ends_as_unknown(sqlite_store: Store) -> None:
    """However many pages there are, the whole search has one bound, and its end proves nothing."""
    clock, times = FakeClock(), iter([0.0, 61.0])
    with sqlite_store.write() as tx:
        tx.outbox.add([a_delivery(1, digest_id=1)], clock.now(), due_at=clock.now())
        [claimed] = tx.outbox.claim(clock.now(), owner="me", channel=ChannelName("desk"))
    delivery = replace(claimed, payload='{"metadata":{}}')
    channel = SlackChannel("desk", "C1", "xoxb-1", "http://127.0.0.1:9/", elapsed=lambda: next(times))

    with pytest.raises(ChannelError) as caught:
        channel.find(delivery)

    assert (caught.value.reason, caught.value.outcome) == ("find_too_slow", SendOutcome.UNKNOWN)
