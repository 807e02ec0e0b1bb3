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
ABOUT_HARVESTS = 1_000


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
    harvests = [f"A good harvest of {number} barrels." for number in range(ABOUT_HARVESTS)]
    news = [an_article(number, text, 2) for number, text in enumerate(hostages + floods + harvests, start=1)]
    return news + [an_article(number, "A flood has reached an embassy.") for number in range(9_000, 9_500)]


def test_of_many_articles_a_part_is_judged(store: Store) -> None:
    """What a topic finds and what a term would bring is then about so many; all is judged while there is no index."""
    store_articles(store, much_news())
    compiled = compile_watchlist(Watchlist((topic("hostage"),)), load_lexicon())
    whole = suggest_terms(store, compiled, START + DAY)
    assert (whole.found, whole.is_found_exact, whole.is_exact) == (ABOUT_HOSTAGES, True, True)
    [embassy] = [one for one in whole.additions if one.text == "embassy"]
    assert embassy.more == ABOUT_FLOODS

    assert Indexer(store).catch_up(portions=50)
    some = suggest_terms(store, compiled, START + DAY)
    assert not some.is_found_exact
    assert not some.is_exact
    assert abs(some.found - ABOUT_HOSTAGES) < 0.1 * ABOUT_HOSTAGES
    [embassy] = [one for one in some.additions if one.text == "embassy"]
    assert abs(embassy.more - ABOUT_FLOODS) < 0.1 * ABOUT_FLOODS


def test_of_a_query_that_asks_for_no_word_a_part_is_judged(store: Store) -> None:
    """The index names nothing for it and most articles answer: a part of all of them says how many."""
    store_articles(store, much_news())
    assert Indexer(store).catch_up(portions=50)
    compiled = compile_watchlist(Watchlist((topic("dry", query="source:feed1.example.org NOT flood"),)), load_lexicon())
    some = suggest_terms(store, compiled, START + DAY)
    assert not some.is_found_exact
    assert abs(some.found - ABOUT_HOSTAGES - ABOUT_HARVESTS) < 0.1 * (ABOUT_HOSTAGES + ABOUT_HARVESTS)
