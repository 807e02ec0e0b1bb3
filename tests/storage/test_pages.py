"""Pages: who reads them, how often a host is visited, and what is kept. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.model import Article, ArticleId, PageRoad, PageState
from monitor.storage.pages import LEASE_S, PageLimits, PageOutcome, PageTask, page_texts
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import an_article, store_articles

LIMITS = PageLimits(per_hour=100, spacing_s=2.0)
GOT = PageOutcome(PageState.GOT, "The whole text", PageRoad.JSON_LD)


def want(store: Store, *articles: Article) -> None:
    """Keep articles and want their pages."""
    store_articles(store, list(articles))
    with store.write() as tx:
        tx.pages.enqueue(articles, START)


def claim(store: Store, after_s: float = 0, *, owner: str = "me", limits: PageLimits = LIMITS) -> list[PageTask]:
    """What a worker gets at that time."""
    with store.write() as tx:
        return tx.pages.claim_due(START + timedelta(seconds=after_s), owner=owner, limit=9, limits=limits)


def settle(store: Store, task: PageTask, outcome: PageOutcome, after_s: float = 0, *, owner: str = "me") -> bool:
    """Write an outcome."""
    with store.write() as tx:
        return tx.pages.settle(task, outcome, owner=owner, now=START + timedelta(seconds=after_s))


def state_of(store: Store, article_id: int) -> PageState:
    """How a page stands."""
    with store.read() as tx:
        page = tx.pages.of_article(ArticleId(article_id))
    assert page is not None
    return page.state


def test_one_page_of_a_host_at_a_time_and_then_a_rest(store: Store) -> None:
    """Three pages of one host and one of another: two are read at once, the others one by one."""
    want(store, an_article(1), an_article(2), an_article(3), an_article(4, feed_id=2))
    first, other = claim(store)
    assert [first.article_id, other.article_id] == [1, 4]
    assert first.feed_chars == len(an_article(1).text)
    assert claim(store, 10) == []
    settle(store, first, GOT, 10)
    assert claim(store, 11) == []
    [second] = claim(store, 12)
    assert second.article_id == 2


def test_a_lease_that_ran_out_frees_the_page_and_the_late_worker_writes_nothing(store: Store) -> None:
    """A worker that died, or slept too long, keeps a page no longer than the lease."""
    want(store, an_article(1))
    [task] = claim(store, owner="dead")
    assert claim(store, LEASE_S - 1) == []
    [again] = claim(store, LEASE_S, owner="alive")
    assert not settle(store, task, GOT, LEASE_S, owner="dead")
    assert settle(store, again, GOT, LEASE_S, owner="alive")
    assert not settle(store, again, GOT, LEASE_S, owner="alive")
    with store.read() as tx:
        page = tx.pages.of_article(ArticleId(1))
        assert page_texts(tx.connection, [ArticleId(1), ArticleId(2)]) == {1: "The whole text"}
    assert page is not None
    assert (page.state, page.text, page.road, page.attempts) == (PageState.GOT, GOT.text, GOT.road, 1)


def test_what_a_stop_left_is_due_at_once(store: Store) -> None:
    """A drained worker gives its pages back."""
    want(store, an_article(1))
    claim(store)
    with store.write() as tx:
        assert tx.pages.release(START, "other") == 0
        assert tx.pages.release(START, "me") == 1
    assert len(claim(store)) == 1


def test_so_many_pages_an_hour_and_no_more(store: Store) -> None:
    """The bound is over all hosts, and ends with the hour."""
    want(store, *(an_article(number, feed_id=number) for number in range(1, 5)))
    limits = replace(LIMITS, per_hour=2)
    for task in claim(store, limits=limits):
        settle(store, task, GOT)
    assert claim(store, 3_599, limits=limits) == []
    with store.read() as tx:
        assert not tx.pages.is_due(START + timedelta(seconds=3_599), limits)
        assert tx.pages.is_due(START + timedelta(seconds=3_601), limits)
    assert len(claim(store, 3_601, limits=limits)) == 2


@pytest.mark.parametrize(
    "outcome", [GOT, PageOutcome(PageState.REFUSED, reason="forbidden"), PageOutcome(PageState.FAILED, reason="404")]
)
def test_a_page_that_was_read_for_one_article_is_known_for_another(store: Store, outcome: PageOutcome) -> None:
    """Two feeds show one address, one of them with its own tracking: the site is asked once."""
    article = an_article(1)
    want(store, article, replace(an_article(2), url=article.url + "?utm_source=rss"))
    [first] = claim(store)
    assert first.known is None
    settle(store, first, outcome)
    [second] = claim(store, 60)
    assert second.known == replace(outcome, visited=False)


def test_a_page_that_is_to_be_tried_again_is_tried_for_all_its_articles_then(store: Store) -> None:
    """A second article is no reason to knock at once."""
    article = an_article(1)
    want(store, article, replace(an_article(2), url=article.url))
    [first] = claim(store)
    later = START + timedelta(hours=4)
    settle(store, first, PageOutcome(PageState.DUE, reason="timeout", next_at=later))
    [second] = claim(store, 60)
    assert second.known is not None
    assert (second.known.state, second.known.next_at) == (PageState.DUE, later)


def test_a_host_that_asks_for_rest_gets_it(store: Store) -> None:
    """All its pages wait; other hosts do not."""
    want(store, an_article(1), an_article(2), an_article(3, feed_id=2))
    first, other = claim(store)
    settle(store, other, GOT)
    rest = START + timedelta(minutes=30)
    settle(store, first, PageOutcome(PageState.FAILED, reason="429", rest_until=rest))
    assert claim(store, 1_700) == []
    assert len(claim(store, 1_800)) == 1


def test_a_link_of_google_news_is_refused_at_once(store: Store) -> None:
    """It names no page; nobody is asked."""
    want(store, replace(an_article(1), url="https://news.google.com/rss/articles/CBMi"))
    assert claim(store) == []
    assert state_of(store, 1) is PageState.REFUSED


def test_pages_go_with_their_articles_and_old_wishes_end(store: Store) -> None:
    """Nothing waits for ever, and nothing outlives its article."""
    want(store, an_article(1), an_article(2))
    with store.write() as tx:
        assert tx.pages.expire(START) == 0
        assert tx.pages.expire(START + timedelta(seconds=1)) == 2
        tx.pages.forget([ArticleId(1)])
        assert tx.pages.of_article(ArticleId(1)) is None
    assert state_of(store, 2) is PageState.FAILED
