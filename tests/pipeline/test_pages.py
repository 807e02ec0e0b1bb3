"""Reading pages: as robots.txt allows, within bounds, and an article told once by what its page says."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from monitor.channels.base import Payload
from monitor.errors import ParseError, ParseReason
from monitor.feeds.fetch import Fetcher
from monitor.feeds.fulltext import Wishes
from monitor.feeds.guard import Guard
from monitor.feeds.page import read_page
from monitor.feeds.readable import find_paragraphs
from monitor.model import Digest, Entry, FullText, PageState, PageText, Topic
from monitor.pipeline.digest import close_due
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.pages import RETRY, PageReader
from monitor.storage.pages import PageLimits, StoredPage
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.fakes.http import Script, Scripted, endless, hang, respond, serve_scripts
from tests.feeds.pages import BODY, article_page, record_page
from tests.pipeline.given import (
    SHIPPING,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    digest_context,
    ingest,
    watch,
    with_baseline,
)

HTML = "Content-Type: text/html; charset=utf-8"
HOSTAGE_BODY = BODY + "\nAt night a hostage was set free at the pier, her family said."
ROBOTS = "/robots.txt"
FREE = PageLimits(spacing_s=0.0)


class OwnParser:
    """The real reader without its process."""

    def read_page(self, body: bytes, charset: str | None, *, longer_than: int) -> PageText:
        """As in the child process."""
        if b"poison" in body:
            raise ParseError("reading it takes longer than 10 s", reason=ParseReason.TOO_SLOW)
        return read_page(body, charset, longer_than=longer_than, find_paragraphs=find_paragraphs)


@dataclass
class SnippetChannel(RecordingChannel):
    """A channel that notes the snippets it was to tell."""

    snippets: list[str] = field(default_factory=list)

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """As ever."""
        self.snippets += [story.snippet for story in digest.stories]
        return super().render(digest, key, root)


@dataclass
class Desk:
    """A store with one feed that was read before, a site on loopback, a topic and who reads pages."""

    store: Store
    site: Scripted
    context: IngestContext
    topics: list[Topic]
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))

    def bring(self, *entries: Entry) -> None:
        """The feed brings entries."""
        feeds = with_baseline(self.store, self.context)
        ingest(self.store, [a_visit(feeds[0], entries)], self.context)

    def entry(self, path: str = "/a", about: str = "ferries") -> Entry:
        """An entry of the site whose teaser does not speak of the topic."""
        return an_entry(1, about=about, link=self.site.url(path))

    def read_pages(self, *, allow: tuple[str, ...] = ("127.0.0.1/32",), exchange_s: float = 5.0) -> None:
        """One round."""

        async def work() -> None:
            fetcher = Fetcher(Guard(allow), body_bytes_max=300_000, exchange_s=exchange_s)
            with ThreadPoolExecutor(1) as database, ThreadPoolExecutor(1) as parser:
                reader = PageReader(
                    self.store,
                    fetcher,
                    OwnParser(),  # type: ignore[arg-type]  # the same function without its process
                    self.clock,
                    context=lambda: self.context,
                    owner="me",
                    database_pool=database,
                    parser_pool=parser,
                    limits=FREE,
                )
                await reader.run_round(10.0)
                await reader.drain(1.0)
                await fetcher.close()

        asyncio.run(work())

    def page(self) -> StoredPage:
        """The page of the newest article."""
        with self.store.read() as tx:
            found = tx.pages.of_article(articles_of(self.store)[-1].article.id)
        assert found is not None
        return found

    def matched(self) -> list[str]:
        """The topics of the newest article."""
        with self.store.read() as tx:
            return [one.match.topic for one in tx.matches.of_article(articles_of(self.store)[-1].article.id)]

    def tell(self) -> list[str]:
        """Close what is due; the snippets told."""
        channel = SnippetChannel("desk")
        close_due(self.store, digest_context(self.topics, channel), self.clock.now(), settled=True)
        return channel.snippets


def a_desk(store: Store, site: Scripted, wish: FullText = FullText.ALL) -> Desk:
    """A desk whose topic is told at once."""
    topics = [a_topic(schedule="now"), a_topic(SHIPPING, "now")]
    watch(store, topics)
    context = replace(a_context(topics), wishes=Wishes({"Outlet 0": wish}))
    return Desk(store, site, context, topics)


@pytest.fixture
def site() -> Iterator[Scripted]:
    """A site without a robots.txt."""
    with serve_scripts() as served:
        yield served


@pytest.fixture
def desk(sqlite_store: Store, site: Scripted) -> Desk:
    """A desk over SQLite."""
    return a_desk(sqlite_store, site)


def test_a_teaser_that_misses_is_told_once_by_its_page(store: Store, site: Scripted) -> None:
    """The match is recorded as the ingest does, its snippet comes from the page, and nothing comes twice."""
    desk = a_desk(store, site)
    page = record_page({"@type": "NewsArticle", "articleBody": HOSTAGE_BODY})
    site.script("/a", respond(headers=HTML, body=page.encode()))
    desk.bring(desk.entry())
    assert desk.tell() == []
    desk.read_pages()
    [snippet] = desk.tell()
    assert "a hostage was set free" in snippet
    desk.read_pages()
    desk.clock.forward(days=1)
    desk.read_pages()
    assert desk.tell() == []
    assert [asked.path for asked in site.asked] == [ROBOTS, "/a"]
    assert desk.matched() == ["hostages"]


def test_the_teaser_is_kept_and_completed(desk: Desk, site: Scripted) -> None:
    """The feed's own text stays as it was; what the page lacks of it is not lost to the query."""
    desk.topics[0] = a_topic(schedule="now", query="hostage AND meeting")
    desk.context = replace(a_context(desk.topics), wishes=desk.context.wishes)
    site.script("/a", respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    entry = desk.entry()
    desk.bring(entry)
    desk.read_pages()
    assert articles_of(desk.store)[-1].article.text == entry.summary
    assert entry.summary not in desk.page().text
    assert desk.matched() == ["hostages"]


def test_matched_reads_the_pages_of_what_answers_or_nearly_does(sqlite_store: Store, site: Scripted) -> None:
    """A teaser that speaks of something else costs no visit; a baseline and a long text cost none either."""
    desk = a_desk(sqlite_store, site, FullText.MATCHED)
    desk.topics[0] = a_topic(schedule="now", query="hostage AND valley")
    context = a_context(desk.topics)
    desk.context = replace(context, wishes=replace(desk.context.wishes, watchlist=context.watchlist))
    for path in ("/near", "/far", "/long"):
        site.script(path, respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    long = an_entry(3, link=site.url("/long"), summary="The hostage came to the valley. " * 100)
    desk.bring(an_entry(1, link=site.url("/near")), an_entry(2, about="rain", link=site.url("/far")), long)
    desk.read_pages()
    assert [asked.path for asked in site.asked] == [ROBOTS, "/near"]


def test_a_match_that_is_there_stays_and_may_stand_on_better_evidence(desk: Desk, site: Scripted) -> None:
    """Told or not, it is one match; once a digest has taken it, it stays as it was told."""
    desk.topics[0] = a_topic(schedule="now", query="hostage OR pier OR Bellmoor")
    desk.context = replace(a_context(desk.topics), wishes=desk.context.wishes)
    site.script("/a", respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    desk.bring(desk.entry(about="hostage"))
    with desk.store.read() as tx:
        [before] = tx.matches.of_article(articles_of(desk.store)[-1].article.id)
    desk.read_pages()
    with desk.store.read() as tx:
        [after] = tx.matches.of_article(before.match.article_id)
    assert {one.concept for one in before.match.evidence} < {one.concept for one in after.match.evidence}
    assert (after.matched_at, after.story_id) == (before.matched_at, before.story_id)
    assert len(desk.tell()) == 1
    assert desk.tell() == []


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (respond("404 Not Found"), PageState.FAILED, "404"),
        (respond("410 Gone"), PageState.FAILED, "410"),
        (respond("403 Forbidden"), PageState.FAILED, "403"),
        (respond("500 Oops"), PageState.DUE, "500"),
        (respond(headers="Content-Type: application/pdf", body=b"%PDF"), PageState.REFUSED, "no web page"),
        (respond(headers=HTML, body=b"<p>The ferries. Subscribe to read on.</p>"), PageState.FAILED, "no more than"),
        (respond(headers=HTML, body=b"poison"), PageState.FAILED, "longer than 10 s"),
        (respond("302 Found", "Location: http://127.0.0.2/secret"), PageState.REFUSED, "not on the open internet"),
        (respond("302 Found", "Location: http://10.0.0.1/robots.txt"), PageState.REFUSED, "not on the open internet"),
        (endless, PageState.FAILED, "larger than"),
        (hang, PageState.DUE, "too long"),
    ],
)
def test_what_a_page_can_come_to(desk: Desk, site: Scripted, answer: Script, state: PageState, reason: str) -> None:
    """Each with its reason; only what may be over in a few hours is tried again."""
    site.script("/a", answer)
    desk.bring(desk.entry())
    desk.read_pages(exchange_s=0.3 if answer is hang else 5.0)
    page = desk.page()
    assert (page.state, page.text) == (state, "")
    assert reason in page.reason
    assert desk.matched() == []


def test_a_page_that_failed_is_tried_once_more_hours_later(desk: Desk, site: Scripted) -> None:
    """And then no more."""
    site.script("/a", respond("500 Oops"))
    desk.bring(desk.entry())
    for _ in range(4):
        desk.read_pages()
        desk.clock.forward(hours=RETRY.total_seconds() / 3600)
    assert [asked.path for asked in site.asked if asked.path != ROBOTS] == ["/a", "/a"]
    assert (desk.page().state, desk.page().attempts) == (PageState.FAILED, 2)


def test_robots_are_respected_and_asked_once(desk: Desk, site: Scripted) -> None:
    """What is forbidden is not asked for, also where a redirect leads there."""
    site.script(ROBOTS, respond(body=b"User-agent: *\nDisallow: /locked"))
    site.script("/a", respond("302 Found", "Location: /locked/a"))
    site.script("/locked/a", respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    desk.bring(desk.entry("/locked/b"), an_entry(2, about="rain", link=site.url("/a")))
    desk.read_pages()
    assert (desk.page().state, desk.page().reason) == (PageState.REFUSED, "the site's robots.txt forbids it")
    assert [asked.path for asked in site.asked] == [ROBOTS, "/a", "/locked/a"]
    assert desk.matched() == []


def test_a_site_whose_robots_cannot_be_read_allows_nothing_yet(desk: Desk, site: Scripted) -> None:
    """A broken server is not taken for a welcome."""
    site.script(ROBOTS, respond("503 Busy"))
    desk.bring(desk.entry())
    desk.read_pages()
    assert desk.page().state is PageState.DUE
    assert [asked.path for asked in site.asked] == [ROBOTS]
    site.script(ROBOTS, respond("404 None"))
    site.script("/a", respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    desk.clock.forward(hours=5)
    desk.read_pages()
    assert desk.matched() == ["hostages"]


def test_a_stop_in_the_middle_loses_nothing(desk: Desk, site: Scripted) -> None:
    """Killed while a page is on its way, it is due again when the lease ends."""
    site.script("/a", respond(headers=HTML, body=article_page(HOSTAGE_BODY).encode()))
    desk.bring(desk.entry())
    with desk.store.write() as tx:
        assert tx.pages.claim_due(desk.clock.now(), owner="killed", limit=1, limits=FREE)
    desk.read_pages()
    assert site.asked == []
    desk.clock.forward(minutes=4)
    desk.read_pages()
    assert desk.matched() == ["hostages"]


def test_without_a_wish_nothing_is_asked(desk: Desk, site: Scripted) -> None:
    """Turned off, what waits is left alone."""
    desk.bring(desk.entry())
    desk.context = replace(desk.context, wishes=Wishes())
    desk.read_pages()
    assert site.asked == []
    assert desk.page().state is PageState.DUE
