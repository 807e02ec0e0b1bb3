"""Terms suggested out of the archive: what is judged is bounded, and what is left out is told."""

from datetime import timedelta

from monitor.model import Article, ArticleId, FeedId, Watchlist
from monitor.pipeline.indexing import Indexer
from monitor.storage.store import Store
from monitor.storage.suggesting import FOUND_MAX, JUDGED_MAX, suggest_terms
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import compile_watchlist
from tests.fakes.clock import START
from tests.storage.given import store_articles
from tests.topics.articles import topic

DAY = timedelta(days=1)
ABOUT_HOSTAGES = 2 * FOUND_MAX
ABOUT_FLOODS = 2 * JUDGED_MAX


def an_article(number: int, text: str, days: float = 0) -> Article:
    """An article that was seen some days after the start."""
    url = f"https://feed1.example.org/{number}"
    seen_at = START + days * DAY
    return Article(ArticleId(number), "", text, url=url, feed_id=FeedId(1), language="en", seen_at=seen_at)


def much_news() -> list[Article]:
    """Hostage news that speaks of an embassy, floods at embassies, harvests; and old floods that nobody asks for."""
    verbs = ("spoke", "wrote", "warned", "heard")
    hostages = [f"The embassy {verbs[number // 7 % 4]} of a hostage, day {number}." for number in range(ABOUT_HOSTAGES)]
    floods = [f"Flood {number} has reached an embassy." for number in range(ABOUT_FLOODS)]
    harvests = [f"A good harvest of {number} barrels." for number in range(1_000)]
    news = [an_article(number, text, 2) for number, text in enumerate(hostages + floods + harvests, start=1)]
    return news + [an_article(number, "A flood has reached an embassy.") for number in range(9_000, 9_500)]


def test_of_many_articles_a_part_is_judged(store: Store) -> None:
    """What a topic finds and what a term would bring is then about so many, with the index of words and without."""
    store_articles(store, much_news())
    compiled = compile_watchlist(Watchlist((topic("hostage"),)), load_lexicon())
    for is_indexed in (False, True):
        if is_indexed:
            assert Indexer(store).catch_up(portions=50)
        suggested = suggest_terms(store, compiled, START + DAY)
        assert not suggested.is_found_exact
        assert not suggested.is_exact
        assert abs(suggested.found - ABOUT_HOSTAGES) < 0.1 * ABOUT_HOSTAGES
        [embassy] = [one for one in suggested.additions if one.text == "embassy"]
        assert abs(embassy.more - ABOUT_FLOODS) < 0.1 * ABOUT_FLOODS
