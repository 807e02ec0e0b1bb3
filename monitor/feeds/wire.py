"""What goes between the daemon and its parser process: nested tuples of plain values, and back.

Plain values, because unpacking them can run no code: a parser that a hostile feed or page has taken over can lie about
what that holds and do nothing else. It is also a third of the time of pickled dataclasses.

Effects: none.
"""

import marshal
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from monitor.errors import ParseError, ParseReason
from monitor.model import Entry, PageHeadlines, PageRoad, PageText, ParsedFeed


class FeedRequest(Struct, frozen=True):
    """A feed to parse, with the arguments of `parse_feed`."""

    body: bytes
    base_url: str = ""
    charset: str | None = None
    now: datetime | None = None


class PageRequest(Struct, frozen=True):
    """A page to read, with the arguments of `read_page`."""

    body: bytes
    charset: str | None = None
    longer_than: int = 0


class HeadlinesRequest(Struct, frozen=True):
    """A page whose headlines are wanted, with the arguments of `read_headlines`."""

    body: bytes
    charset: str | None = None


Request = FeedRequest | PageRequest | HeadlinesRequest
Answer = ParsedFeed | PageText | PageHeadlines | ParseError


def pack_request(request: Request) -> bytes:
    """What to read, for the parser process."""
    if isinstance(request, PageRequest):
        return marshal.dumps(("page", request.body, request.charset, request.longer_than))
    if isinstance(request, HeadlinesRequest):
        return marshal.dumps(("headlines", request.body, request.charset))
    return marshal.dumps(("feed", request.body, request.base_url, request.charset, _seconds(request.now)))


def unpack_request(message: bytes) -> Request:
    """The request that `pack_request` was given."""
    kind, body, *rest = marshal.loads(message)  # noqa: S302 - from our own parent
    if kind == "page":
        return PageRequest(body, *rest)
    if kind == "headlines":
        return HeadlinesRequest(body, *rest)
    base_url, charset, now_s = rest
    return FeedRequest(body, base_url, charset, _time(now_s))


def pack_answer(answer: Answer, *, is_last: bool) -> bytes:
    """A feed, what a page says, or why there is none. `is_last` says that the process ends after this answer."""
    if isinstance(answer, ParseError):
        return marshal.dumps((is_last, "error", (answer.what, answer.reason.value, answer.remedy), None))
    if isinstance(answer, PageText):
        return marshal.dumps((is_last, "page", (answer.text, answer.road.value if answer.road else None), None))
    if isinstance(answer, PageHeadlines):
        return marshal.dumps((is_last, "headlines", answer.titles, None))
    feed = (answer.title, answer.link, answer.language, answer.ttl_s, answer.road, answer.skip_times)
    return marshal.dumps((is_last, "feed", feed, [_pack_entry(entry) for entry in answer.entries]))


def unpack_answer(message: bytes) -> tuple[bool, Answer]:
    """Whether the process ends now, and its answer. Raises `ValueError` for what is no answer."""
    try:
        is_last, kind, head, entries = marshal.loads(message)  # noqa: S302 - builds plain values only, runs nothing
        if kind == "error":
            what, reason, remedy = head
            return is_last, ParseError(what, reason=ParseReason(reason), remedy=remedy)
        if kind == "page":
            text, page_road = head
            if not isinstance(text, str):
                raise TypeError("a page's text is text")
            return is_last, PageText(text, PageRoad(page_road) if page_road else None)
        if kind == "headlines":
            if not all(isinstance(title, str) for title in head):
                raise TypeError("a headline is text")
            return is_last, PageHeadlines(tuple(head))
        title, link, language, ttl_s, road, skip_times = head
        unpacked = tuple([_unpack_entry(entry) for entry in entries])
    except (ValueError, TypeError, EOFError, LookupError, OverflowError) as error:
        raise ValueError("not an answer of the parser process") from error
    return is_last, ParsedFeed(title, link, unpacked, language, ttl_s, road, skip_times)


def _pack_entry(entry: Entry) -> tuple[Any, ...]:
    published_s = _seconds(entry.published)
    return (
        entry.id,
        entry.title,
        entry.link,
        published_s,
        published_s if entry.updated is entry.published else _seconds(entry.updated),
        entry.author,
        entry.summary,
        entry.content,
        entry.source,
        entry.source_url,
        entry.language,
        entry.tags,
        entry.guid,
    )


def _unpack_entry(packed: Sequence[Any]) -> Entry:
    entry_id, title, link, published_s, updated_s, *rest = packed
    published = _time(published_s)
    # By place: naming thirteen fields takes longer than making the entry.
    return Entry(entry_id, title, link, published, published if updated_s == published_s else _time(updated_s), *rest)


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
