"""From the bytes of a feed to its entries, whatever their quality: JSON, the fast road, else the tolerant parser.

Effects: none.
"""

import re
from datetime import datetime

from monitor.errors import ParseError, ParseReason
from monitor.feeds.decode import as_utf8_xml, decode_body, repair_references
from monitor.feeds.entries import RawFeed, finish_feed
from monitor.feeds.fastpath import parse_fast
from monitor.feeds.fingerprint import hash_body, hash_entries
from monitor.feeds.hints import read_skip_times
from monitor.feeds.jsonfeed import parse_json_feed
from monitor.feeds.tolerant import parse_tolerant
from monitor.model import ParsedFeed

__all__ = ["hash_body", "hash_entries", "parse_feed"]

_FIRST_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]{0,60}(?::[\w.-]{1,60})?)")
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_HTML_DOCTYPE = re.compile(r"\s*<!doctype\s+html", re.IGNORECASE)
_HTML_ELEMENTS = frozenset({"html", "head", "body", "script", "meta", "div", "p", "h1", "center", "noscript"})
_FEED_ELEMENTS = frozenset({"rss", "rdf", "rdf:rdf", "feed", "atom:feed", "channel"})
_HEAD_CHARS = 20_000
"""How far in the first element is sought: real feeds start within 2,000 characters, licences in comments included."""


def parse_feed(
    body: bytes, *, base_url: str = "", charset: str | None = None, now: datetime | None = None
) -> ParsedFeed:
    """The feed in these bytes, its entries in its own order, cleaned and bounded as `feeds.entries` says.

    `base_url` is where the body came from, and resolves relative links; `charset` is what the server declared;
    dates more than a day after `now` are taken as missing. Raises `ParseError` and nothing else, whatever the bytes.
    """
    try:
        return finish_feed(_read(body, charset), base_url=base_url, now=now)
    except MemoryError as error:
        raise ParseError("reading it takes more memory than is allowed", reason=ParseReason.TOO_BIG) from error
    except RecursionError as error:
        raise ParseError("its elements are nested too deeply", reason=ParseReason.MALFORMED) from error


def _read(body: bytes, charset: str | None) -> RawFeed:
    text = decode_body(body, charset).lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise ParseError("the body is empty", reason=ParseReason.EMPTY)
    if text[0] in "{[":
        return parse_json_feed(text)
    if "<" not in text:
        raise ParseError("plain text, not a feed", reason=ParseReason.NOT_A_FEED)
    root = _root_of(text)
    if root in _HTML_ELEMENTS:
        raise ParseError(
            "a web page, not a feed",
            reason=ParseReason.HTML,
            remedy="The feed may have moved: look in the page for the address of its feed.",
        )
    xml = as_utf8_xml(text)
    fast = parse_fast(xml)
    if fast is None and (repaired := repair_references(xml)) != xml:
        xml = repaired
        fast = parse_fast(xml)
    found = fast or parse_tolerant(xml, is_feed=root in _FEED_ELEMENTS)
    found.skip_times = read_skip_times(xml)
    return found


def _root_of(text: str) -> str:
    """The first element's name in lower case; `html` where the document type says so; empty where there is none."""
    head = text[:_HEAD_CHARS]
    start = 0
    while found := _PROLOG.match(head, start):
        start = found.end()
    if _HTML_DOCTYPE.match(head, start):
        return "html"
    first = _FIRST_ELEMENT.search(head, start)
    return first.group(1).lower() if first else ""
