"""Dates as publishers write them."""

from datetime import UTC, datetime

import pytest

from monitor.feeds.dates import possible, read_date


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02 10:00"),
        ("2026-03-02T10:00:00.250+05:30", "2026-03-02 04:30"),
        ("Mon, 02 Mar 2026 10:00:00 EST", "2026-03-02 15:00"),
        ("Mon, 02 Mar 2026 10:00:00 XYZ", "2026-03-02 10:00"),
        ("2 March 2026", "2026-03-02 00:00"),
        ("Montag, 2. März 2026 - 10:15 Uhr", "2026-03-02 10:15"),
        ("lun., 02 mars 2026 10:15:00 +0100", "2026-03-02 09:15"),
        ("1er août 2026", "2026-08-01 00:00"),
        ("lunes, 2 de febrero de 2026 10:15", "2026-02-02 10:15"),
        ("Qui, 05 Fev 2026 10:15:00 -0300", "2026-02-05 13:15"),
        ("2 dicembre 2026, 10:15 CET", "2026-12-02 09:15"),
    ],
)
def test_a_date_is_read_in_any_of_these_forms(text: str, wanted: str) -> None:
    """Standard forms, named zones, and the months of five languages, all as UTC."""
    found = read_date(text)
    assert found is not None
    assert found.replace(microsecond=0) == datetime.fromisoformat(f"{wanted}+00:00")


@pytest.mark.parametrize("text", ["", "soon", "yesterday at noon", "31 febrero 2026", "1" * 5000, "T" * 90])
def test_what_is_no_date_is_none(text: str) -> None:
    """Words, impossible days and long rows of signs are missing dates, at once."""
    assert read_date(text) is None


def test_a_time_without_a_day_is_missing() -> None:
    """Today's date is never filled in: what is read must not depend on when it is read."""
    assert possible(read_date("10:15"), None) is None


def test_impossible_dates_are_missing() -> None:
    """A default of year 1 or 1970, and news from the future, tell nothing about when something happened."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert possible(datetime(1, 1, 1, tzinfo=UTC), now) is None
    assert possible(datetime(1970, 1, 1, tzinfo=UTC), now) is None
    assert possible(datetime(2026, 3, 3, 13, tzinfo=UTC), now) is None
    assert possible(datetime(2026, 3, 3, 11, tzinfo=UTC), now) is not None
    assert possible(datetime(2030, 1, 1, tzinfo=UTC), None) is not None
