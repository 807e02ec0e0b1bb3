"""What a second look means: only what is certain is claimed, and each change once."""

from datetime import timedelta

import pytest

from monitor.digests.second_look import (
    CONFIRM_AFTER,
    LOOKS_AFTER,
    Finding,
    Looked,
    LookState,
    PageSeen,
    compare_headlines,
    decide_look,
)
from tests.fakes.clock import START

TITLE = "Attack on Bellmoor market kills 12, police say"
TEXT = "At least 12 people were killed and 30 hurt when gunmen attacked the old market of Bellmoor on Monday."
LOOKED = Looked(TITLE, TEXT, START)
HOUR = timedelta(hours=1)
GONE = PageSeen(is_gone=True, reason="404: there is nothing at this address")


def finding(now: str, told: str = TITLE, text: str = TEXT) -> Finding:
    """What a page headed so means."""
    return compare_headlines(Looked(told, text, START), [now])[0]


@pytest.mark.parametrize(
    "now",
    [
        TITLE,
        "ATTACK ON BELLMOOR MARKET KILLS 12, POLICE SAY",
        "Attack on Bellmoor market kills 12, police say | The Bellmoor Courier",
        "LIVE: Attack on Bellmoor market kills twelve - police say",
        "UPDATE 2-Attack on Bellmoor market kills 12, police say",
        "Twelve killed in attack on Bellmoor's old market",
        "Gunmen attack old market in Bellmoor, 30 hurt",
        "Attack on Bellmoor market kills 12 and wounds 41, police say",
        "Bellmoor market: what we know of the attack that killed 12",
    ],
)
def test_the_same_in_other_letters_or_words_is_no_change(now: str) -> None:
    """Case, points, labels, an outlet's name, other words of the same text, a number more."""
    assert finding(now) is Finding.UNCHANGED


@pytest.mark.parametrize(
    ("told", "now"),
    [
        (TITLE, "Attack on Bellmoor market kills 3, police say"),
        ("Minister will resign over ferry deal", "Minister will not resign over ferry deal"),
        ("Profits rise at Bellmoor shipyard this year", "Profits fall at Bellmoor shipyard this year"),
        ("Mayor resigns over bridge", "Mayor denies she resigns over bridge"),
        (TITLE, "Bellmoor: gas pipe explosion caused blast at bakery, investigators conclude"),
        ("Geiseln in Doha freigelassen", "Geiseln in Doha nicht freigelassen"),
    ],
)
def test_what_was_not_said_before_is_a_change(told: str, now: str) -> None:
    """Another number, the opposite, a denial, another event altogether."""
    assert finding(now, told, TEXT if told == TITLE else "") is Finding.RETITLED


@pytest.mark.parametrize("now", ["Are you a robot?", "Before you continue", "Weather tomorrow", "", "404"])
def test_a_page_about_something_else_claims_nothing(now: str) -> None:
    """A wall, a consent form, another article: none of its words were told."""
    assert finding(now) is Finding.UNKNOWN


def test_one_headline_of_several_that_says_the_same_is_enough() -> None:
    """Search engines are told other headlines than readers."""
    titles = ["Bellmoor pipe explosion: bakery investigators conclude", TITLE]
    assert compare_headlines(LOOKED, titles)[0] is Finding.UNCHANGED
    assert compare_headlines(LOOKED, []) == (Finding.UNKNOWN, "")


def test_the_looks_come_after_one_six_and_twenty_four_hours() -> None:
    """And then no more; a monitor that was away makes one look and not three."""
    seen, looked = PageSeen((TITLE,)), LOOKED
    for number, after in enumerate(LOOKS_AFTER, 1):
        choice = decide_look(looked, seen, START + after)
        assert (choice.finding, choice.looks) == (Finding.UNCHANGED, number)
        looked = Looked(TITLE, TEXT, START, choice.looks, choice.state, choice.noted_title)
    assert (choice.state, choice.next_at) == (LookState.DONE, None)
    late = decide_look(LOOKED, seen, START + 7 * HOUR)
    assert (late.looks, late.next_at) == (2, START + 24 * HOUR)
    assert decide_look(LOOKED, seen, START + 90 * HOUR).state is LookState.DONE


def test_a_page_is_withdrawn_when_it_is_twice_not_there() -> None:
    """A single 404 is often a hiccup: it is asked for again soon, and only then is it told."""
    first = decide_look(LOOKED, GONE, START + HOUR)
    assert (first.finding, first.state, first.looks) == (Finding.DOUBTED, LookState.DOUBTED, 0)
    assert first.next_at == START + HOUR + CONFIRM_AFTER
    doubted = Looked(TITLE, TEXT, START, 0, LookState.DOUBTED)
    second = decide_look(doubted, GONE, first.next_at)
    assert (second.finding, second.state, second.next_at) == (Finding.WITHDRAWN, LookState.WITHDRAWN, None)


def test_a_page_that_is_there_again_ends_the_doubt_and_one_that_nobody_could_read_does_not() -> None:
    """A timeout between two answers that it is gone says nothing."""
    doubted = Looked(TITLE, TEXT, START, 0, LookState.DOUBTED)
    at = START + HOUR + CONFIRM_AFTER
    back = decide_look(doubted, PageSeen((TITLE,)), at)
    assert (back.state, back.looks, back.next_at) == (LookState.WATCHED, 1, START + 6 * HOUR)
    unread = decide_look(doubted, PageSeen(reason="no answer"), at)
    assert (unread.finding, unread.state, unread.looks) == (Finding.UNKNOWN, LookState.DOUBTED, 1)
    assert decide_look(doubted, PageSeen(("Are you a robot?",)), at).state is LookState.DOUBTED


def test_a_change_is_told_once_and_so_is_the_next() -> None:
    """What was noted is what readers know: the same headline is no news, and the old one again is."""
    now = "Attack on Bellmoor market kills 3, police say"
    first = decide_look(LOOKED, PageSeen((now,)), START + HOUR)
    assert (first.finding, first.noted_title) == (Finding.RETITLED, now)
    noted = Looked(TITLE, TEXT, START, 1, first.state, first.noted_title)
    assert decide_look(noted, PageSeen((now,)), START + 6 * HOUR).finding is Finding.UNCHANGED
    back = decide_look(noted, PageSeen((TITLE,)), START + 6 * HOUR)
    assert (back.finding, back.noted_title) == (Finding.RETITLED, TITLE)
