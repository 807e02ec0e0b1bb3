"""The hours and days on which a feed asks not to be visited."""

from datetime import UTC, datetime

import pytest

from monitor.feeds.hints import after_skip_times, read_skip_times
from monitor.feeds.parse import parse_feed

SATURDAY = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def skipping(inner: str) -> bytes:
    """A feed that asks for something."""
    return f'<rss version="2.0"><channel><title>t</title>{inner}<item><guid>1</guid></item></channel></rss>'.encode()


@pytest.mark.parametrize(
    ("inner", "packed"),
    [
        ("", ""),
        ("<skipHours><hour>2</hour><hour> 24 </hour><hour>1</hour></skipHours>", "0,1,2;"),
        ("<skipDays><day>Sunday</day><day>saturday</day></skipDays>", ";sat,sun"),
        ("<skipHours><hour>5</hour></skipHours><skipDays><day>Mon</day></skipDays>", "5;mon"),
        ("<skipHours><hour>25</hour><hour>-1</hour><hour>x</hour></skipHours>", ""),
        ("<skipDays><day>Someday</day></skipDays>", ""),
        ("<skipHours>" + "".join(f"<hour>{n}</hour>" for n in range(24)) + "</skipHours>", ""),
    ],
)
def test_what_a_feed_asks_for_is_read_whichever_parser_reads_it(inner: str, packed: str) -> None:
    """Hour 24 is midnight; what makes no sense, or forbids everything, asks for nothing."""
    assert read_skip_times(skipping(inner)) == packed
    assert parse_feed(skipping(inner)).skip_times == packed


@pytest.mark.parametrize(
    ("packed", "hour", "day"),
    [
        ("", 9, 14),
        ("10;", 9, 14),
        ("9,10;", 11, 14),
        (";sat", 0, 15),
        (";sat,sun", 9, 15),  # a day at most
        ("nonsense;whenever", 9, 14),
    ],
)
def test_a_visit_waits_for_the_end_of_the_hours_off(packed: str, hour: int, day: int) -> None:
    """Whole hours of UTC, and never more than a day."""
    at = after_skip_times(SATURDAY, packed)
    assert (at.hour, at.day) == (hour, day)
