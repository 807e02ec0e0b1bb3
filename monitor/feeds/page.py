"""What a web page says of its article: the publisher's record for machines, then its paragraphs, then its summary.

Many publishers write the article's whole text into the page as a record (JSON-LD), for search engines: it is cleaner
than anything taken from the paragraphs and costs a tenth of the time. Where it holds only a summary, the paragraphs
come first, because a summary is mostly what the feed has said already.

Effects: none.
"""

import html
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from monitor.feeds.decode import decode_body
from monitor.model import PageHeadlines, PageRoad, PageText
from monitor.text import clean_line, clean_text, plain_line

TEXT_CHARS_MAX = 100_000
"""Characters kept of a page's text: as much as of an article's; the longest news article seen is a tenth of it."""
MARKUP_CHARS_MAX = 4 * TEXT_CHARS_MAX
BODY_CHARS_MIN = 600
"""A description this long is a text, not a teaser: those end at 300 characters in four of five feeds."""
RECORDS_MAX = 40
"""Blocks of JSON-LD read of one page; real pages have up to a dozen."""
NODES_MAX = 5_000
"""Objects looked at in one block."""
HEAD_CHARS_MAX = 200_000
"""How far in the page's summary of itself is sought; it stands in the head."""
HEADLINE_CHARS_MAX = 500
"""Kept of a headline, as of an article's."""
HEADLINES_MAX = 6
H1_MAX = 3
"""Headings of the first order that are looked at: some sites write their own name as the first."""
H1_CHARS_MAX = 5_000
"""How far a heading's end is sought, with the markup in it."""

_CHARSET = re.compile(rb"<meta\b[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b([^>]{0,500})>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|(?://)?\s*\]\]>|;)\s*$"
)
_META = re.compile(r"<meta\b((?:[^>\"']{1,99}+|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'){0,40}+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]{1,40})\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))")
_TITLE = re.compile(r"<title\b[^>]{0,500}>([^<]{1,2000})", re.IGNORECASE)
_H1 = re.compile(r"<h1\b", re.IGNORECASE)
_H1_END = re.compile(r"</h1", re.IGNORECASE)
_KINDS = frozenset({"BlogPosting", "LiveBlogPosting", "Report"})
_HOLDERS = ("@graph", "mainEntity", "mainEntityOfPage")
"""Where a record holds the page's own article; lists of other articles stand elsewhere."""


def read_page(
    body: bytes, charset: str | None, *, longer_than: int, find_paragraphs: Callable[[str], str] | None = None
) -> PageText:
    """The article's text as the page has it, where that is longer than `longer_than` characters; else empty.

    `charset` is what the server declared. `find_paragraphs` takes the page and gives the text of its article; without
    it the page's records alone are read. Cleaned and bounded; never raises on bytes.
    """
    text = decode_body(body, charset or _declared(body))
    records = list(_find_records(text))
    written = _longest(records, "articleBody")
    if len(written) > longer_than:
        return PageText(written, PageRoad.JSON_LD)
    described = _longest(records, "description")
    if len(described) >= BODY_CHARS_MIN and len(described) > longer_than:
        return PageText(described, PageRoad.JSON_LD)
    found = _plain(find_paragraphs(text)) if find_paragraphs is not None else ""
    if len(found) > longer_than:
        return PageText(found, PageRoad.PARAGRAPHS)
    summary = max(described, _summary(text[:HEAD_CHARS_MAX]), key=len)
    return PageText(summary, PageRoad.DESCRIPTION) if len(summary) > longer_than else PageText()


def read_headlines(body: bytes, charset: str | None) -> PageHeadlines:
    """What the page calls its article: as it is shared, as readers see it, in the record for machines, in the title.

    `charset` is what the server declared. Cleaned and bounded; never raises on bytes.
    """
    text = decode_body(body, charset or _declared(body))
    head = text[:HEAD_CHARS_MAX]
    title = _TITLE.search(head)
    found = (
        _line(_meta(head, "og:title")),
        *_headings(text),
        *(_line(record.get("headline")) for record in _find_records(text)),
        _line(title.group(1)) if title else "",
    )
    return PageHeadlines(tuple(dict.fromkeys(one for one in found if one))[:HEADLINES_MAX])


def _declared(body: bytes) -> str | None:
    """The character set the page itself names, however late: some name it behind a page of scripts."""
    found = _CHARSET.search(body)
    return found.group(1).decode("ascii", "ignore") if found else None


def _plain(text: str) -> str:
    """Text that is no markup, made fit to keep."""
    lines = (plain_line(line) for line in text[:MARKUP_CHARS_MAX].split("\n"))
    return "\n".join(line for line in lines if line)[:TEXT_CHARS_MAX]


def _find_records(text: str) -> Iterator[dict[str, object]]:
    """Every record of an article that the page holds about itself."""
    at = 0
    for _ in range(RECORDS_MAX):
        start = _next_block(text, at)
        end = _SCRIPT_END.search(text, start) if start is not None else None
        if start is None or end is None:
            return
        at = end.end()
        yield from _articles_in(_read_json(text[start : end.start()]))


def _next_block(text: str, at: int) -> int | None:
    return next((found.end() for found in _SCRIPT.finditer(text, at) if "ld+json" in found.group(1).lower()), None)


def _read_json(block: str) -> object:
    try:
        # Line breaks inside strings are common and harmless; so are the marks that hid scripts from old browsers.
        return json.loads(_WRAPPING.sub("", block), strict=False)
    except (ValueError, RecursionError):
        return None


def _articles_in(value: object) -> Iterator[dict[str, object]]:
    waiting = deque([value])
    for _ in range(NODES_MAX):
        if not waiting:
            return
        one = waiting.popleft()
        if isinstance(one, list):
            waiting.extend(one[:NODES_MAX])
        elif isinstance(one, dict):
            if _is_article(one.get("@type")):
                yield one
            waiting.extend(one[name] for name in _HOLDERS if name in one)


def _is_article(kinds: object) -> bool:
    """Whether a record's type is an article: schema.org has a dozen, and all but three are called so."""
    names = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    plain = [name.rpartition("/")[2].rpartition(":")[2] for name in names if isinstance(name, str)]
    return any(name.endswith("Article") or name in _KINDS for name in plain)


def _longest(records: list[dict[str, object]], key: str) -> str:
    return max((_clean(record.get(key)) for record in records[:RECORDS_MAX]), key=len, default="")


def _clean(value: object) -> str:
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    markup = value[:MARKUP_CHARS_MAX]
    if "<" not in markup and "&lt;" in markup:  # markup that was escaped once more to stand in a record
        markup = html.unescape(markup)
    return clean_text(markup)[:TEXT_CHARS_MAX]


def _headings(text: str) -> Iterator[str]:
    for start in islice(_H1.finditer(text), H1_MAX):
        end = _H1_END.search(text, start.end(), start.end() + H1_CHARS_MAX)
        if end is not None:
            yield _line(text[start.start() : end.start()])


def _line(value: object) -> str:
    return clean_line(value[:H1_CHARS_MAX])[:HEADLINE_CHARS_MAX] if isinstance(value, str) else ""


def _summary(head: str) -> str:
    return _clean(_meta(head, "og:description"))


def _meta(head: str, wanted: str) -> str:
    for tag in _META.finditer(head):
        named = {
            found[1].lower(): next((value for value in found.groups()[1:] if value is not None), "")
            for found in _ATTRIBUTE.finditer(tag.group(1))
        }
        if wanted in (named.get("property"), named.get("name")):
            return named.get("content") or ""
    return ""
