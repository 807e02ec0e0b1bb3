"""Times on a screen: in the watchlist's zone, whatever state its file is in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.cli.moments import say_time, say_within, show_times_of
from monitor.views.moments import Moments
from tests.cli.newsroom import Newsroom

AT = datetime(2026, 3, 14, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('timezone = "Europe/Berlin"\n', "14 Mar 09:05"),
        ("# of the desk\n  timezone='Asia/Tokyo' # ours\n[topics.a\n", "14 Mar 17:05"),
        ('\ufefftimezone = "Europe/Berlin"', "14 Mar 09:05"),
        ('timezone = "Nowhere/Atall"', "14 Mar 08:05"),
        ('timezone = "../../etc/passwd"', "14 Mar 08:05"),
        ("", "14 Mar 08:05"),
    ],
)
def test_the_zone_is_the_files_even_where_it_is_faulty(tmp_path: Path, text: str, shown: str) -> None:
    """A screen that tells of a fault shows its times as on any other day."""
    (tmp_path / "watchlist.toml").write_text(text, "utf-8")
    show_times_of(tmp_path, AT)
    assert say_time(AT) == shown
    assert say_within("until 2026-03-14 08:05 UTC.") == f"until {shown}."
    show_times_of(tmp_path / "none", AT)
    assert (say_time(AT), say_time(None)) == ("14 Mar 08:05", "never")


def test_a_time_far_away_has_its_year() -> None:
    """`14 Mar` of last year is not taken for this one."""
    moments = Moments(ZoneInfo("UTC"), AT)
    assert moments.say(AT.replace(year=2025)) == "14 Mar 2025 08:05"
    assert moments.say(AT.replace(month=12)) == "14 Dec 08:05"


def test_the_end_of_a_mute_is_meant_in_the_watchlists_time(newsroom: Newsroom) -> None:
    """As a person writes it, without a zone."""
    newsroom.configure(watchlist='timezone = "Asia/Tokyo"\n[topics.hostages]\nname = "Hostages"\n')
    newsroom.read_first()
    wanted = f"{newsroom.now.astimezone(ZoneInfo('Asia/Tokyo')) + timedelta(days=1):%Y-%m-%d} 08:00"
    shown = newsroom.run("mute", "topic", "hostages", "--until", wanted)
    assert shown.code == 0, shown.err
    [record] = newsroom.run("mute", "list", "--json").records
    assert str(record["until"]).endswith("T23:00:00Z")
