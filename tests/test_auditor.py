"""The weekly audit: on Monday from eight, told once, whatever was stopped, silent where nothing is worth it."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import App, build_app
from monitor.auditor import COMPONENT, Auditor, audit_slot
from monitor.channels.plain import render_note_text
from monitor.config.load import load
from monitor.model import ArticleId, ChannelName, NoMatch, TopicKey
from monitor.pipeline.audit import AuditTerm, TopicAudit
from monitor.pipeline.audit_words import LINES_MAX, audit_note
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.channel import Crash, RecordingChannel
from tests.fakes.clock import FakeClock
from tests.pipeline.given import a_context, a_visit, an_entry, articles_of, ingest, with_baseline

MONITOR = """\
[database]
url = "sqlite:///{}"
[web]
listen = ""
[channels.hook]
kind = "webhook"
url = "https://hook.example/x"
secret_env = "HOOK_SECRET"
[operator]
canary = false
audit = "{}"
"""
FEEDS = '[[feeds]]\nname = "F"\nurl = "https://f.example/rss"\n'
WATCHLIST = """\
timezone = "Europe/Berlin"
[topics.shipping]
name = "Tanker attacks"
channels = ["hook"]
[topics.fairs]
name = "Village fairs"
channels = ["hook"]
"""
EIGHT = datetime(2026, 3, 16, 7, tzinfo=UTC)
"""A Monday, 08:00 in Berlin."""


class House:
    """An app whose week had near misses."""

    def __init__(self, path: Path, audit: str = "weekly") -> None:
        self.folder, self.clock = path / "config", FakeClock(EIGHT - timedelta(days=1))
        write_folder(self.folder, monitor=MONITOR.format(path / "monitor.db", audit), feeds=FEEDS, watchlist=WATCHLIST)
        self.app = self.open()
        self.stopping = False

    def open(self) -> App:
        """Start it."""
        return build_app(load(self.folder, {"HOOK_SECRET": "a" * 40}, load_lexicon()), self.clock, write=lambda _: None)

    def restart(self) -> None:
        """Stop it and start it."""
        self.app.close()
        self.app = self.open()

    def miss(self, about: str = "smugglers") -> None:
        """Six articles nearly answer a topic, forty others do not."""
        now, store = self.clock.now(), self.app.store
        context = a_context(list(self.app.in_force.topics.values()))
        [feed] = with_baseline(store, context, now=now)
        entries = [an_entry(n, about=about if n < 6 else "weather", at=now) for n in range(46)]
        ingest(store, [a_visit(feed, entries, now=now)], context, now)
        missed = [one.article.id for one in articles_of(store) if about in one.article.title]
        assert len(missed) == 6
        with store.write() as tx:
            tx.matches.record_near(
                [NoMatch(TopicKey("shipping"), ArticleId(one), 20, "only some", near=True) for one in missed], now
            )

    def look(self, **later: float) -> bool:
        """Look so much later, by an auditor that was just made."""
        self.clock.forward(**later)
        return Auditor(self.app, lambda: self.stopping).look()

    def line(self) -> list[str]:
        """What stands in line for the operator."""
        with self.app.store.read() as tx:
            return [one.delivery.payload for one in tx.outbox.listed()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A Sunday with near misses."""
    made = House(tmp_path)
    made.miss()
    yield made
    made.app.close()


def test_it_is_told_on_monday_from_eight_and_once(house: House) -> None:
    """Not on Sunday, not before eight, not twice, not after a restart; and next week not again where nothing came."""
    assert not house.look(), "a Sunday"
    assert not house.look(hours=23, minutes=59), "a minute before eight"
    assert house.look(minutes=2)
    assert not house.look(minutes=1)
    house.restart()
    assert not house.look(hours=3)
    [told] = house.line()
    assert "monitor watchlist add-name shipping smugglers" in told
    assert "+6 stories in " in told
    assert "One term would have caught what Tanker attacks nearly found last week." in told
    assert not house.look(days=7), "its near misses are a week old: nothing worth saying"
    assert house.line() == [told]
    with house.app.store.read() as tx:
        assert tx.topics.heartbeats()[COMPONENT].at == house.clock.now(), "looked at all the same"


def test_who_was_down_at_eight_is_told_on_the_same_day(house: House) -> None:
    """At a quarter to midnight it still is, and on Tuesday no more."""
    assert house.look(days=1, hours=15, minutes=45)


def test_a_day_late_is_not_told(house: House) -> None:
    """Tuesday leaves the week out."""
    assert not house.look(days=2)
    assert house.line() == []


def test_a_stop_tells_nothing_and_the_next_start_does_it_whole(house: House) -> None:
    """Half an audit is none, and what is remembered stands with what is told."""
    house.stopping = True
    assert not house.look(days=1)
    house.stopping = False

    def die(*_: object) -> None:
        raise Crash

    channel = RecordingChannel("hook")
    channel.render_note = die  # type: ignore[assignment,method-assign]
    house.app.in_force.channels[ChannelName("hook")] = channel
    with pytest.raises(Crash):
        house.look(minutes=1)
    house.restart()
    assert house.line() == []
    assert house.look(minutes=1)
    assert len(house.line()) == 1


def test_it_waits_for_a_channel_that_takes_it(house: House) -> None:
    """A held channel is not told, and nothing is looked at meanwhile."""
    hook = ChannelName("hook")
    with house.app.store.write() as tx:
        tx.holds.hold([hook], house.clock.now(), account="a", scope="channel", reason="no", error="no", remedy="Ask.")
    assert not house.look(days=1)
    with house.app.store.write() as tx:
        tx.holds.lift(hook, [hook])
    assert house.look(minutes=5)


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """`audit = "never"`."""
    house = House(tmp_path, "never")
    house.miss()
    assert not house.look(days=1)
    assert house.line() == []
    house.app.close()


def test_a_topic_without_its_turn_comes_first_next_week(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row remembers with which one."""
    monkeypatch.setattr("monitor.auditor.TIME_S", -1.0)
    assert not house.look(days=1)
    with house.app.store.write() as tx:
        assert tx.topics.heartbeats()[COMPONENT].detail == "shipping"
        tx.topics.beat(COMPONENT, house.clock.now() - timedelta(days=7), "fairs")
    monkeypatch.undo()
    assert house.look(minutes=1)
    with house.app.store.read() as tx:
        assert tx.topics.heartbeats()[COMPONENT].detail == ""


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2026-03-16T07:00", "Europe/Berlin", "2026-03-16T07:00"),
        ("2026-03-16T22:59", "Europe/Berlin", "2026-03-16T07:00"),
        ("2026-03-16T23:00", "Europe/Berlin", None),
        ("2026-03-30T06:00", "Europe/Berlin", "2026-03-30T06:00"),
        ("2026-03-15T20:30", "Pacific/Auckland", "2026-03-15T19:00"),
        ("2026-03-16T06:59", "Europe/Berlin", None),
    ],
)
def test_when_it_is_due(now: str, zone: str, due: str | None) -> None:
    """Eight o'clock of the place, whatever its offset that day."""
    found = audit_slot(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert found == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


def an_audit(key: str, *terms: AuditTerm) -> TopicAudit:
    """Of a topic."""
    return TopicAudit(TopicKey(key), f"Name of {key}", 9, terms)


def a_term(text: str, added: int = 2, dropped: int = 0) -> AuditTerm:
    """A term that brings so much."""
    return AuditTerm(text, 3, added, dropped, (), 30.0)


def said(audits: Sequence[TopicAudit], left: int = 0) -> str:
    """The message as text."""
    note = audit_note(audits, left, EIGHT, "UTC")
    return "" if note is None else render_note_text(note, width=1_000)


def test_the_message_is_bounded_and_its_commands_are_whole() -> None:
    """Ten lines, those that bring most first; what is too long for a command or brings nothing is left out."""
    many = [an_audit(f"topic-{n}", a_term("prisoner swap", n), a_term("x" * 250, 99)) for n in range(20)]
    lines = said(many, left=2).splitlines()
    assert lines[0] == (
        "19 terms would have caught what 19 topics nearly found last week. Each line is the command that adds it."
    )
    assert lines[1] == "  - monitor watchlist add-name topic-19 'prisoner swap' – +19 stories in 30 days"
    assert len([line for line in lines if line.startswith("  - ")]) == LINES_MAX
    assert "… and 9 more" in lines[-2]
    assert lines[-1].endswith("For 2 topics there was no time; next week begins with them.")
    assert said([an_audit("a", a_term("b", 0))]) == said([]) == ""
    assert " – +1 story, -2 in 30 days" in said([an_audit("a", a_term("b", 1, 2))])


def test_a_command_is_safe_to_paste() -> None:
    """A term comes from feeds: whatever stands in it is one word of the command."""
    [_, line, _] = said([an_audit("a", a_term("swap; rm -rf ~ $(x) `y` \u202e'z"))]).splitlines()
    command = line.removeprefix("  - ").partition(" – ")[0]
    assert shlex.split(command)[:4] == ["monitor", "watchlist", "add-name", "a"]
    assert len(shlex.split(command)) == 5
