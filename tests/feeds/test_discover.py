"""From a page's address to its feeds: what is asked, in which order, how often, and what never."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from monitor.errors import FetchError, FetchReason, MonitorError
from monitor.feeds.discover import FoundBy, FoundFeed, discover, discover_once
from monitor.feeds.fetch import Fetcher
from monitor.feeds.guard import Guard
from monitor.feeds.parse import parse_feed
from monitor.feeds.sites import USUAL_PLACES
from monitor.model import ParsedFeed
from tests.fakes.http import Scripted, hang, respond, serve_scripts

OWN = ["127.0.0.1/32"]


def a_feed(title: str = "Harbour", entries: int = 2) -> bytes:
    """An answer with a feed."""
    items = "".join(
        f"<item><title>{title} {n}</title><link>https://x.example/{title}/{n}</link>"
        f"<pubDate>Tue, 0{n + 1} Sep 2026 08:00:00 GMT</pubDate></item>"
        for n in range(entries)
    )
    text = f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
    return respond(body=text.encode())


def a_page(*hrefs: str, more: str = "") -> bytes:
    """An answer with a page that links feeds."""
    links = "".join(f'<link rel=alternate type=application/rss+xml href="{href}">' for href in hrefs)
    return respond(headers="Content-Type: text/html", body=f"<!doctype html><head>{links}{more}</head>".encode())


def parse(body: bytes, base_url: str, charset: str | None) -> ParsedFeed:
    """The parser in this process."""
    return parse_feed(body, base_url=base_url, charset=charset)


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    with serve_scripts() as served:
        yield served


def find(
    url: str, *, requests_max: int = 50, whole_s: float = 10.0, exchange_s: float = 5.0, allow: Sequence[str] = OWN
) -> tuple[FoundFeed, ...]:
    """One discovery with small bounds."""

    async def work() -> tuple[FoundFeed, ...]:
        fetcher = Fetcher(Guard(allow), exchange_s=exchange_s, body_bytes_max=100_000)
        try:
            return await discover(url, fetcher, parse, requests_max=requests_max, whole_s=whole_s)
        finally:
            await fetcher.close()

    return asyncio.run(work())


def failure(url: str, **bounds: float) -> MonitorError:
    """The error of a discovery that must find nothing."""
    with pytest.raises(MonitorError) as caught:
        find(url, **bounds)  # type: ignore[arg-type]  # bounds of `find`
    return caught.value


def asked(server: Scripted) -> list[str]:
    """The paths that were asked for."""
    return [one.path for one in server.asked]


def test_a_feed_is_its_own_address(server: Scripted) -> None:
    """Nothing else is asked for; its newest date and entries are known."""
    url = server.script("/feed", a_feed(entries=3))
    [feed] = find(url)
    assert (feed.url, feed.found_by, feed.parsed.title, len(feed.parsed.entries)) == (url, FoundBy.ITSELF, "Harbour", 3)
    assert feed.newest is not None
    assert feed.newest.day == 3
    assert asked(server) == ["/feed"]


def test_an_address_without_a_scheme(server: Scripted) -> None:
    """https comes first; where nobody speaks it, http."""
    server.script("/feed", a_feed())
    [feed] = find(f" 127.0.0.1:{server.port}/feed#top", exchange_s=0.1)
    assert feed.url == server.url("/feed")


def test_links_of_the_page_best_first(server: Scripted) -> None:
    """Those that are feeds, in the page's order, empty ones last, one that leads to another of them once."""
    server.script("/empty", a_feed("Empty", entries=0))
    server.script("/one", a_feed("One"))
    server.script("/again", respond("302 Found", "Location: /one"))
    server.script("/two", a_feed("Two"))
    server.script("/page", a_page("/empty", "one", "/again", "/none", "/two", "/page"))
    found = find(server.url("/page"))
    assert [(feed.parsed.title, feed.url) for feed in found] == [
        ("One", server.url("/one")),
        ("Two", server.url("/two")),
        ("Empty", server.url("/empty")),
    ]
    assert {feed.found_by for feed in found} == {FoundBy.LINK}
    assert asked(server) == ["/page", "/empty", "/one", "/again", "/one", "/none", "/two"]


def test_links_are_resolved_by_where_the_page_is(server: Scripted) -> None:
    """After a redirect, not by what was typed."""
    server.script("/old", respond("301 Moved", "Location: /new/place/"))
    server.script("/new/place/", a_page("feed.xml"))
    server.script("/new/place/feed.xml", a_feed())
    assert [feed.url for feed in find(server.url("/old"))] == [server.url("/new/place/feed.xml")]


def test_feeds_of_comments_come_when_there_is_no_other(server: Scripted) -> None:
    """By address before they are asked for, by title after."""
    server.script("/comments/feed/", a_feed("All comments"))
    server.script("/post/feed/", a_feed("Comments on: Harbour"))
    server.script("/feed/", a_feed())
    server.script("/page", a_page("/comments/feed/", "/post/feed/", "/feed/"))
    assert [feed.parsed.title for feed in find(server.url("/page"))] == ["Harbour"]
    assert "/comments/feed/" not in asked(server)

    server.script("/feed/", respond("404 Not Found"))
    only = find(server.url("/page"))
    assert [(feed.parsed.title, feed.is_comments) for feed in only] == [
        ("Comments on: Harbour", True),
        ("All comments", True),
    ]


def test_a_feed_of_comments_by_its_own_address_is_one(server: Scripted) -> None:
    """Who gives it wants it."""
    [feed] = find(server.script("/comments/feed/", a_feed("Comments on: Harbour")))
    assert not feed.is_comments


def test_what_is_neither_feed_nor_page_is_told(server: Scripted) -> None:
    """In the parser's own words."""
    error = failure(server.script("/feed", respond(body=b"hello")))
    assert "no feed was found: plain text, not a feed; of the usual places" in error.what


def test_the_canonical_page_is_looked_at(server: Scripted) -> None:
    """Where the page itself links nothing."""
    server.script("/mobile", a_page(more="<link rel=canonical href=/full>"))
    server.script("/full", a_page("/feed"))
    server.script("/feed", a_feed())
    [feed] = find(server.url("/mobile"))
    assert (feed.url, feed.found_by) == (server.url("/feed"), FoundBy.CANONICAL)
    assert asked(server) == ["/mobile", "/full", "/feed"]


def test_the_usual_places_are_tried_in_order_until_one_is_a_feed(server: Scripted) -> None:
    """Beside the page, then at the root; a redirect or a page is none of them."""
    server.script("/a/page", a_page())
    server.script("/a/atom.xml", respond("302 Found", "Location: /elsewhere"))
    server.script("/elsewhere", a_feed())
    server.script("/a/feed/", a_page())
    server.script("/feed.xml", a_feed())
    [feed] = find(server.url("/a/page"))
    assert (feed.url, feed.found_by) == (server.url("/feed.xml"), FoundBy.PROBE)
    places = [f"/a/{place}" for place in USUAL_PLACES] + ["/atom.xml", "/feed.atom", "/feed.xml"]
    assert asked(server) == ["/a/page", *places]


def test_what_was_tried_is_told(server: Scripted) -> None:
    """Page, links and usual places, with what to do."""
    server.script("/", a_page("/gone", "/page"))
    server.script("/page", a_page())
    error = failure(server.url("/"))
    assert error.what == (
        f"no feed was found: {server.url('/gone')}: 404: there is nothing at this address; "
        "it is a web page with 2 links of which none is a feed; "
        "of the usual places such as feed/ and rss.xml none is a feed (9 404)"
    )
    assert "monitor feeds add ADDRESS" in error.remedy


ASTRAY = [
    "http://127.9.9.9:{port}/feed",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.1.2.3/feed",
    "http://[::ffff:127.9.9.9]:{port}/feed",
    "http://0x7f090909:{port}/feed",
    "http://me:secret@127.0.0.1:{port}/feed",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/xml,<rss/>",
]


def assert_not_led_astray(server: Scripted, page: bytes) -> None:
    """Nothing is found, and nobody but the page's own host was asked, and not for the feed."""
    server.script("/feed", a_feed())
    server.script("/a/page", page)
    failure(server.url("/a/page"), requests_max=len(ASTRAY) + 1)
    assert "/feed" not in asked(server)
    assert {one.headers["host"] for one in server.asked} == {f"127.0.0.1:{server.port}".encode()}


def test_links_cannot_send_us_home(server: Scripted) -> None:
    """Of either kind: nothing is asked at an address that a page must not lead to."""
    targets = [href.format(port=server.port) for href in ASTRAY]
    assert_not_led_astray(server, a_page(*targets))
    assert_not_led_astray(server, a_page(more="".join(f'<a type=application/rss+xml href="{one}">' for one in targets)))


@pytest.mark.parametrize("href", ASTRAY[:2] + ASTRAY[5:6])
def test_nothing_else_of_a_page_can_send_us_home(server: Scripted, href: str) -> None:
    """Its own address as it says, its base, a redirect of its link."""
    target = href.format(port=server.port)
    server.script("/jump", respond("302 Found", f"Location: {target}"))
    assert_not_led_astray(server, a_page(more=f'<link rel=canonical href="{target}">'))
    assert_not_led_astray(server, a_page("feed", more=f'<base href="{target}/">'))
    assert_not_led_astray(server, a_page("/jump"))


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", "file:///etc/passwd", "http://u:p@127.0.0.1/", "", "10.1.2.3"]
)
def test_an_address_that_must_not_be_asked_is_refused(typed: str) -> None:
    """As a feed's would be."""
    error = failure(typed)
    assert isinstance(error, FetchError)
    assert error.reason is FetchReason.REFUSED_ADDRESS


def test_requests_are_bounded(server: Scripted) -> None:
    """What was found until then counts."""
    for n in range(9):
        server.script(f"/{n}", a_feed(f"F{n}"))
    server.script("/", a_page(*(f"/{n}" for n in range(9))))
    assert len(find(server.url("/"), requests_max=4)) == 3
    assert len(server.asked) == 4
    server.script("/", a_page())
    assert "after 3 requests it was given up" in failure(server.url("/"), requests_max=3).what


def test_the_whole_time_is_bounded(server: Scripted) -> None:
    """A link that hangs costs what is left of it, and what was found counts."""
    server.script("/one", a_feed())
    server.script("/slow", hang)
    server.script("/", a_page("/one", "/slow", "/one?2"))
    assert [feed.url for feed in find(server.url("/"), whole_s=0.3)] == [server.url("/one")]
    server.script("/", a_page("/slow"))
    assert "after 0.1 s it was given up" in failure(server.url("/"), whole_s=0.1).what


@pytest.mark.parametrize(
    ("script", "said"),
    [(hang, "too long"), (respond("429 Too Many Requests", "Retry-After: 60"), "too often")],
)
def test_a_host_that_wants_to_be_left_alone_is(server: Scripted, script: bytes, said: str) -> None:
    """One that hangs or says that we come too often is asked nothing more."""
    server.script("/first", script)
    server.script("/second", a_feed())
    server.script("/", a_page("/first", "/second"))
    error = failure(server.url("/"), exchange_s=0.1)
    assert said in error.what
    assert asked(server) == ["/", "/first"]


def test_a_link_that_leads_astray_costs_itself_only(server: Scripted) -> None:
    """A redirect to a host that is dead or refused says nothing about the host it came from."""
    server.script("/dead", respond("302 Found", "Location: http://127.0.0.1:1/"))
    server.script("/home", respond("302 Found", "Location: http://10.0.0.1/"))
    server.script("/feed", a_feed())
    server.script("/", a_page("/dead", "/home", "/feed"))
    assert [feed.url for feed in find(server.url("/"))] == [server.url("/feed")]


def test_a_wall_is_told_and_the_usual_places_are_tried_once(server: Scripted) -> None:
    """Some sites wall their pages and not their feeds; where the wall stands before the feed too, we leave."""
    wall = respond("403 Forbidden", "cf-mitigated: challenge")
    server.script("/", wall)
    for place in USUAL_PLACES:
        server.script(f"/{place}", wall)
    error = failure(server.url("/"))
    assert "a wall against robots" in error.what
    assert asked(server) == ["/", "/atom.xml"]

    server.script("/atom.xml", a_feed())
    assert [feed.found_by for feed in find(server.url("/"))] == [FoundBy.PROBE]


def test_a_wall_that_says_all_is_well_is_known(server: Scripted) -> None:
    """Many answer 200."""
    server.script("/", a_page(more="<title>Just a moment...</title>"))
    assert 'a wall against robots ("Just a moment...")' in failure(server.url("/")).what


def test_a_page_that_is_not_there_may_have_a_site(server: Scripted) -> None:
    """A mistyped path is no reason not to look at the root; where nothing answers, that alone is told."""
    server.script("/rss.xml", a_feed())
    assert [feed.url for feed in find(server.url("/moved.html"))] == [server.url("/rss.xml")]
    error = failure("http://127.0.0.1:1/")
    assert isinstance(error, FetchError)
    assert error.reason is FetchReason.CONNECT


def test_one_discovery_by_itself(server: Scripted) -> None:
    """As the commands run it."""
    server.script("/", a_page("/feed"))
    server.script("/feed", a_feed())
    [feed] = discover_once(server.url("/"), Guard(OWN), parse)
    assert feed.url == server.url("/feed")
