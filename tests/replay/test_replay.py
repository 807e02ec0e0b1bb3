"""A recorded day, run again: the same tellings each time, those of that day, and what another edit would change."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.cli.main import main
from monitor.config.load import load
from monitor.digests.retelling import Difference, compare_tellings
from monitor.errors import MonitorError
from monitor.feeds.recordings import Torn, visits_of
from monitor.model import ChannelName, Telling, TopicKey
from monitor.replaying import choose_span
from monitor.rerun import Rerun, VirtualClock, Visit
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from tests.replay.recorded_day import DATA, DAY, END, EXPECTED, RAW, OwnParser

AT = END.replace(hour=9)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with both configurations, and the archive of a daemon that really lived through the recorded days."""
    folder = tmp_path_factory.mktemp("room")
    for name in ("before", "after"):
        shutil.copytree(DATA / name, folder / name)
    monitor = folder / "before" / "monitor.toml"
    monitor.write_text(f'[database]\nurl = "sqlite:///{folder}/data/monitor.db"\n{monitor.read_text()}')
    (folder / "data").mkdir()
    shutil.copy(sqlite_template, folder / "data" / "monitor.db")
    shutil.copytree(RAW, folder / "data" / "raw")
    store = Store(open_engine(f"sqlite:///{folder}/data/monitor.db"))
    live(store, folder / "before")
    store.close()
    return folder


def live(store: Store, config: Path) -> None:
    """Take in every visit at its time, as a daemon does, also those that brought nothing."""
    span = choose_span(RAW, DAY, timedelta(days=7))
    loaded = load(config, {}, load_lexicon())
    machine = Rerun(store, loaded, VirtualClock(span.start), OwnParser(), owner="daemon")
    machine.begin(loaded)
    by_shown = {feed.url: feed.url for feed in loaded.feeds}
    for day in span.days:
        for record in visits_of(RAW, day, Torn()):
            machine.advance(record.came_at)
            feed = machine.claim(by_shown[record.feed])
            assert feed is not None
            machine.take_in([Visit(feed, record.answer, record.at, record.elapsed_ms)])
            machine.tell()
    machine.advance(span.until)


def test_a_day_is_run_again_as_it_was_and_under_another_configuration(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both sides tell, to the letter, what is expected; the one before tells what was really told that day.

    Where this fails after a change that was meant, look at it, then: python -m tests.replay.recorded_day --renew
    """
    folders = ["--config", str(room / "after"), "--archive", str(room / "before")]

    assert main(["replay", "2026-03-14", *folders, "--json", "--all"]) == 0

    *tellings, summary = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in tellings] == [json.loads(line) for line in EXPECTED.read_text().splitlines()]
    told = json.loads(summary)
    assert told["before"] == told["really_told"] == told["really_alike"] == 8
    assert (told["really_only"], told["replayed_only"], told["really_at_another_time"]) == (0, 0, 0)
    assert (told["warm_up_days"], told["torn"], told["unrecorded_feeds"]) == (1, 0, [])
    assert told["recorded_until"] == "2026-03-14T22:35:00Z"


def test_two_folders_can_be_compared_and_the_words_say_what_came_and_went(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a warm-up what each feed shows first is its baseline, which is said."""
    folders = ["--config", str(room / "after"), "--archive", str(room / "before"), "--before", str(DATA / "before")]

    assert main(["replay", "2026-03-14", *folders, "--warm-up", "0s"]) == 0

    said = capsys.readouterr().out
    assert "run twice over 72 recorded visits, 0 recorded days of warm-up" in said
    assert "its baseline, and is not told" in said
    assert "Told only after (1):\n  14 Mar 09:16 gulf to desk: Ferry hit by missile near Hartsea" in said
    assert "Told at another time (1):\n  14 Mar 08:00 -> 14 Mar 18:00 floods to console: River floods" in said
    assert "Film about hostage negotiations opens festival" in said


def test_what_cannot_be_run_says_what_there_is(room: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A day that was not recorded, a word that is no day, an archive without a recording."""
    folders = ["--config", str(room / "after"), "--archive", str(room / "before")]
    assert main(["replay", "2026-03-15", *folders]) == 1
    assert "There are: 2026-03-13, 2026-03-14." in capsys.readouterr().err
    assert main(["replay", "last tuesday", *folders]) == 2
    assert "2026-11-29" in capsys.readouterr().err
    with pytest.raises(MonitorError, match="raw_days"):
        choose_span(tmp_path / "raw", DAY, timedelta(days=7))
    assert choose_span(RAW, DAY, timedelta(0)).days == (DAY,)
    assert choose_span(RAW, date(2026, 3, 13), timedelta(days=7)).days == (date(2026, 3, 13),)


def a_telling(headline: str, minutes: int = 0, members: str = "", topic: str = "floods") -> Telling:
    """A telling of a story of these articles, or of one alone."""
    at = AT + timedelta(minutes=minutes)
    url = f"https://outlet.example/{headline}"
    articles = frozenset(members.split()) | {url}
    return Telling(TopicKey(topic), ChannelName("desk"), at, "first telling", headline, url, articles)


def test_a_story_is_the_same_under_another_lead_and_each_telling_is_paired_once() -> None:
    """With the nearest in time where a story was told twice; another topic's telling is another one."""
    first, update = a_telling("a", 0), a_telling("a", 90)
    led_otherwise = replace(a_telling("b", 3, "https://outlet.example/a"), headline="b")
    found = compare_tellings([first, update, a_telling("c")], [led_otherwise, a_telling("c", topic="gulf")])
    assert [(pair.difference, pair.telling.headline, pair.telling.topic) for pair in found] == [
        (Difference.MOVED, "a", "floods"),
        (Difference.ONLY_BEFORE, "c", "floods"),
        (Difference.ONLY_AFTER, "c", "gulf"),
        (Difference.ONLY_BEFORE, "a", "floods"),
    ]
    [close] = compare_tellings([first], [led_otherwise], tolerance=timedelta(minutes=5))
    assert close.difference is Difference.SAME
    assert compare_tellings([], []) == []
