"""JSON Lines, the one form in which the stage commands join."""

import io
import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from monitor.cli.lines import LINE_CHARS_MAX, format_time, read_articles, read_lines, read_time, to_article, write_line
from monitor.errors import MonitorError


def written(tmp_path: Path, body: bytes) -> str:
    """A file of these bytes."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(body)
    return str(path)


def test_lines_come_with_their_numbers(tmp_path: Path) -> None:
    """Blank lines are passed over and counted; a byte-order mark, Windows line ends and a last line without end too."""
    body = b'\xef\xbb\xbf{"title": "a"}\r\n\r\n   \n{"title": "\xe2\x80\xa8b"}'
    assert list(read_lines(written(tmp_path, body))) == [(1, {"title": "a"}), (4, {"title": "\u2028b"})]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is named so where a line is bad."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}\nno\n')))
    lines = read_lines("-")
    assert next(lines) == (1, {"a": 1})
    with pytest.raises(MonitorError, match="standard input:2: not JSON"):
        next(lines)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"title": ', "not JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"NaN", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"n": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, words: str) -> None:
    """File, number and remedy, whatever stands there; the lines before it were read."""
    path = written(tmp_path, b'{"title": "good"}\n' + line + b"\n")
    lines = read_lines(path)
    assert next(lines)[0] == 1
    with pytest.raises(MonitorError) as caught:
        next(lines)
    assert str(caught.value).startswith(f"{path}:2: {words}")


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """A line is bounded, so that one file cannot take all memory twice."""
    path = written(tmp_path, b'{"title": "' + b"x" * LINE_CHARS_MAX + b'"}')
    with pytest.raises(MonitorError, match="longer than"):
        list(read_lines(path))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """With its name and the system's reason."""
    with pytest.raises(MonitorError, match=r"nowhere: cannot be read: No such file"):
        list(read_lines(str(tmp_path / "nowhere")))


def test_bytes_that_are_no_text_do_not_end_the_reading(tmp_path: Path) -> None:
    """An archive with one broken letter is still read."""
    assert list(read_lines(written(tmp_path, b'{"title": "caf\xe9"}'))) == [(1, {"title": "caf\ufffd"})]


def test_an_article_line_with_odd_values_is_still_an_article() -> None:
    """Numbers, nulls and lists where text belongs count as empty."""
    odd: dict[str, object] = {"title": 7, "text": None, "url": ["x"], "published": "yesterday", "seen": True}
    article = to_article(odd, 3)
    assert (article.id, article.title, article.text, article.url) == (3, "", "", "")
    assert (article.published_at, article.seen_at, article.language) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14T09:00:00Z", datetime(2026, 3, 14, 9, tzinfo=UTC)),
        ("2026-03-14T10:00:00+01:00", datetime(2026, 3, 14, 9, tzinfo=UTC)),
        ("2026-03-14T09:00:00", datetime(2026, 3, 14, 9, tzinfo=UTC)),
        (1773478800, datetime(2026, 3, 14, 9, tzinfo=UTC)),
        (1e300, None),
        (float("nan"), None),
        ("", None),
        (True, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_read_as_utc_or_not_at_all(value: object, expected: datetime | None) -> None:
    """ISO 8601 or epoch seconds; what is neither is no time, never an error."""
    assert read_time(value) == expected


def test_what_is_written_is_one_line_in_its_own_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Any script as it is, times in UTC, keys as given, no line end inside."""
    at = datetime(2026, 3, 14, 10, tzinfo=timezone(timedelta(hours=1)))
    write_line({"b": "人質\n", "a": at})
    assert capsys.readouterr().out == '{"b": "人質\\n", "a": "2026-03-14T09:00:00Z"}\n'
    assert format_time(None) is None


def test_a_parsed_feed_is_taken_as_its_entries(tmp_path: Path) -> None:
    """`monitor parse --json | monitor match -` joins like pipes, as the other form does."""
    parsed = {"file": "f", "title": "Desk Wire", "entries": [{"id": "1", "title": "A", "link": "https://e.org/1"}]}
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(parsed) + "\n" + json.dumps({"id": "2", "text": "B"}) + "\n")
    assert list(read_articles(str(path))) == [
        (1, {"id": "1", "title": "A", "url": "https://e.org/1", "text": "", "feed": "Desk Wire"}),
        (2, {"id": "2", "text": "B"}),
    ]


def test_a_line_that_is_no_article_is_refused_with_its_number(tmp_path: Path) -> None:
    """An article without a word would match nothing, and nobody would know why."""
    path = tmp_path / "lines.jsonl"
    path.write_text('{"id": "1", "title": "A"}\n{"bad": 1}\n')
    with pytest.raises(MonitorError, match=r"lines\.jsonl:2: the article has neither a title nor a text"):
        list(read_articles(str(path)))
