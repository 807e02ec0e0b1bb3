"""An article is matched by its words at once and by its meaning soon after: told once, and nothing lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.model import Article, ArticleId, PageRoad, PageState, Via
from monitor.pipeline.digest import close_due
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.meanings import PORTION, MeaningReader
from monitor.pipeline.pages import settle_page
from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.pages import PageLimits, PageOutcome
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from monitor.topics.nearness import BACKGROUND_MAX, Meanings, Vector, pack_vector
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.fakes.meaning import MODEL, encode, some_news
from tests.pipeline.given import (
    OWNER,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)
from tests.storage.given import store_articles

ASKING = replace(load_lexicon(), asks_meaning=True)
HINTED = "The captive spoke with an envoy. A mediator hopes for her release. " + "Nothing else is known today. " * 8
TOPIC = a_topic(schedule="now", name="Captive officer", query=None)


@dataclass
class Desk:
    """A store with a background of read articles, one topic told at once, and who reads what waits."""

    store: Store
    context: IngestContext
    model: Callable[[str], Vector] = encode
    clock: FakeClock = field(default_factory=lambda: FakeClock(START + timedelta(minutes=1)))

    def bring(self, text: str) -> None:
        """The feed brings an entry of this text."""
        feeds = with_baseline(self.store, self.context)
        ingest(self.store, [a_visit(feeds[0], [an_entry(1, about="weather", summary=text)])], self.context)

    def reader(self) -> MeaningReader:
        """Who reads, newly started."""
        return MeaningReader(self.store, lambda: Meanings(self.model, MODEL), self.clock, context=lambda: self.context)

    def read(self) -> int:
        """One round."""
        return self.reader().run_round(60)

    @property
    def article(self) -> Article:
        """The newest article."""
        return articles_of(self.store)[-1].article

    def roads(self) -> list[set[Via]]:
        """By which roads the newest article's matches were found."""
        with self.store.read() as tx:
            return [{one.via for one in known.match.evidence} for known in tx.matches.of_article(self.article.id)]

    def tell(self) -> list[int]:
        """Close what is due; the stories told so far."""
        channel = RecordingChannel("desk")
        close_due(self.store, digest_context([TOPIC], channel), self.clock.now(), settled=True)
        return told_stories(self.store)


def a_desk(store: Store, background: int = 300) -> Desk:
    """A desk whose archive has so many vectors of articles swept since."""
    watch(store, [TOPIC])
    with store.write() as tx:
        vectors = {ArticleId(100_000 + n): pack_vector(encode(text)) for n, text in enumerate(some_news(background))}
        tx.vectors.add(MODEL, vectors)
    return Desk(store, a_context([TOPIC], lexicon=ASKING))


@pytest.fixture
def desk(sqlite_store: Store) -> Desk:
    """A desk over SQLite."""
    return a_desk(sqlite_store)


def test_an_article_that_only_means_it_is_told_once(store: Store) -> None:
    """Nothing by its words; seconds later by its meaning, with the evidence that says so; and never again."""
    desk = a_desk(store)
    desk.bring(HINTED)
    assert desk.roads() == []
    assert desk.tell() == []
    assert desk.read() == 2
    [roads] = desk.roads()
    assert Via.MEANING in roads
    story = articles_of(store)[-1].story_id
    assert desk.tell() == [story]
    assert desk.read() == 0
    assert desk.tell() == [story]


def test_a_stop_after_any_portion_loses_nothing(desk: Desk) -> None:
    """Articles and their vectors are rows: a new process goes on where the old one was killed."""
    store_articles(desk.store, [replace(desk_article(number), text=HINTED) for number in range(50, 50 + 2 * PORTION)])
    stops = iter([False, True])
    assert desk.reader().run_round(60, lambda: next(stops)) == PORTION
    assert desk.read() == PORTION
    assert desk.read() == 0
    with desk.store.read() as tx:
        assert len(tx.matches.open_for(TOPIC.key)) == 2 * PORTION


def desk_article(number: int) -> Article:
    """An article of the feed, seen a minute ago."""
    return Article(ArticleId(number), f"Report number {number}", "", seen_at=START)


def test_a_baseline_makes_a_background_and_is_told_to_nobody(sqlite_store: Store) -> None:
    """The first reading of a feed is not news, however near it is."""
    desk = a_desk(sqlite_store)
    store_articles(sqlite_store, [replace(desk_article(7), text=HINTED)], standing="baseline")
    assert desk.read() == 1
    assert desk.roads()
    assert desk.tell() == []


def test_with_a_full_background_silent_articles_are_not_read(sqlite_store: Store) -> None:
    """A cold start brings thousands; none of them is worth the model's time once it knows what is usual."""
    desk = a_desk(sqlite_store, BACKGROUND_MAX)
    store_articles(sqlite_store, [desk_article(7)], standing="baseline")
    assert desk.read() == 0


def test_a_page_that_says_more_is_read_anew(desk: Desk) -> None:
    """A teaser of nothing, then the page behind it: its meaning is judged with the page's text."""
    desk.bring("Nothing yet.")
    assert desk.read() == 2
    assert desk.roads() == []
    with desk.store.write() as tx:
        tx.pages.enqueue([desk.article], START)
        [task] = tx.pages.claim_due(START, owner=OWNER, limit=1, limits=PageLimits())
    outcome = PageOutcome(PageState.GOT, HINTED, PageRoad.JSON_LD)
    assert settle_page(desk.store, task, outcome, desk.context, owner=OWNER, now=START)
    assert desk.roads() == []
    assert desk.read() == 1
    assert [Via.MEANING in roads for roads in desk.roads()] == [True]


def test_a_page_stored_while_the_model_reads_is_read_anew(desk: Desk) -> None:
    """The vector of the teaser would stand for the whole article, and its page never be judged by meaning."""
    desk.bring("Nothing yet.")
    with desk.store.write() as tx:
        tx.pages.enqueue([desk.article], START)
        tasks = tx.pages.claim_due(START, owner=OWNER, limit=1, limits=PageLimits())

    def overtaken(text: str) -> Vector:
        if tasks and "Nothing yet." in text:
            outcome = PageOutcome(PageState.GOT, HINTED, PageRoad.JSON_LD)
            assert settle_page(desk.store, tasks.pop(), outcome, desk.context, owner=OWNER, now=START)
        return encode(text)

    desk.model = overtaken
    desk.read()
    assert tasks == []
    assert [Via.MEANING in roads for roads in desk.roads()] == [True]
    assert desk.read() == 0


def test_what_came_late_is_found_by_a_look_at_the_whole_day(desk: Desk) -> None:
    """A look goes back two hours as a rule, a day every ten minutes: cheap, and nothing waits for ever."""
    reader = desk.reader()
    assert reader.run_round(60) == 0
    late = replace(desk_article(60), text=HINTED, seen_at=desk.clock.now() - timedelta(hours=5))
    store_articles(desk.store, [late])
    assert reader.run_round(60) == 0
    desk.clock.forward(minutes=11)
    assert reader.run_round(60) == 1


def test_one_text_that_breaks_the_model_stops_no_other(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, and not tried again and again."""

    def breaking(text: str) -> Vector:
        if "poison" in text:
            raise RuntimeError("cannot be read")
        return encode(text)

    desk.model = breaking
    desk.bring(HINTED + "poison")
    store_articles(desk.store, [replace(desk_article(70_000), text=HINTED)])
    assert desk.read() == 3
    assert desk.read() == 0
    assert "meaning.broke" in caplog.text
    with desk.store.read() as tx:
        assert [one.match.article_id for one in tx.matches.open_for(TOPIC.key)] == [70_000]


def test_a_name_that_breaks_the_model_stops_no_round(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What waits is read and left to its words; the round does not stand still before the same articles for ever."""

    def breaking(text: str) -> Vector:
        if text == TOPIC.name:
            raise RuntimeError("cannot be read")
        return encode(text)

    desk.model = breaking
    desk.bring(HINTED)
    assert desk.read() > 0
    assert desk.read() == 0
    assert "meaning.broke" in caplog.text


def test_a_model_that_cannot_be_loaded_keeps_what_waits(desk: Desk) -> None:
    """The daemon says so and asks again; nothing is marked as read."""

    def refuse() -> Meanings:
        raise MonitorError("the sentence model cannot be read")

    desk.bring(HINTED)
    broken = MeaningReader(desk.store, refuse, desk.clock, context=lambda: desk.context)
    with pytest.raises(MonitorError):
        broken.run_round(60)
    assert desk.read() == 2


def test_where_it_is_not_asked_nothing_is_read(sqlite_store: Store) -> None:
    """Without the extra, or switched off, not one vector is made."""
    desk = a_desk(sqlite_store)
    desk.context = a_context([TOPIC], lexicon=load_lexicon())
    desk.bring(HINTED)
    assert desk.read() == 0


def test_vectors_go_with_their_articles(desk: Desk) -> None:
    """Retention leaves none behind."""
    desk.bring("Nothing yet.")
    desk.read()
    key = desk.article.id
    sweep(desk.store, Retention(articles_days=8), START + timedelta(days=30))
    assert articles_of(desk.store) == []
    with desk.store.read() as tx:
        assert not tx.vectors.has(key)
