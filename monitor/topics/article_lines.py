"""What a line of JSON says of an article: the one form in which articles come from a file or a pipe.

Effects: none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.model import Article, ArticleId
from monitor.stories.origin import origin_of


def articles_of(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The article lines in an object: itself, or the entries of a feed that `monitor parse --json` wrote."""
    entries = record.get("entries")
    return [_from_entry(entry, record) for entry in entries] if isinstance(entries, list) else [record]


def has_words(record: Mapping[str, object]) -> bool:
    """Whether there is a title or a text: an article without either would match nothing, silently."""
    return any(isinstance(record.get(key), str) and record.get(key) for key in ("title", "text"))


def _from_entry(entry: object, parsed: Mapping[str, object]) -> dict[str, object]:
    if not isinstance(entry, dict):
        return {}
    names = {"id": "id", "title": "title", "url": "link", "published": "published", "author": "author"}
    article = {name: entry.get(key) for name, key in names.items() if entry.get(key)}
    return {**article, "text": entry.get("content") or entry.get("summary") or "", "feed": parsed.get("title") or ""}


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
