"""Well-formed XML to the same entries, many times sooner, or "not mine".

Four feeds in five are well-formed and ordinary. One pass of expat proves it and gathers what the fast parser does
not give (the outlet an entry names, types of text, the feed's own wish for the next visit); the fast parser reads
the rest. Whatever is doubtful is "not mine", and the tolerant parser reads it: this road may decline, never guess.

Effects: none.
"""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from msgspec import Struct, field

from monitor.feeds.dates import read_date
from monitor.feeds.entries import RawEntry, RawFeed, wait_of

try:
    from fastfeedparser import parse as read_fast
except ImportError:  # no wheel for this platform: everything is "not mine"
    read_fast = None

ROAD = "fast"

_Found = Mapping[str, Any]
_ENTRY = frozenset({"item", "entry"})
_DATES = frozenset({"pubDate", "published", "updated", "modified", "issued", "created", "dc:date"})
_IDS = frozenset({"guid", "id", "atom:id"})
_FEED_TEXTS = frozenset({"ttl", "language", "dc:language", "sy:updatePeriod", "sy:updateFrequency"})
_PLAIN = frozenset({"title", "guid", "link", "description"})
"""Elements of RSS that hold text only; where a publisher put elements into one, readers differ on what it says."""
_MARKUP_TYPES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
DEPTH_MAX = 100
"""Elements within elements; a real feed has under 20, and some parsers recurse."""


class _NotMineError(Exception):
    """Raised out of expat's handlers to end the pass at once."""


class _Seen(Struct):
    """What one entry's tags said that the fast parser does not tell."""

    id: str = ""
    has_summary: bool = False
    has_content: bool = False
    has_date: bool = False
    has_dc_date: bool = False
    has_link: bool = False
    title_is_markup: bool = False
    summary_is_markup: bool = False
    content_is_markup: bool = False
    media_text: str = ""
    source: str = ""
    source_url: str = ""
    language: str | None = None


class _Scan(Struct):
    """One pass of expat: is it well-formed and ordinary, and what stands beside the entries?"""

    is_atom: bool = False
    language: str | None = None
    entries: list[_Seen] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    entry_depth: int = 0
    parser: Any = None
    wanted: str = ""
    parts: list[str] = field(default_factory=list)

    def read(self, xml: bytes) -> bool:
        """Whether the bytes are XML that the fast road may take."""
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        try:
            parser.Parse(xml, True)
        except (expat.ExpatError, _NotMineError):
            return False
        finally:
            self.parser = None
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        return True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        path = self.path
        path.append(name)
        depth = len(path)
        if depth > DEPTH_MAX or "xml:base" in attributes or (depth > 1 and path[-2] in _PLAIN and not self.is_atom):
            raise _NotMineError
        if self.entry_depth:
            if depth == self.entry_depth + 1:
                self.start_field(name, attributes)
            elif depth == self.entry_depth + 2:
                self.start_inner(path[-2], name, attributes)
        elif name in _ENTRY:
            self.entry_depth = depth
            self.entries.append(_Seen(id=attributes.get("rdf:about", ""), language=attributes.get("xml:lang")))
        elif name in _FEED_TEXTS:
            self.want(name)
        elif depth == 1:
            self.is_atom = name == "feed" or name.endswith(":feed")
            self.language = attributes.get("xml:lang")

    def start_field(self, name: str, attributes: dict[str, str]) -> None:
        seen = self.entries[-1]
        if name in _DATES:
            seen.has_date = True
            seen.has_dc_date = seen.has_dc_date or name == "dc:date"
        elif name in _IDS:
            self.want("id")
        elif name == "title":
            seen.title_is_markup = attributes.get("type") in _MARKUP_TYPES
        elif name in ("description", "dc:description", "itunes:summary"):
            seen.has_summary = True
        elif name == "summary":
            seen.has_summary = True
            seen.summary_is_markup = attributes.get("type") in _MARKUP_TYPES
        elif name == "content:encoded":
            seen.has_content = True
        elif name == "content":
            seen.has_content = True
            seen.content_is_markup = attributes.get("type") in _MARKUP_TYPES
        elif name == "link" and not self.is_atom:
            if seen.has_link:
                raise _NotMineError  # RSS knows one link per entry: the last counts, the fast parser takes the first
            seen.has_link = True
        elif name == "source":
            seen.source_url = attributes.get("url", "")
            if not self.is_atom:
                self.want(name)
        elif name == "dc:language":
            self.want(name)

    def start_inner(self, outer: str, name: str, attributes: dict[str, str]) -> None:
        if outer == "media:group" and name == "media:description":
            self.want(name)  # all the text that a video has
        elif outer == "source":
            self.start_source(name, attributes)

    def start_source(self, name: str, attributes: dict[str, str]) -> None:
        if name == "title":
            self.want("source")
        elif name == "link" and attributes.get("rel", "alternate") == "alternate":
            self.entries[-1].source_url = attributes.get("href", "")

    def want(self, name: str) -> None:
        """Gather the text of the element that has just started."""
        self.wanted = name
        self.parts = []
        # Set only while text is wanted: a handler for every text of the feed would double the pass.
        self.parser.CharacterDataHandler = self.parts.append

    def end(self, _name: str) -> None:
        if self.wanted:
            self.keep("".join(self.parts).strip())
        if len(self.path) == self.entry_depth:
            self.entry_depth = 0
        self.path.pop()

    def keep(self, text: str) -> None:
        wanted, self.wanted = self.wanted, ""
        self.parser.CharacterDataHandler = None
        if not self.entry_depth:
            self.texts.setdefault(wanted, text)
        elif wanted == "id":
            self.entries[-1].id = text or self.entries[-1].id
        elif wanted == "media:description":
            self.entries[-1].media_text = text
        elif wanted == "source":
            self.entries[-1].source = text
        else:
            self.entries[-1].language = text


def parse_fast(xml: bytes) -> RawFeed | None:
    """The feed in UTF-8 bytes, or None for "not mine": let the tolerant parser read it.

    Taken is only what is well-formed, has no document type and no `xml:base`, and whose every entry was found by
    both readers and has a link or an id; and a date, wherever the feed wrote one.
    """
    scan = _Scan()
    if read_fast is None or not scan.read(xml) or not scan.entries:
        return None
    try:
        found: _Found = read_fast(xml)
    except Exception:  # noqa: BLE001 - whatever it trips over, the tolerant parser is next
        return None
    entries: list[_Found] = found.get("entries") or []
    if len(entries) != len(scan.entries):
        return None
    if not all(_is_sound(one, seen) for one, seen in zip(entries, scan.entries, strict=True)):
        return None
    feed: _Found = found.get("feed") or {}
    texts = scan.texts
    return RawFeed(
        road=ROAD,
        title=_text(feed, "title"),
        link=_text(feed, "link"),
        language=texts.get("language") or texts.get("dc:language") or scan.language,
        ttl_s=wait_of(texts.get("ttl", ""), texts.get("sy:updatePeriod", ""), texts.get("sy:updateFrequency", "")),
        entries=[_entry(one, seen, scan.is_atom) for one, seen in zip(entries, scan.entries, strict=True)],
    )


def _refuse(*_: object) -> None:
    raise _NotMineError


def _is_sound(found: _Found, seen: _Seen) -> bool:
    has_date = bool(found.get("published") or found.get("updated"))
    return bool(found.get("link") or found.get("id")) and (has_date or not seen.has_date)


def _text(found: _Found, key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _entry(found: _Found, seen: _Seen, is_atom: bool) -> RawEntry:
    content = max((_text(one, "value") for one in found.get("content") or ()), key=len, default="")
    # Where there is no summary the fast parser makes one out of the content's beginning; nobody wrote that.
    summary = _text(found, "description") if seen.has_summary or not content else content
    is_media = not summary and bool(seen.media_text)
    published_text, updated_text = _text(found, "published"), _text(found, "updated")
    published = read_date(published_text)
    updated = published if updated_text == published_text else read_date(updated_text)
    return RawEntry(
        id=seen.id,  # the fast parser gives the link where a feed gives no id
        title=_text(found, "title"),
        link=_text(found, "link"),
        other_links=[_text(one, "url") for one in found.get("enclosures") or ()],
        published=published,
        updated=updated or (published if seen.has_dc_date else None),
        author=_text(found, "author"),
        summary=seen.media_text if is_media else summary,
        content=content if seen.has_content or not seen.has_summary else "",
        source=seen.source,
        source_url=seen.source_url,
        language=seen.language,
        tags=[_text(one, "label") or _text(one, "term") for one in found.get("tags") or ()],
        title_is_text=is_atom and not seen.title_is_markup,
        summary_is_text=is_media or (is_atom and seen.has_summary and not seen.summary_is_markup),
        content_is_text=is_atom and not seen.content_is_markup,
    )
