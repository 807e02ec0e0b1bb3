"""Which feeds a web page names, as browsers would read it, however it is written.

Links are taken where their type says that they are feeds; whether they are is for a visit to show. Scripts, styles and
comments are passed over, nesting costs nothing, and what no page needs (endless pages, thousands of links) is cut.

Effects: none.
"""

import re
from html.parser import HTMLParser

from msgspec import Struct

from monitor.feeds.decode import decode_body
from monitor.feeds.sites import web_address
from monitor.text import plain_line

PAGE_CHARS_MAX = 1_000_000
"""Read of a page: video sites put 600,000 characters of script before the links of their head."""
LINKS_MAX = 100
"""Links to feeds taken of one page; large newspapers name some thirty."""
TITLE_CHARS_MAX = 300
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
    }
)
VAGUE_TYPES = frozenset({"text/xml", "application/xml"})
"""Of old sites for their feeds, of others for other things; asked only where no link says more."""
META_BYTES_MAX = 100_000
"""How far in a page's own word on its charset is sought; browsers look at 1,024, authors do not know."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,20}=\s{0,20}[\"']?\s{0,20}([\w.:-]{1,40})", re.IGNORECASE)
_WALL = re.compile(
    r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|verify(?:ing)? (?:that )?you are"
    r"|security check|checking your browser|ddos-guard|one more step|pardon our interruption|human verification"
    r"|bot verification|captcha",
    re.IGNORECASE,
)


class FeedLink(Struct, frozen=True):
    """A link that its page calls a feed."""

    url: str
    """Whole, http or https."""
    title: str = ""
    is_vague: bool = False
    """Whether its type says no more than that it is XML."""


class WebPage(Struct, frozen=True):
    """What a page says of itself."""

    links: tuple[FeedLink, ...]
    """In the page's order, each address once."""
    canonical: str = ""
    """The page's own address by its own word; empty where it says none."""
    title: str = ""

    @property
    def is_wall(self) -> bool:
        """Whether it is a page that asks for proof of being human, not the one that was asked for."""
        return not self.links and _WALL.search(self.title) is not None


def read_page(body: bytes, url: str, charset: str | None = None) -> WebPage:
    """What the page at `url` says; `charset` is the server's word. Never fails, whatever the bytes."""
    meta = None if charset else _CHARSET.search(body[:META_BYTES_MAX])
    text = decode_body(body, charset or (meta.group(1).decode("ascii", "ignore") if meta else None))
    reader = _Reader()
    # One kind of marked section ends the library's parser with an assertion; as an odd comment it is passed over.
    # The end is not announced: only then is there work that grows with the square of what was never closed.
    reader.feed(text[:PAGE_CHARS_MAX].replace("<![", "<! "))
    base = web_address(reader.base, url) or url
    links: dict[str, FeedLink] = {}
    for href, title, is_vague in reader.links:
        if found := web_address(href, base):
            links.setdefault(found, FeedLink(found, plain_line(title)[:TITLE_CHARS_MAX], is_vague))
    return WebPage(
        links=tuple(links.values()),
        canonical=web_address(reader.canonical, base),
        title=plain_line("".join(reader.title))[:TITLE_CHARS_MAX],
    )


class _Reader(HTMLParser):
    """Collects links as they are written: the base that resolves them may come after them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str, bool]] = []
        self.base = ""
        self.canonical = ""
        self.title: list[str] = []
        self._is_in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._is_in_title = not self.title
        elif tag in ("link", "a", "base"):
            given: dict[str, str] = {}
            for name, value in attrs:
                given.setdefault(name, value or "")  # of an attribute that stands twice, browsers take the first
            self._take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._is_in_title = False

    def handle_data(self, data: str) -> None:
        if self._is_in_title and len(self.title) < TITLE_CHARS_MAX:
            self.title.append(data[:TITLE_CHARS_MAX])

    def _take(self, tag: str, given: dict[str, str]) -> None:
        href = given.get("href", "").strip()
        if not href:
            return
        if tag == "base":
            self.base = self.base or href
            return
        rel = given.get("rel", "").lower().split()
        if tag == "link" and "canonical" in rel:
            self.canonical = self.canonical or href
        kind = given.get("type", "").partition(";")[0].strip().lower()
        is_feed = kind in FEED_TYPES and (tag == "a" or "alternate" in rel or "feed" in rel)
        # A well-known publishing system offers the data of each page as JSON, which is no feed.
        is_feed = is_feed and not (kind == "application/json" and "/wp-json/" in href)
        is_vague = tag == "link" and kind in VAGUE_TYPES and "alternate" in rel
        is_vague = is_vague or (tag == "link" and not kind and rel == ["feed"])
        if (is_feed or is_vague) and len(self.links) < LINKS_MAX:
            self.links.append((href, given.get("title", ""), is_vague and not is_feed))
