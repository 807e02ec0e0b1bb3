"""A channel's most messages in an hour."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.storm import HOUR, room_at

AT = datetime(2026, 3, 14, 8, tzinfo=UTC)


def test_there_is_room_until_the_hour_is_full() -> None:
    """The one too many waits until the oldest of the hour is an hour old."""
    times = [AT - timedelta(minutes=minutes) for minutes in (90, 50, 20, 0)]
    assert room_at(times, AT, 4) == AT
    assert room_at(times, AT, 3) == AT + timedelta(minutes=10)
    assert room_at(times, AT, 1) == AT + HOUR


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60), st.integers(1, 8))
def test_no_hour_ever_holds_more(minutes: list[int], most: int) -> None:
    """Whenever messages want to go: sent when there is room, no hour sees more than the most."""
    sent: list[datetime] = []
    for wish in sorted(minutes):
        at = AT + timedelta(minutes=wish)
        at = max([at, *sent[-1:]])
        while (room := room_at(sent, at, most)) > at:
            at = room
        sent.append(at)
    assert all(later - first >= HOUR for first, later in zip(sent, sent[most:], strict=False))
