"""JSON Lines in and out; `-` is standard input. The one form in which the stage commands join.

Effects: reads files and standard input, writes to standard output.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from monitor.errors import MonitorError
from monitor.text import plain_line
from monitor.topics.article_lines import articles_of, has_words, read_time, to_article
from monitor.views.records import evidence_record, format_time

__all__ = [
    "LINE_CHARS_MAX",
    "evidence_record",
    "format_time",
    "read_articles",
    "read_bytes",
    "read_lines",
    "read_time",
    "screen_line",
    "to_article",
    "write_line",
]

LINE_CHARS_MAX = 8_000_000
"""Longest line taken, in characters: the longest article known is under 2 MB."""


def read_bytes(path: str) -> bytes:
    """The bytes of a file, or of standard input for `-`."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise MonitorError(f"cannot be read: {error.strerror}", where=path) from error


def read_lines(path: str) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a JSON Lines file with their line numbers, blank lines passed over.

    A line that is not a JSON object ends the reading with an error that names the file and line.
    """
    for number, line in enumerate(read_bytes(path).decode("utf-8-sig", "replace").split("\n"), 1):
        if not line.strip():
            continue
        where = f"{'standard input' if path == '-' else path}:{number}"
        if len(line) > LINE_CHARS_MAX:
            raise MonitorError(f"the line is longer than {LINE_CHARS_MAX} characters", where=where)
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:  # the second from a line of a hundred thousand brackets
            raise MonitorError(
                f"not JSON ({error})",
                where=where,
                remedy="Each line is one object, as `monitor parse --articles` writes.",
            ) from error
        if not isinstance(value, dict):
            raise MonitorError("not a JSON object", where=where, remedy='Write {"id": …, "title": …, "text": …}.')
        yield number, value


def read_articles(path: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Article lines, numbered from 1 as they come; a line of `monitor parse --json` counts as its entries.

    A line that is neither ends the reading with an error: an article without a word would match nothing, silently.
    """
    number = 0
    for line, record in read_lines(path):
        for article in articles_of(record):
            if not has_words(article):
                raise MonitorError(
                    "the article has neither a title nor a text",
                    where=f"{'standard input' if path == '-' else path}:{line}",
                    remedy='Write {"id": …, "title": …, "text": …}, as `monitor parse --articles` does.',
                )
            number += 1
            yield number, dict(article)


def write_line(record: Mapping[str, object]) -> None:
    """One object as one line on standard output, in the keys' own order; what would steer a terminal is escaped."""
    text = json.dumps(record, ensure_ascii=False, default=_plain)
    if not text.isprintable():
        text = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.write(text + "\n")


def screen_line(text: str) -> str:
    """A line for a person's screen: its indentation stays, and nothing in it steers a terminal or hides."""
    body = text.lstrip(" ")
    return " " * (len(text) - len(body)) + plain_line(body)


_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Controls that JSON leaves as they are, signs that turn the direction of a line, and ends of lines."""


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return format_time(value) or ""
    return str(value)
