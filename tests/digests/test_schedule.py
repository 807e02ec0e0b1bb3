"""Local slots: reading schedules, the odd days of the year, outages, quiet hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.schedule import (
    due_slot,
    held_until,
    next_slot_at,
    now_due_at,
    parse_duration,
    parse_quiet_hours,
    parse_schedule,
    slot_label,
)
from monitor.errors import ConfigError
from monitor.model import DigestKind, Schedule

BERLIN = "Europe/Berlin"
ANY_TIME_OF_2026 = st.timedeltas(timedelta(0), timedelta(days=365)).map(lambda d: datetime(2026, 1, 1, tzinfo=UTC) + d)


def utc(text: str) -> datetime:
    """A UTC time out of `2026-03-14 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(schedule: Schedule, after: str, count: int) -> list[tuple[str, str]]:
    """The next slots as (UTC time, label without its zone)."""
    found, at = [], utc(after)
    for _ in range(count):
        at = next_slot_at(schedule, at)
        found.append((f"{at:%m-%d %H:%M}", slot_label(schedule, at).removesuffix(f" {schedule.timezone}")))
    return found


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3_600), ("2d", 172_800), ("0s", 0), (" 5 M ", 300)]
)
def test_durations_are_read(text: str, seconds: int) -> None:
    """A duration means the same wherever it stands in a file."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "1.5h", "5 minutes", "1h30m", "٥m", "99999999999s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A number without a unit, or a unit nobody defined, is never guessed at."""
    with pytest.raises(ConfigError) as caught:
        parse_duration(text)
    assert "5m" in caught.value.remedy


def test_every_kind_of_schedule_is_read() -> None:
    """What the product page promises may be written, with the same meaning however it is spaced."""
    assert parse_schedule("now", BERLIN).now
    assert parse_schedule("every 30m", BERLIN).every_s == 1_800
    assert parse_schedule("every 1h", BERLIN).every_s == 3_600
    assert parse_schedule("Daily 18:00 , 8:00", BERLIN).at == (time(8), time(18))
    weekly = parse_schedule("mon,Thursday 07:30", BERLIN)
    assert weekly.weekdays == frozenset({0, 3})
    assert weekly.at == (time(7, 30),)
    assert weekly.text == "mon,Thursday 07:30"


@pytest.mark.parametrize(
    ("text", "timezone", "said"),
    [
        ("sometimes", BERLIN, "daily 08:00"),
        ("", BERLIN, "daily 08:00"),
        ("0 8 * * 1", BERLIN, "weekdays by name"),
        ("1,4 07:30", BERLIN, "weekdays by name"),
        ("mo 07:30", BERLIN, "weekdays by name"),
        ("daily 24:00", BERLIN, "00:00 to 23:59"),
        ("daily 8", BERLIN, "as in 08:00"),
        ("every 30s", BERLIN, "every 1m"),
        ("every 2d", BERLIN, "every 24h"),
        ("every 7h", BERLIN, "every 6h"),
        ("every 90s", BERLIN, "every 1m"),
        ("every hour", BERLIN, "5m"),
        ("daily 08:00", "Europe/Berlim", 'Did you mean "Europe/Berlin"?'),
        ("daily 08:00", "", "IANA"),
        ("daily 08:00", "../../etc/passwd", "IANA"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused_with_a_remedy(text: str, timezone: str, said: str) -> None:
    """A reader who waits for eight o'clock must not find out at nine that the file was wrong."""
    with pytest.raises(ConfigError) as caught:
        parse_schedule(text, timezone)
    assert said in caught.value.remedy


def test_daily_means_wall_clock() -> None:
    """Eight in the morning stays eight in the morning when the clocks change."""
    assert slots(parse_schedule("daily 08:00", BERLIN), "2026-03-27 12:00", 3) == [
        ("03-28 07:00", "2026-03-28T08:00"),
        ("03-29 06:00", "2026-03-29T08:00"),
        ("03-30 06:00", "2026-03-30T08:00"),
    ]


def test_a_slot_in_the_hour_spring_leaves_out_runs_once_an_hour_later() -> None:
    """A digest is neither lost nor doubled on the short day."""
    assert slots(parse_schedule("daily 02:30", BERLIN), "2026-03-28 12:00", 2) == [
        ("03-29 01:30", "2026-03-29T02:30"),
        ("03-30 00:30", "2026-03-30T02:30"),
    ]


def test_a_slot_in_the_hour_autumn_repeats_runs_once() -> None:
    """A digest is neither lost nor doubled on the long day; a scheduler that fires twice is a known fault."""
    assert slots(parse_schedule("daily 02:30", BERLIN), "2026-10-24 12:00", 2) == [
        ("10-25 00:30", "2026-10-25T02:30"),
        ("10-26 01:30", "2026-10-26T02:30"),
    ]


def test_hourly_slots_run_through_the_repeated_hour_under_their_own_labels() -> None:
    """The repeated hour is told in time, and its slot does not collide with the first."""
    assert slots(parse_schedule("every 1h", BERLIN), "2026-10-24 23:00", 4) == [
        ("10-25 00:00", "2026-10-25T02:00"),
        ("10-25 01:00", "2026-10-25T02:00+01:00"),
        ("10-25 02:00", "2026-10-25T03:00"),
        ("10-25 03:00", "2026-10-25T04:00"),
    ]


def test_hourly_slots_step_over_the_hour_spring_leaves_out() -> None:
    """Two o'clock and three o'clock are one instant on that day, and one slot."""
    assert slots(parse_schedule("every 1h", BERLIN), "2026-03-28 23:30", 3) == [
        ("03-29 00:00", "2026-03-29T01:00"),
        ("03-29 01:00", "2026-03-29T03:00"),
        ("03-29 02:00", "2026-03-29T04:00"),
    ]


def test_longer_intervals_run_once_in_the_repeated_hour() -> None:
    """Every two hours does not become every hour because the clock went back."""
    assert [label for _, label in slots(parse_schedule("every 2h", BERLIN), "2026-10-24 22:30", 2)] == [
        "2026-10-25T02:00",
        "2026-10-25T04:00",
    ]


def test_a_weekly_slot_is_found_a_week_ahead() -> None:
    """The longest wait a schedule can have."""
    assert slots(parse_schedule("mon 07:30", BERLIN), "2026-03-16 06:30", 1) == [("03-23 06:30", "2026-03-23T07:30")]


def test_a_slot_pushed_over_midnight_keeps_the_date_it_was_written_for() -> None:
    """Nuuk leaves out the last hour of a Saturday: that evening's slot runs on Sunday under Saturday's label."""
    assert slots(parse_schedule("daily 23:30", "America/Nuuk"), "2026-03-28 12:00", 2) == [
        ("03-29 01:30", "2026-03-28T23:30"),
        ("03-30 00:30", "2026-03-29T23:30"),
    ]


def test_a_date_a_zone_skipped_loses_no_sleep() -> None:
    """Samoa had no 30 December 2011: its slot falls on the next one, once."""
    assert slots(parse_schedule("daily 08:00", "Pacific/Apia"), "2011-12-29 12:00", 3) == [
        ("12-29 18:00", "2011-12-29T08:00"),
        ("12-30 18:00", "2011-12-31T08:00"),
        ("12-31 18:00", "2012-01-01T08:00"),
    ]


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(
        ["every 1m", "every 30m", "every 1h", "every 2h", "every 24h", "daily 02:30", "sun 00:00,02:15"]
    ),
    timezone=st.sampled_from(
        [BERLIN, "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "UTC"]
    ),
    after=ANY_TIME_OF_2026,
)
def test_slots_go_forward_and_no_label_comes_twice(text: str, timezone: str, after: datetime) -> None:
    """The label is the digest's unique key: one that came twice would swallow a digest."""
    schedule = parse_schedule(text, timezone)
    at, labels = after, []
    for _ in range(40):
        following = next_slot_at(schedule, at)
        assert following > at
        at = following
        labels.append(slot_label(schedule, at))
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("timezone", [BERLIN, "America/Havana", "Australia/Lord_Howe"])
def test_every_half_hour_never_waits_longer_than_half_an_hour(timezone: str) -> None:
    """Over a whole year, clock changes included, no slot is lost."""
    schedule = parse_schedule("every 30m", timezone)
    at, end = utc("2026-01-01 00:00"), utc("2027-01-01 00:00")
    while at < end:
        following = next_slot_at(schedule, at)
        assert following - at <= timedelta(minutes=30), at
        at = following


def test_nothing_is_due_before_its_time() -> None:
    """A tick that looks early closes nothing."""
    schedule = parse_schedule("daily 08:00", BERLIN)
    assert due_slot(schedule, utc("2026-03-14 07:00"), utc("2026-03-14 06:59")) is None


def test_a_slot_that_came_is_closed_under_its_label_even_late() -> None:
    """Down at eight, up at eleven: one digest, named after eight o'clock, and no catch-up."""
    due = due_slot(parse_schedule("daily 08:00", BERLIN), utc("2026-03-14 07:00"), utc("2026-03-14 10:00"))
    assert due is not None
    assert (due.label, due.kind, due.missed) == ("2026-03-14T08:00 Europe/Berlin", DigestKind.SCHEDULED, 0)
    assert due.next_due_at == utc("2026-03-15 07:00")


def test_three_days_of_outage_are_one_catch_up() -> None:
    """A reader comes back to one digest for the whole gap, not to three."""
    due = due_slot(parse_schedule("daily 08:00", BERLIN), utc("2026-03-11 07:00"), utc("2026-03-14 10:00"))
    assert due is not None
    assert (due.label, due.kind, due.missed) == ("2026-03-14T08:00 Europe/Berlin", DigestKind.CATCH_UP, 3)
    assert due.next_due_at == utc("2026-03-15 07:00")


def test_an_outage_of_years_is_answered_at_once() -> None:
    """A database found after two years of every-minute slots does not keep the tick counting."""
    due = due_slot(parse_schedule("every 1m", BERLIN), utc("2024-03-14 08:00"), utc("2026-03-14 08:00"))
    assert due is not None
    assert (due.label, due.kind) == ("2026-03-14T09:00 Europe/Berlin", DigestKind.CATCH_UP)
    assert due.missed >= 31 * 1_440


def test_a_clock_set_back_an_hour_makes_nothing_due_twice() -> None:
    """After a slot was closed, the stored next time decides, whatever the clock says meanwhile."""
    schedule = parse_schedule("every 1h", BERLIN)
    closed = due_slot(schedule, utc("2026-03-14 08:00"), utc("2026-03-14 08:00"))
    assert closed is not None
    assert closed.next_due_at == utc("2026-03-14 09:00")
    assert due_slot(schedule, closed.next_due_at, utc("2026-03-14 07:00")) is None
    assert due_slot(schedule, closed.next_due_at, utc("2026-03-14 08:00")) is None
    again = due_slot(schedule, closed.next_due_at, utc("2026-03-14 09:00"))
    assert again is not None
    assert again.missed == 0


def test_slots_held_by_quiet_hours_are_not_missed() -> None:
    """A night of quiet is no outage: the morning digest is a plain one."""
    schedule = parse_schedule("every 1h", BERLIN)
    quiet = parse_quiet_hours("22:00-06:30")
    due = due_slot(schedule, utc("2026-03-13 21:00"), utc("2026-03-14 05:30"), quiet)
    assert due is not None
    assert (due.label, due.kind, due.missed) == ("2026-03-14T06:00 Europe/Berlin", DigestKind.SCHEDULED, 0)
    loud = due_slot(schedule, utc("2026-03-13 19:00"), utc("2026-03-14 05:30"), quiet)
    assert loud is not None
    assert (loud.kind, loud.missed) == (DigestKind.CATCH_UP, 2)


def test_a_due_time_of_an_older_schedule_still_closes() -> None:
    """After a schedule was edited the stored time is no slot of it, and the news waits no longer for that."""
    due = due_slot(parse_schedule("daily 08:00", BERLIN), utc("2026-03-14 09:15"), utc("2026-03-14 09:20"))
    assert due is not None
    assert due.label == "2026-03-14T10:15+01:00 Europe/Berlin"
    assert due.next_due_at == utc("2026-03-15 07:00")


def test_now_is_due_when_its_copies_had_time_to_gather() -> None:
    """The oldest untold match decides, so that a stream of news cannot put a telling off."""
    schedule = parse_schedule("now", BERLIN)
    due_at = now_due_at(utc("2026-03-14 08:00"), 120)
    assert due_slot(schedule, due_at, utc("2026-03-14 08:01")) is None
    due = due_slot(schedule, due_at, utc("2026-03-14 08:02"))
    assert due is not None
    assert (due.kind, due.next_due_at) == (DigestKind.NOW, None)
    assert due.label == "2026-03-14T09:02+01:00 Europe/Berlin"
    moments = [due_at + timedelta(microseconds=micros) for micros in (0, 1, 2)]
    assert len({slot_label(schedule, moment) for moment in moments}) == 3


@pytest.mark.parametrize("text", ["22:00", "22-06", "22:00-22:00", "22:00-24:00", "22:00-06:30-07:00", ""])
def test_quiet_hours_that_cannot_be_meant_are_refused(text: str) -> None:
    """Equal ends could mean always or never, so neither is guessed."""
    with pytest.raises(ConfigError) as caught:
        parse_quiet_hours(text)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("span", "now", "until"),
    [
        ("22:00-06:30", "2026-03-14 20:59", None),
        ("22:00-06:30", "2026-03-14 21:00", "2026-03-15 05:30"),
        ("22:00-06:30", "2026-03-15 00:00", "2026-03-15 05:30"),
        ("22:00-06:30", "2026-03-15 05:30", None),
        ("12:00-13:00", "2026-03-14 11:30", "2026-03-14 12:00"),
        ("12:00-13:00", "2026-03-14 22:00", None),
        ("22:00-06:30", "2026-03-28 23:00", "2026-03-29 04:30"),  # the night spring shortens
        ("22:00-06:30", "2026-10-24 23:00", "2026-10-25 05:30"),  # the night autumn lengthens
        ("22:00-02:30", "2026-03-29 00:59", "2026-03-29 01:30"),  # an end that spring leaves out
        ("22:00-02:30", "2026-10-25 00:45", "2026-10-25 01:30"),  # an end that autumn repeats: the second one
    ],
)
def test_quiet_hours_hold_until_their_end(span: str, now: str, until: str | None) -> None:
    """Nobody is woken, over midnight and on the nights the clock changes, and nothing is held a minute longer."""
    expected = utc(until) if until else None
    assert held_until(parse_quiet_hours(span), BERLIN, utc(now)) == expected


def test_without_quiet_hours_nothing_is_held() -> None:
    """Most topics have none."""
    assert held_until(None, BERLIN, utc("2026-03-14 23:00")) is None


@settings(max_examples=100, deadline=None)
@given(
    start=st.times(),
    end=st.times(),
    now=ANY_TIME_OF_2026,
)
def test_a_hold_is_short_and_ends_outside_the_span(start: time, end: time, now: datetime) -> None:
    """A held digest goes out within a day and an hour, and is not held again at that very moment."""
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if start == end:
        return
    quiet = parse_quiet_hours(f"{start:%H:%M}-{end:%H:%M}")
    until = held_until(quiet, BERLIN, now)
    if until is None:
        local = now.astimezone(ZoneInfo(BERLIN)).time()
        inside = start <= local < end if start < end else local >= start or local < end
        assert not inside or now.month in {3, 10}  # only a clock change may shorten a span
    else:
        assert now < until <= now + timedelta(hours=25)
        assert held_until(quiet, BERLIN, until) is None
