"""The page that an article's link leads to, and what it added to the article.

Effects: none.
"""

from enum import StrEnum

from msgspec import Struct


class FullText(StrEnum):
    """For which articles of a feed the page is read."""

    MATCHED = "matched"
    """Those with a short text that answers a topic, or nearly does."""
    ALL = "all"
    """All with a short text."""
    NEVER = "never"


class PageState(StrEnum):
    """What became of a page that was wanted."""

    DUE = "due"
    LEASED = "leased"
    GOT = "got"
    FAILED = "failed"
    """It could not be read, or it holds no more than the feed said."""
    REFUSED = "refused"
    """It may not be read, or leads to nothing that can be read."""


class PageRoad(StrEnum):
    """By what road a page's text was found."""

    JSON_LD = "json-ld"
    """The publisher's own record of the article, written into the page for machines."""
    PARAGRAPHS = "paragraphs"
    """The page's paragraphs, without what stands around them."""
    DESCRIPTION = "description"
    """The page's own summary of itself."""


class PageText(Struct, frozen=True):
    """The article's text as its page has it: cleaned and bounded, empty where the page has none."""

    text: str = ""
    road: PageRoad | None = None


class PageHeadlines(Struct, frozen=True):
    """The headlines a page gives its article, each once, the one for readers first; empty where it has none."""

    titles: tuple[str, ...] = ()
