"""`monitor mute`: what a person holds back, how it is shown and taken back."""

from datetime import datetime, timedelta

import pytest

from monitor.cli.lines import format_time
from monitor.model import Mute, MuteKind
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry


@pytest.fixture(autouse=True)
def _known_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is Ada."""
    monkeypatch.setenv("LOGNAME", "ada")


def in_force(newsroom: Newsroom, now: datetime | None = None) -> list[Mute]:
    """What is held back."""
    with newsroom.store() as store, store.read() as tx:
        return tx.mutes.in_force(now or newsroom.now)


def with_news(newsroom: Newsroom) -> int:
    """One article on hostages; its story's number."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    [line] = newsroom.run("stories", "list", "--json").records[:1]
    return int(line["story"])


def test_a_story_is_held_for_a_week_and_let_go(newsroom: Newsroom) -> None:
    """Until when, by whom, and how it is taken back; twice said is one mute, twice lifted is once."""
    story = with_news(newsroom)
    done = newsroom.run("mute", "story", str(story), "--reason", "enough of it")
    assert done.code == 0
    assert done.out.startswith(f'story "{story}" on all channels until ')
    [mute] = in_force(newsroom)
    assert (mute.kind, mute.value, mute.by, mute.reason) == (MuteKind.STORY, str(story), "cli:ada", "enough of it")
    assert timedelta(days=7) <= mute.until - newsroom.now < timedelta(days=7, minutes=5)
    assert f"monitor mute lift {mute.id}" in done.out
    again = newsroom.run("mute", "story", str(story), "--for", "1h")
    assert "It was muted already" in again.out
    assert "by cli:ada: enough of it" in newsroom.run("mute", "list").out
    assert newsroom.run("mute", "lift", str(mute.id)).out.startswith("no longer muted: story")
    assert "It is over already" in newsroom.run("mute", "lift", str(mute.id), "--by", "Bo").out
    assert newsroom.run("mute", "list").out == "Nothing is muted.\n"
    assert ", lifted " in newsroom.run("mute", "list", "--all").out


def test_a_topic_feed_or_term_is_held(newsroom: Newsroom) -> None:
    """By whatever case it is named; until a time; on one channel alone; as records for programs."""
    with_news(newsroom)
    until = newsroom.now + timedelta(days=2)
    assert newsroom.run("mute", "topic", "Tanker attacks", "--until", until.isoformat()).code == 0
    assert newsroom.run("mute", "feed", "outlet 1", "--channel", "console").code == 0
    assert newsroom.run("mute", "term", " film  festival ", "--until", f"{until:%Y-%m-%dT%H:%M}").code == 0
    assert [(one.kind.value, one.value, one.channel) for one in in_force(newsroom)] == [
        ("topic", "shipping", None),
        ("feed", "Outlet 1", "console"),
        ("term", "film festival", None),
    ]
    records = newsroom.run("mute", "list", "--json").records
    assert [(one["kind"], one["in_force"], one["lifted_at"]) for one in records] == [
        ("term", True, None),
        ("feed", True, None),
        ("topic", True, None),
    ]
    assert records[2]["until"] == format_time(until)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("story", "999"), "there is no story 999"),
        (("story", "9" * 30), "there is no story 999"),
        (("story", "-1"), "there is no story -1"),
        (("topic", "hostage"), 'there is no topic "hostage". Did you mean "hostages"?'),
        (("feed", "Outlet 9"), 'there is no feed "Outlet 9". Did you mean "Outlet'),
        (("term", " "), "a term is 1 to 100 characters"),
        (("term", "x", "--channel", "consol"), 'there is no channel "consol". Did you mean "console"?'),
        (("term", "x", "--for", "soon"), '"soon" is not a duration'),
        (("term", "x", "--for", "0s"), "is no end of a mute"),
        (("term", "x", "--until", "2020-01-01"), "is no end of a mute"),
        (("term", "x", "--until", "tomorrow"), '"tomorrow" is no time'),
        (("lift", "77"), "there is no mute 77"),
        (("lift", "9" * 30), "there is no mute 999"),
    ],
)
def test_what_cannot_be_held_says_why(newsroom: Newsroom, words: tuple[str, ...], said: str) -> None:
    """And names what is near, or what to write; nothing is held."""
    with_news(newsroom)
    done = newsroom.run("mute", *([words[0], "--", *words[1:]] if words[1] == "-1" else words))
    assert done.code in (1, 2)
    assert said in done.err
    assert in_force(newsroom) == []


def test_what_is_muted_stands_in_the_status(newsroom: Newsroom) -> None:
    """What, where, until when, by whom and why; for programs too; and nobody is needed for it."""
    with_news(newsroom)
    assert "Muted" not in newsroom.run("status").out
    newsroom.run("mute", "topic", "shipping", "--for", "2d", "--reason", "fleet exercise", "--by", "Bo")
    newsroom.run("mute", "term", "film festival", "--for", "3h", "--channel", "console")

    shown = newsroom.run("status").out
    assert "Muted       2 mutes: what they hold waits" in shown
    assert 'topic "shipping" on all channels until ' in shown
    assert "by cli:Bo: fleet exercise" in shown
    [record] = newsroom.run("status", "--json").records
    assert [(one["kind"], one["value"], one["channel"], one["by"]) for one in record["mutes"]] == [
        ("term", "film festival", "console", "cli:ada"),
        ("topic", "shipping", None, "cli:Bo"),
    ], "what ends first stands first"
    assert record["mutes"][1]["reason"] == "fleet exercise"
