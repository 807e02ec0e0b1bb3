"""Links to feeds are found in pages as authors write them, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.webpage import LINKS_MAX, read_page
from tests.costs import at_most

URL = "https://paper.example/section/page.html"


def links(markup: str, url: str = URL) -> list[str]:
    """The addresses of the links a page calls feeds."""
    return [link.url for link in read_page(markup.encode(), url).links]


def rss(href: str) -> str:
    """A link as most pages have it."""
    return f'<link rel="alternate" type="application/rss+xml" title="News" href="{href}">'


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (rss("https://other.example/rss"), "https://other.example/rss"),
        (rss("feed.xml"), "https://paper.example/section/feed.xml"),
        (rss("/feed.xml"), "https://paper.example/feed.xml"),
        (rss("//cdn.example/feed.xml"), "https://cdn.example/feed.xml"),
        (rss("?feed=rss2"), "https://paper.example/section/page.html?feed=rss2"),
        (rss("  /a\n/b.xml\t"), "https://paper.example/a/b.xml"),
        (rss("/feed?a=1&amp;b=2"), "https://paper.example/feed?a=1&b=2"),
        (rss("/feed?a=1&b=2"), "https://paper.example/feed?a=1&b=2"),
        (rss("/f&#101;ed"), "https://paper.example/feed"),
        (rss("/häfen und mehr"), "https://paper.example/h%C3%A4fen%20und%20mehr"),
        (rss("feed://paper.example/x"), "http://paper.example/x"),
        (rss("feed:https://paper.example/x"), "https://paper.example/x"),
        (rss("/feed#top"), "https://paper.example/feed"),
        ("<LINK REL=ALTERNATE TYPE=APPLICATION/RSS+XML HREF=/Feed>", "https://paper.example/Feed"),
        ("<link rel=alternate type=application/atom+xml href=/atom/>", "https://paper.example/atom/"),
        ("<link href='/x' type='application/atom+xml; charset=utf-8' rel='home alternate'/>", "https://paper.example/x"),
        ("<link rel=alternate type=application/feed+json href=/feed.json>", "https://paper.example/feed.json"),
        ("<link rel=alternate type=application/json href=/feed.json>", "https://paper.example/feed.json"),
        ("<link rel=alternate type=application/rdf+xml href=/index.rdf>", "https://paper.example/index.rdf"),
        ("<link rel=feed type=application/rss+xml href=/x>", "https://paper.example/x"),
        ("<body><div>" + rss("/late") + "</div>", "https://paper.example/late"),
        ('<p><a type="application/rss+xml" href="/a">our feed</a>', "https://paper.example/a"),
        ("<base href='https://base.example/deep/'>" + rss("feed"), "https://base.example/deep/feed"),
        ("<base href=/deep/ target=_top><base href=/no/>" + rss("feed"), "https://paper.example/deep/feed"),
        (rss("feed") + "<base href='/after/'>", "https://paper.example/after/feed"),
        ("<base href='javascript:x'>" + rss("feed"), "https://paper.example/section/feed"),
        (f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head>{rss('/x')[:-1]} /></head></html>", "https://paper.example/x"),
        ("<!--[if IE]><p><![endif]--><![if !IE]>" + rss("/x") + "<![endif]>", "https://paper.example/x"),
        ("<![odd[" + "\n" + "]]>" + rss("/x"), "https://paper.example/x"),
        ("<script>if (a</b/.test('<link')) document.write('</p>')</script>" + rss("/x"), "https://paper.example/x"),
        ("<link rel=alternate type=application/rss+xml href=/first href=/second>", "https://paper.example/first"),
    ],
)  # fmt: skip
def test_a_link_is_found_however_it_is_written(markup: str, expected: str) -> None:
    """Relative, shouted, unquoted, escaped, with a base before or after it, in the body, in XHTML."""
    assert links(markup) == [expected]


@pytest.mark.parametrize(
    "markup",
    [
        "<link rel=alternate hreflang=de href=/de/>",
        "<link rel=alternate type=text/html href=/print>",
        "<link rel='alternate stylesheet' type=text/css href=/big.css>",
        "<link rel=alternate type=application/json+oembed href=/oembed?url=x>",
        "<link rel=alternate type=application/json href=https://paper.example/wp-json/wp/v2/posts/7>",
        "<link rel=search type=application/rss+xml href=/search>",
        "<link rel=alternate type=application/rss+xml>",
        "<link rel=alternate type=application/rss+xml href=' '>",
        "<a href=/rss.xml>RSS</a>",
        "<!-- " + rss("/old") + " -->",
        "<script>document.write('" + rss("/written") + "')</script>",
        rss("javascript:alert(1)"),
        rss("file:///etc/passwd"),
        rss("ftp://paper.example/feed"),
        rss("data:text/xml,x"),
        rss("http://me:secret@paper.example/feed"),
        rss("http://public.example\\@10.0.0.1/feed"),
        rss("http://[::1/feed"),
        rss("http://paper.example:port/feed"),
        rss("http:///feed"),
        rss("/" + "x" * 3000),
    ],
)
def test_what_is_no_link_to_a_feed_is_none(markup: str) -> None:
    """Another type, another relation, no address, or one that must never be asked for."""
    assert links(markup) == []


def test_the_page_s_order_stays_and_vague_types_are_marked() -> None:
    """Each address once; what only says that it is XML is for later."""
    vague = "<link rel=alternate type=text/xml title='Alt &amp; Neu' href=/c>"
    page = read_page((rss("/b") + rss("/a") + rss("/b") + vague).encode(), URL)
    assert [(link.url.rpartition("/")[2], link.title, link.is_vague) for link in page.links] == [
        ("b", "News", False),
        ("a", "News", False),
        ("c", "Alt & Neu", True),
    ]


def test_a_charset_that_is_declared_late_counts() -> None:
    """Windows-1251 in the head's last line, and the titles before it are read by it."""
    markup = rss("/x").replace("News", "Новости") + " " * 5_000 + "<meta charset=windows-1251>"
    [link] = read_page(markup.encode("cp1251"), URL).links
    assert link.title == "Новости"


def test_the_page_s_own_address_and_title() -> None:
    """The first of each; the title of a drawing is none."""
    body = b"<title> A\n &amp; B </title><link rel=canonical href=/c><link rel=canonical href=/d>"
    page = read_page(body + b"<svg><title>Z</title></svg>", URL)
    assert (page.canonical, page.title, page.is_wall) == ("https://paper.example/c", "A & B", False)


def test_a_wall_against_robots_is_known_by_its_title() -> None:
    """Unless the page links feeds, which walls do not."""
    wall = "<title>Just a moment...</title>"
    assert read_page(wall.encode(), URL).is_wall
    assert not read_page((wall + rss("/x")).encode(), URL).is_wall


def test_a_page_of_links_is_cut() -> None:
    """So many that no page means them."""
    assert len(links("".join(rss(f"/{n}") for n in range(LINKS_MAX + 50)))) == LINKS_MAX


@pytest.mark.parametrize(
    "piece", ["<div>", "<a ", "<![", "<!--", "</", "<link x='", "<script></", "&#", "<\x00", '<a x="']
)
def test_a_hostile_page_costs_no_more_than_any_other(piece: str) -> None:
    """Nothing ever closed, nested without end: nothing fails, and the time does not grow with the square."""
    body = (piece * 50_000)[:150_000].encode()
    with at_most(100):
        assert read_page(body, URL).links == ()


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            ["<link ", "rel=alternate ", "type=application/rss+xml ", "href='http://[", "href=/a ", ">", "<![",
             "<!--", "-->", "&#xd800;", "<base ", "<title>", "</", "\x00", "'", "<?x", "]]>", "<script>"]
        ),
        max_size=15,
    ).map(lambda pieces: "".join(pieces).encode())
)  # fmt: skip
def test_no_bytes_make_it_fail(body: bytes) -> None:
    """Pages are written by anybody."""
    read_page(body, URL)
    read_page(body, URL, "utf-16")
