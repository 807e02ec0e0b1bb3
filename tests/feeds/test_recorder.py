"""What servers answered is kept: whole, in order, bounded, and never at the cost of a visit."""

import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason, ParseError, ParseReason
from monitor.feeds.recorded import Answer, Recorded, hash_of
from monitor.feeds.recorder import RawLimits, Recorder
from monitor.feeds.recordings import Torn, raw_path, recorded_days, sweep_recordings, visits_of
from monitor.model import Feed, FeedId, Fetched, Gone, NotModified, Polled, PollOutcome

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DAY = AT.date()
URL = "https://user:secret@outlet.example/rss?key=hidden"
BODY = b"<rss>" + b"news " * 200 + b"</rss>"


def a_recorder(folder: Path, limits: RawLimits | None = None, free: int = 10**12) -> Recorder:
    """One that writes there."""
    return Recorder(folder, lambda: limits or RawLimits(days=7), free_bytes=lambda _: free)


def note(recorder: Recorder, answer: Answer | ParseError, minutes: int = 0, url: str = URL) -> None:
    """A visit so many minutes after nine."""
    polled = Polled(Feed(FeedId(1), "Outlet", url), PollOutcome.NEW, AT + timedelta(minutes=minutes), elapsed_ms=120)
    recorder.note(polled, answer)


def a_body(body: bytes = BODY) -> Fetched:
    """An answer with everything that a server may say."""
    return Fetched(
        body, f"{URL}&page=2", 200, 'W/"v1"', "Mon, 30 Nov 2026 08:00:00 GMT", "text/xml", "utf-8", 60.0, None
    )


def read(folder: Path, day: date = DAY, torn: Torn | None = None) -> list[Recorded]:
    """The day as it was recorded."""
    return list(visits_of(folder, day, torn or Torn()))


def test_every_kind_of_answer_comes_back_as_it_was_and_secrets_stay_out(tmp_path: Path) -> None:
    """A body, the same body again, no change, a failure and an end; in files that their owner alone may read."""
    failure = FetchError("503", reason=FetchReason.UNAVAILABLE, status=503, retry_after_s=90.0)
    answers: list[Answer] = [a_body(), a_body(), NotModified(URL, '"v2"', None, 5.0, None), failure, Gone(URL)]
    recorder = a_recorder(tmp_path)
    for minutes, answer in enumerate(answers):
        note(recorder, answer, minutes)
    note(recorder, ParseError("no feed", reason=ParseReason.HTML))  # our own judgement: nothing that a server said
    recorder.close()

    found = read(tmp_path)
    assert [record.at for record in found] == [AT + timedelta(minutes=n) for n in range(5)]
    assert [record.body_hash for record in found] == [hash_of(BODY), hash_of(BODY), "", "", ""]
    shown = replace(a_body(), final_url="https://outlet.example/rss?…")
    assert [found[0].answer, found[1].answer] == [shown, shown]
    assert found[2].answer == NotModified("https://outlet.example/rss?…", '"v2"', None, 5.0, None)
    failed = found[3].answer
    assert isinstance(failed, FetchError)
    assert (failed.reason, failed.status, failed.retry_after_s) == (FetchReason.UNAVAILABLE, 503, 90.0)
    assert found[4].answer == Gone("https://outlet.example/rss?…")
    [segment] = (tmp_path / "2026-11-30").iterdir()
    assert stat.S_IMODE(segment.stat().st_mode) == 0o600
    assert stat.S_IMODE(segment.parent.stat().st_mode) == 0o700
    assert b"secret" not in segment.read_bytes()
    assert b"hidden" not in segment.read_bytes()
    assert segment.stat().st_size < 2 * len(BODY), "the body that did not change stands there once"


@pytest.mark.parametrize("spoil", [lambda data: data[:-30], lambda data: data[:-60] + b"x" + data[-59:]])
def test_a_torn_end_costs_one_record_and_the_next_start_goes_on(
    tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    """A kill in the middle of a write, or a byte that turned."""
    first = a_recorder(tmp_path)
    note(first, a_body(), 0)
    note(first, a_body(BODY + b"more"), 1)
    first.close()
    [segment] = (tmp_path / "2026-11-30").iterdir()
    segment.write_bytes(spoil(segment.read_bytes()))
    second = a_recorder(tmp_path)
    note(second, a_body(), 2)
    second.close()

    torn = Torn()
    assert [record.at.minute for record in read(tmp_path, torn=torn)] == [0, 2]
    assert torn.segments == 1


def test_a_day_is_bounded_a_full_disk_ends_it_and_both_are_said(tmp_path: Path) -> None:
    """And the next day, or an hour later with room, it goes on."""
    recorder = a_recorder(tmp_path / "bounded", RawLimits(7, 900))
    for number in range(4):
        note(recorder, a_body(f"{number} {hash_of(bytes([number]))}".encode() * 9), number)
    recorder.close()
    assert "raw_bytes_max" in recorder.refusal
    kept = len(read(tmp_path / "bounded"))
    assert 0 < kept < 4
    note(recorder, a_body(), 24 * 60)
    recorder.close()
    assert recorder.refusal == ""
    assert len(read(tmp_path / "bounded", DAY + timedelta(days=1))) == 1

    room = [1]
    full = Recorder(tmp_path / "full", lambda: RawLimits(7), free_bytes=lambda _: room[0])
    note(full, a_body())
    full.close()
    assert "MB are free" in full.refusal
    room[0] = 10**12
    note(full, a_body(), 30)
    note(full, a_body(), 61)
    full.close()
    assert full.refusal == ""
    assert [record.at.hour for record in read(tmp_path / "full")] == [10]


def test_it_is_off_by_default_and_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    """Nothing is made where nothing is wanted; a refusal of the disk is words and no error."""
    off = Recorder(tmp_path / "off", RawLimits)
    note(off, a_body())
    off.close()
    assert not (tmp_path / "off").exists()
    (tmp_path / "file").write_text("in the way")
    refused = a_recorder(tmp_path / "file")
    note(refused, a_body())
    refused.close()
    assert str(tmp_path / "file") in refused.refusal


def test_old_days_are_swept_and_nothing_else(tmp_path: Path) -> None:
    """A folder that somebody named otherwise, or put files into, stays."""
    for day in ("2026-11-21", "2026-11-22", "2026-11-30"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "000001.rec").write_bytes(b"")
    (tmp_path / "2026-11-21" / "notes.txt").write_text("mine")
    (tmp_path / "keep").mkdir()

    assert [day.day for day in recorded_days(tmp_path)] == [21, 22, 30]
    assert sweep_recordings(tmp_path, 7, AT) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-21", "2026-11-30", "keep"]
    assert sweep_recordings(tmp_path, 0, AT + timedelta(days=1)) == 1
    assert sweep_recordings(tmp_path / "none", 7, AT) == 0
    assert recorded_days(tmp_path) == []


def test_recordings_lie_beside_the_database() -> None:
    """Or, where it is on a server, in the working directory's own `data/`."""
    assert raw_path("sqlite:////var/lib/monitor/monitor.db") == Path("/var/lib/monitor/raw")
    assert raw_path("sqlite:///data/my%20news.db") == Path("data/raw")
    assert raw_path("postgresql://monitor@db/monitor") == Path("data/raw")


@given(cut=st.integers(min_value=0, max_value=2_000), turned=st.integers(min_value=0, max_value=2_000))
def test_whatever_becomes_of_the_bytes_only_whole_records_come_back(
    tmp_path_factory: pytest.TempPathFactory, cut: int, turned: int
) -> None:
    """Cut anywhere, with a byte turned anywhere: each record is as it was, or not there."""
    folder = tmp_path_factory.mktemp("raw")
    recorder = a_recorder(folder)
    for number in range(3):
        note(recorder, a_body(BODY + bytes([65 + number])), number)
    recorder.close()
    before = read(folder)
    [segment] = (folder / "2026-11-30").iterdir()
    data = bytearray(segment.read_bytes())
    data[turned % len(data)] ^= 0x20
    segment.write_bytes(bytes(data[: cut % (len(data) + 1)]))

    after = read(folder)
    assert [record.answer for record in after] == [record.answer for record in before[: len(after)]]
