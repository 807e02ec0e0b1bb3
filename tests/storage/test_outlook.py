"""What the archive says of a watchlist: how much each topic would find a day, and what it never will."""

from datetime import timedelta

from monitor.model import ArticleId, FeedId, Topic, TopicKey, Watchlist
from monitor.model.articles import Article
from monitor.pipeline.indexing import Indexer
from monitor.storage.outlook import ARTICLES_MIN, Outlook, look_ahead
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from tests.fakes.clock import START
from tests.storage.given import store_articles
from tests.topics.articles import topic

LEXICON = load_lexicon()
COUNT = 2_000
DAYS = 10
NOW = START + timedelta(days=DAYS, seconds=1)


def fill(store: Store, count: int = COUNT) -> None:
    """Ten days of articles: the council stands in all, a tanker in every fortieth, a comet in the oldest alone."""
    store_articles(
        store,
        [
            Article(
                ArticleId(number),
                f"The council on matter {number}",
                ("A tanker sank. " if number % 40 == 0 else "") + ("A comet." if number == 1 else "Nothing else."),
                f"https://feed1.example.org/{number}",
                FeedId(1),
                language="en",
                seen_at=START + number * timedelta(days=DAYS) / count,
            )
            for number in range(1, count + 1)
        ],
    )
    Indexer(store).catch_up(portions=20)


def watched(*topics: Topic, **lists: tuple[str, ...]) -> CompiledWatchlist:
    """These topics with the lexicon of the package."""
    return compile_watchlist(Watchlist(topics, lists), LEXICON)


def outlook(store: Store, one: Topic, **lists: tuple[str, ...]) -> Outlook:
    """The outlook of one topic."""
    return look_ahead(store, watched(one, **lists), NOW, lambda: False)[one.key]


def test_matches_a_day_are_counted_over_the_last_week(store: Store) -> None:
    """As many as the matcher finds, by name and by query; without a note where nothing is odd."""
    fill(store)
    assert outlook(store, topic("t", query="tanker AND council")) == Outlook(5.0)
    assert outlook(store, topic("tanker")) == Outlook(5.0)
    comet = outlook(store, topic("t", query="comet"))
    assert comet == Outlook(0.0)  # seen once, not in the last week


def test_what_was_never_seen_is_told_with_its_column(store: Store) -> None:
    """A slip of the finger finds nothing for ever, and nobody would notice."""
    fill(store)
    lints = outlook(store, topic("t", query='tanker AND (counci1 OR zeppelin* OR "the council")')).lints
    assert lints == (
        "column 13: counci1 was never seen in 2,000 articles.",
        "column 24: zeppelin* was never seen in 2,000 articles.",
    )
    assert outlook(store, topic("tankr council")).lints == ('"tankr council": tankr was never seen in 2,000 articles.',)


def test_very_many_a_day_are_told(store: Store) -> None:
    """A name of words that stand everywhere, and a query that finds more than anybody reads."""
    fill(store)
    [lint] = outlook(store, topic("council matter")).lints
    assert lint.startswith('every word of "council matter" stands in more than a fifth of all articles: it matches')
    fill_more = outlook(store, topic("t", query="council"))
    assert (fill_more.per_day, fill_more.lints) == (200.0, ())


def test_a_small_archive_or_one_without_an_index_says_nothing(store: Store) -> None:
    """Of a few articles most words are missing: that is no news."""
    fill(store, ARTICLES_MIN - 1)
    assert look_ahead(store, watched(topic("zeppelin")), START, lambda: False) == {}


def test_topics_whose_time_does_not_come_are_left_out(store: Store) -> None:
    """A long watchlist over a large archive ends in time, with the first topics told."""
    fill(store)
    turns = iter([False, True])
    found = look_ahead(store, watched(topic("tanker"), topic("comet")), NOW, lambda: next(turns))
    assert [*found] == [TopicKey("tanker")]
