"""Which articles are worth a look at their page, and what the page's text makes of theirs.

Effects: none.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from monitor.model import Article, ArticleId, FullText
from monitor.topics.match import CompiledWatchlist, touches_topic
from monitor.urls import host_of, is_web_url

TEASER_CHARS_MAX = 800
"""A text longer than this is taken for the article itself: teasers are under 300 characters in four of five news
feeds, a summary of three paragraphs stays under this, a whole report does not."""
BEGINNING_CHARS = 40
"""Letters by which a teaser is found again in its page."""

_NO_PAGES = frozenset({"news.google.com"})
"""Hosts whose links name no page: where they lead is known to a script of theirs alone."""


class Wishes(Struct, frozen=True):
    """For which articles the page is read."""

    by_feed: Mapping[str, FullText] = field(default_factory=dict)
    """By the feed's name; a feed that is not there has no wish."""
    watchlist: CompiledWatchlist | None = None
    """The topics: an article that holds the rarest word of one is near enough."""

    def choose(self, news: Sequence[Article], answering: Collection[ArticleId]) -> list[Article]:
        """Of new articles that may be told those whose page is wanted.

        `answering` are the articles that answer a topic, or nearly do.
        """
        if not self.by_feed:
            return []
        return [article for article in news if self._is_wanted(article, article.id in answering)]

    def _is_wanted(self, article: Article, is_answering: bool) -> bool:
        if not article.url or len(article.text) > TEASER_CHARS_MAX:
            return False
        wish = self.by_feed.get(article.feed, FullText.NEVER)
        return wish is FullText.ALL or (wish is FullText.MATCHED and (is_answering or self._touches_topic(article)))

    def _touches_topic(self, article: Article) -> bool:
        return self.watchlist is not None and touches_topic(self.watchlist, article)


NO_WISHES = Wishes()


def why_no_page(url: str) -> str:
    """Why a link is not followed to a page, in words; empty where it may be."""
    if not is_web_url(url):
        return "its link is no web address"
    if host_of(url) in _NO_PAGES:
        return "links of Google News lead to no page that can be read"
    return ""


def complete(text: str, page_text: str) -> str:
    """The feed's text, completed by the page's: the page's alone where it holds the beginning of the feed's.

    The same two texts always give the same, so places found in it stay true.
    """
    beginning = "".join(text[: 4 * BEGINNING_CHARS].split())[:BEGINNING_CHARS].casefold()
    if beginning in "".join(page_text.split()).casefold():
        return page_text
    return f"{text}\n{page_text}"
