"""Any feed at all to its entries, however broken: the reference, and the road for what the fast one declines.

The library is given a stream of bytes and nothing else: handed bytes or a string it would open a file or ask the
network. Its own cleaning stays off: it is no security boundary (`monitor.text` is), and it is most of its time.

Effects: none.
"""

import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from monitor.errors import ParseError, ParseReason
from monitor.feeds.dates import read_date
from monitor.feeds.entries import RawEntry, RawFeed, wait_of
from monitor.text import plain_line

ROAD = "tolerant"

_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_END_BYTES = 500
_Found = Mapping[str, Any]


def parse_tolerant(xml: bytes, *, is_feed: bool = False) -> RawFeed:
    """What the tolerant parser finds in UTF-8 bytes.

    Raises `ParseError`: not a feed where it recognises none and finds no entry, malformed where it gives up.
    `is_feed` says that the first element is a feed's, so that one without entries is an empty feed.
    """
    # No address of the feed's own: with one, the library would turn relative ids into addresses, as it does links.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found: _Found = feedparser.parse(
            io.BytesIO(xml), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError as error:
        raise ParseError("reading it takes more memory than is allowed", reason=ParseReason.TOO_BIG) from error
    except Exception as error:  # the library promises no set of errors for hostile bytes
        raise ParseError(f"cannot be read as a feed ({type(error).__name__})", reason=ParseReason.MALFORMED) from error
    feed, entries = _get(found, "feed") or {}, _get(found, "entries") or []
    if not entries and not _get(found, "version") and not (is_feed and not _get(found, "bozo")):
        if _get(found, "bozo"):
            why = plain_line(str(_get(found, "bozo_exception") or ""))[:200]  # it may quote the feed
            raise ParseError(f"not readable as a feed ({why})", reason=ParseReason.MALFORMED)
        raise ParseError("XML, but not a feed", reason=ParseReason.NOT_A_FEED)
    if entries and not any(entries[-1].values()) and not _END.search(xml, max(0, len(xml) - _END_BYTES)):
        entries = entries[:-1]  # where the body was cut off, nothing but an entry's first tag is left
    return RawFeed(
        road=ROAD,
        title=_text(feed, "title"),
        link=_text(feed, "link"),
        language=_text(feed, "language") or None,
        ttl_s=wait_of(_text(feed, "ttl"), _text(feed, "sy_updateperiod"), _text(feed, "sy_updatefrequency")),
        entries=[_entry(one, _text(found, "version").startswith("atom")) for one in entries],
    )


def _entry(found: _Found, is_atom: bool) -> RawEntry:
    source = _get(found, "source") or {}
    contents = [one for one in _get(found, "content") or () if _text(one, "value")]
    content: _Found = max(contents, key=lambda one: len(_text(one, "value")), default={})
    return RawEntry(
        id=_text(found, "id"),
        title=_text(found, "title"),
        link=_link(found),
        other_links=_other_links(found),
        published=_date(found, "published") or _date(found, "created"),
        updated=_date(found, "updated"),
        author=_text(found, "author"),
        summary=_text(found, "summary"),
        content=_text(content, "value"),
        source=_text(source, "title") or _text(source, "value"),
        source_url=_source_url(source),
        language=_text(found, "language") or _text(_get(found, "title_detail") or {}, "language") or None,
        tags=_tags(_get(found, "tags") or ()),
        title_is_text=is_atom and _is_text(_get(found, "title_detail")),
        summary_is_text=is_atom and _is_text(_get(found, "summary_detail")),
        content_is_text=is_atom and _is_text(content),
    )


def _get(found: _Found, key: str) -> Any:
    # Not `found[key]`: the library's own lookup answers `updated` with `published`, and warns while doing so.
    return dict.get(found, key) if isinstance(found, dict) else None


def _text(found: _Found, key: str) -> str:
    value = _get(found, key)
    return value if isinstance(value, str) else ""


def _is_text(detail: _Found | None) -> bool:
    return detail is not None and _text(detail, "type") == "text/plain"


def _date(found: _Found, key: str) -> datetime | None:
    parsed = _get(found, f"{key}_parsed")
    if parsed is None:
        return read_date(_text(found, key))
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 60 is a leap second
    except (ValueError, TypeError, OverflowError):
        return None


def _link(found: _Found) -> str:
    link = _text(found, "link")
    # The library takes an id for a link unless the feed says `isPermaLink="false"` in so many words.
    return "" if link == _text(found, "id") and "://" not in link else link


def _other_links(found: _Found) -> list[str]:
    links = [_text(one, "href") for one in _get(found, "links") or () if _text(one, "rel") != "self"]
    return [link for link in links + [_text(one, "href") for one in _get(found, "enclosures") or ()] if link]


def _source_url(source: _Found) -> str:
    links: Iterable[_Found] = _get(source, "links") or ()
    return _text(source, "href") or _text(source, "link") or next((_text(one, "href") for one in links), "")


def _tags(tags: Iterable[_Found]) -> list[str]:
    return [_text(one, "label") or _text(one, "term") for one in tags]
