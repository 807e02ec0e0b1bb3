"""JSON Lines in and out; `-` is standard input. The one form in which the stage commands join.

Effects: reads files and standard input, writes to standard output.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import MonitorError
from monitor.model import Article, ArticleId, Evidence
from monitor.stories.origin import origin_of

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
        entries = record.get("entries")
        articles = [_from_entry(entry, record) for entry in entries] if isinstance(entries, list) else [record]
        for article in articles:
            if not any(isinstance(article.get(key), str) and article.get(key) for key in ("title", "text")):
                raise MonitorError(
                    "the article has neither a title nor a text",
                    where=f"{'standard input' if path == '-' else path}:{line}",
                    remedy='Write {"id": …, "title": …, "text": …}, as `monitor parse --articles` does.',
                )
            number += 1
            yield number, article


def _from_entry(entry: object, parsed: Mapping[str, object]) -> dict[str, object]:
    if not isinstance(entry, dict):
        return {}
    names = {"id": "id", "title": "title", "url": "link", "published": "published", "author": "author"}
    article = {name: entry.get(key) for name, key in names.items() if entry.get(key)}
    return {**article, "text": entry.get("content") or entry.get("summary") or "", "feed": parsed.get("title") or ""}


def write_line(record: Mapping[str, object]) -> None:
    """One object as one line on standard output, in the keys' own order."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, default=_plain) + "\n")


def evidence_record(evidence: Evidence) -> dict[str, object]:
    """One piece of evidence; `points` is its part of the score, and `spans` are characters of the article's fields."""
    return {
        "concept": evidence.concept,
        "found": dict(evidence.found),
        "via": evidence.via.value,
        "points": evidence.points,
        "spans": [[span.field.value, span.start, span.end] for span in evidence.spans],
    }


def to_article(record: Mapping[str, object], number: int) -> Article:
    """An article line as an `Article` whose id is its number; the caller keeps the line for its own id and extras."""

    def text(key: str) -> str:
        value = record.get(key)
        return value if isinstance(value, str) else ""

    title, body, source, author = (text(key) for key in ("title", "text", "source", "author"))
    return Article(
        id=ArticleId(number),
        title=title,
        text=body,
        url=text("url"),
        feed=text("feed"),
        source=source,
        language=text("language") or None,
        author=author,
        published_at=read_time(record.get("published")),
        seen_at=read_time(record.get("seen")),
        origin=origin_of(title, body, author, source),
    )


def read_time(value: object) -> datetime | None:
    """An ISO 8601 time (UTC where it says no zone) or epoch seconds; None for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(value, str) and value:
        try:
            parsed = datetime.fromisoformat(value)
            return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        except (ValueError, OverflowError):  # the second from the first hours of year 1 in an eastern zone
            return None
    return None


def format_time(value: datetime | None) -> str | None:
    """A time as the stage commands write it: UTC, ISO 8601, seconds; None stays None."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return format_time(value) or ""
    return str(value)
