"""Feed lists to OPML, the form every feed reader imports and exports, and back.

Effects: none.
"""

from collections.abc import Sequence
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct, field

from monitor.errors import ConfigError
from monitor.feeds.decode import as_utf8_xml, decode_body, repair_references
from monitor.feeds.entries import language_of
from monitor.model.feeds import FOLDERS_MAX, FeedSpec
from monitor.text import plain_line

FEEDS_MAX = 50_000
"""Feeds taken of one file: five times what one process is built to poll."""
DEPTH_MAX = FOLDERS_MAX + 3
"""Levels of a list: `opml`, `body` and the feed's own outline are some too."""
NAME_CHARS_MAX = 300
URL_CHARS_MAX = 4_000


_FEED_KINDS = frozenset({"rss", "rss1", "rss2", "atom", "feed", "json", "jsonfeed"})
"""The `type` of an outline that is meant for a feed; `link` and `include` are other things."""


class Outlines(Struct, frozen=True):
    """What an OPML file holds."""

    feeds: tuple[FeedSpec, ...]
    """In the file's order, each with its folder (`World/Africa`) and `file:line`."""
    without_address: tuple[FeedSpec, ...]
    """Outlines meant for feeds that have no address, each with its `file:line`."""


class _RefusedError(Exception):
    """Raised out of expat's handlers; its text is the sentence for the user."""


class _Reader(Struct):
    where: str
    parser: Any
    feeds: list[FeedSpec] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    """The name of each open outline; empty for one that is no folder."""
    meant: list[FeedSpec | None] = field(default_factory=list)
    """For each open outline: itself, as long as it may be a feed that lacks its address."""
    without_address: list[FeedSpec] = field(default_factory=list)
    depth: int = 0
    has_root: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise _RefusedError(f"more than {DEPTH_MAX} levels of outlines")
        local = name.rpartition(":")[2].lower()
        if self.depth == 1:
            if local != "opml":
                raise _RefusedError(f"the file holds <{plain_line(name)[:40]}>, not <opml>")
            self.has_root = True
        if local == "outline":
            self.start_outline({key.lower(): value for key, value in attributes.items()})

    def start_outline(self, given: dict[str, str]) -> None:
        # Some programs write only `title`, some only `text`; where both stand, `text` is what their users saw.
        name = plain_line(given.get("text") or given.get("title") or "")[:NAME_CHARS_MAX]
        url = given.get("xmlurl", "").strip()
        place = f"{self.where}:{self.parser.CurrentLineNumber}"
        if self.meant:
            self.meant[-1] = None  # what holds outlines is a folder, whatever it calls itself
        is_meant = not url and (
            given.get("type", "").strip().lower() in _FEED_KINDS or {"xmlurl", "htmlurl"} & set(given)
        )
        self.meant.append(FeedSpec(name=name, url="", place=place) if is_meant else None)
        if not url:
            self.folders.append(name.replace("/", "-"))
            return
        folder = "/".join(filter(None, self.folders))
        self.folders.append("")
        if len(self.feeds) >= FEEDS_MAX:
            raise _RefusedError(f"more than {FEEDS_MAX} feeds")
        self.feeds.append(
            FeedSpec(
                name=name,
                url=plain_line(url)[:URL_CHARS_MAX],
                language=language_of(given.get("language")),
                place=place,
                folder=folder,
            )
        )

    def end(self, name: str) -> None:
        self.depth -= 1
        if name.rpartition(":")[2].lower() == "outline":
            self.folders.pop()
            if (meant := self.meant.pop()) is not None and len(self.without_address) < FEEDS_MAX:
                self.without_address.append(meant)


def read_opml(body: bytes, where: str) -> list[FeedSpec]:
    """The feeds of an OPML file, as `read_outlines` finds them."""
    return list(read_outlines(body, where).feeds)


def read_outlines(body: bytes, where: str) -> Outlines:
    """The outlines of an OPML file that are feeds, or were meant to be.

    An outline with an `xmlUrl` is a feed; its address is given as it stands, for the caller to judge. A name may be
    empty. A bare `&` and HTML's named characters, which XML lacks, are read as they are meant. Raises `ConfigError`
    with the line for what is not OPML, holds entities of its own, or is out of bounds.
    """
    xml = as_utf8_xml(decode_body(body))
    try:
        return _read(xml, where)
    except ConfigError:
        if (repaired := repair_references(xml)) == xml:
            raise
    return _read(repaired, where)


def _read(xml: bytes, where: str) -> Outlines:
    parser = expat.ParserCreate("utf-8")
    reader = _Reader(where=where, parser=parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(xml, True)
    except _RefusedError as error:
        raise ConfigError(str(error), where=f"{where}:{parser.CurrentLineNumber}", remedy=_REMEDY) from error
    except expat.ExpatError as error:
        raise ConfigError(
            f"not readable as XML ({expat.ErrorString(error.code)})",
            where=f"{where}:{error.lineno}",
            remedy="In a name or an address write < as &lt;, and close every outline; or export the file again.",
        ) from error
    finally:
        # The handlers hold the reader, the reader holds the parser.
        parser.StartElementHandler = parser.EndElementHandler = parser.EntityDeclHandler = None
    return Outlines(tuple(reader.feeds), tuple(reader.without_address))


_REMEDY = "Export the list again as OPML from the program it came from."


def _refuse_entity(*_: object) -> None:
    raise _RefusedError("the file defines entities, which no feed list needs and a hostile one is made of")


class _Folder(Struct):
    feeds: list[FeedSpec] = field(default_factory=list)
    folders: dict[str, "_Folder"] = field(default_factory=dict)


def write_opml(feeds: Sequence[FeedSpec], title: str) -> str:
    """An OPML 2.0 document: folders nested as the feeds name them, in the order in which they first appear.

    `read_opml` of it gives the same names, addresses, languages and folders.
    """
    root = _Folder()
    for feed in feeds:
        folder = root
        for name in filter(None, feed.folder.split("/")):
            folder = folder.folders.setdefault(plain_line(name), _Folder())
        folder.feeds.append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{escape(plain_line(title))}</title></head>",
        "  <body>",
        *_outlines(root, "    "),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _outlines(folder: _Folder, indent: str) -> list[str]:
    lines = []
    for feed in folder.feeds:
        name = quoteattr(plain_line(feed.name))
        language = f" language={quoteattr(feed.language)}" if feed.language else ""
        url = quoteattr(plain_line(feed.url))
        lines.append(f'{indent}<outline type="rss" text={name} title={name} xmlUrl={url}{language}/>')
    for name, inner in folder.folders.items():
        lines.append(f"{indent}<outline text={quoteattr(name)}>")
        lines += _outlines(inner, indent + "  ")
        lines.append(f"{indent}</outline>")
    return lines
