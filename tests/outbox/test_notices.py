"""What the operator is told of a need, when, and how many of a kind at once."""

from datetime import datetime, timedelta

from monitor.model import Notice
from monitor.outbox.notices import AGAIN_AFTER, KINDS, LINES_MAX, OVER_FOR, Telling, choose_tellings, note_of
from tests.fakes.clock import START


def at(minutes: float) -> datetime:
    """So long after the beginning."""
    return START + timedelta(minutes=minutes)


def a_notice(key: str = "disk", *, since: float = 0, told: float | None = None, over: float | None = None) -> Notice:
    """A notice, its times in minutes."""
    return Notice(
        key,
        at(since),
        f"{key} is in trouble.",
        "Mend it.",
        told_at=None if told is None else at(told),
        over_at=None if over is None else at(over),
    )


def told(*notices: Notice, minutes: float) -> list[Telling]:
    """What is told at that minute."""
    return list(choose_tellings(notices, at(minutes)))


def test_it_is_told_once_it_has_lasted() -> None:
    """A disk that is full for half a minute is nobody's affair; then it is told, and not again."""
    assert told(a_notice(), minutes=0.5) == []
    [telling] = told(a_notice(), minutes=1)
    assert not telling.is_end
    assert told(a_notice(told=1), minutes=600) == []


def test_its_end_is_told_where_its_beginning_was() -> None:
    """When it has lasted for some minutes, and once."""
    over = a_notice(told=1, over=60)
    assert told(over, minutes=60 + OVER_FOR.total_seconds() / 60 - 1) == []
    [telling] = told(over, minutes=60 + OVER_FOR.total_seconds() / 60)
    assert telling.is_end
    assert "Over since 14 Mar 10:00 UTC: disk is in trouble." in note_of(telling, at(70), "UTC").head
    assert told(a_notice(told=65.5, over=60), minutes=90) == []
    assert told(a_notice(over=60), minutes=90) == [], "nobody knew of it"


def test_what_flaps_is_told_again_after_six_hours_at_the_earliest() -> None:
    """Told, over, told that it is over, and back."""
    back = a_notice(since=100, told=90)
    assert told(back, minutes=120) == []
    assert len(told(back, minutes=90 + AGAIN_AFTER.total_seconds() / 60)) == 1


def test_many_of_a_kind_are_one_message_of_bounded_length() -> None:
    """A list of twenty, the rest counted; each kind by itself."""
    feeds = [a_notice(f"feed-fails:https://feed{n}.example.org") for n in range(50)]
    [telling] = told(*feeds, minutes=0)
    note = note_of(telling, at(0), "UTC")
    assert note.head == "50 feeds have failed for a day:"
    assert (len(note.lines), note.more) == (LINES_MAX, 50 - LINES_MAX)
    assert note.remedy == KINDS["feed-fails"].remedy
    assert len(told(*feeds, a_notice("feed-gone:x"), minutes=0)) == 2


def test_what_follows_soon_waits_for_its_like() -> None:
    """Twenty feeds that fail one after the other come in two messages: the first, and an hour later the others."""
    feeds = [a_notice(f"feed-fails:{n}", since=n, told=0 if n == 0 else None) for n in range(20)]
    assert told(*feeds, minutes=19) == []
    [telling] = told(*feeds, minutes=60)
    assert len(telling.notices) == 19


def test_what_is_of_one_channel_is_told_beside_it() -> None:
    """Deliveries given up on two channels are two messages: neither is told of itself on itself."""
    dead = [a_notice(f"delivery-dead:{name}:{n}") for name in ("desk", "mail") for n in (1, 2)]
    tellings = told(*dead, minutes=0)
    assert [telling.kind.about(telling.notices[0].key) for telling in tellings] == ["desk", "mail"]
    assert [len(telling.notices) for telling in tellings] == [2, 2]


def test_the_key_of_a_message_is_that_of_its_notices() -> None:
    """The same for the same, another for a later time of the same trouble, and for its end."""
    keys = {telling.key for telling in told(a_notice(), minutes=5)}
    assert keys == {telling.key for telling in told(a_notice(), minutes=9)}
    assert keys.isdisjoint(telling.key for telling in told(a_notice(since=1), minutes=5))
    assert keys.isdisjoint(telling.key for telling in told(a_notice(told=1, over=2), minutes=9))


def test_details_are_lines_of_the_message() -> None:
    """Each fault of a configuration, as `monitor check` says it."""
    notice = Notice("config", START, "The edit is faulty.", "monitor check", "a.toml:1: x\na.toml:2: y")
    [telling] = told(notice, minutes=0)
    assert [line.title for line in note_of(telling, START, "UTC").lines] == ["a.toml:1: x", "a.toml:2: y"]
