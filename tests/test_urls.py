"""Addresses: which are one page, which are not, and who publishes there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.urls import canonical_url, host_of, is_front_page, is_web_url, names_one_page, publisher_of

PAGE = "https://example.org/world/2026/talks-resume-in-doha"

SAME = [
    (PAGE, "http://example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.example.org/world/2026/talks-resume-in-doha/"),
    (PAGE, "https://m.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://amp.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www2.example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://EXAMPLE.org./world/2026/talks-resume-in-doha"),
    (PAGE, "https://example.org:443/world/2026/talks-resume-in-doha"),
    (PAGE, "http://example.org:80/world/2026/talks-resume-in-doha"),
    (PAGE, "https://example.org//world//2026/talks-resume-in-doha"),
    (PAGE, "https://example.org/world/2026/%74alks-resume-in-doha"),
    (PAGE, PAGE + "?utm_source=rss&utm_medium=feed"),
    (PAGE, PAGE + "?fbclid=abc123"),
    (PAGE, PAGE + "?at_medium=RSS&at_campaign=KARANGA"),
    (PAGE, PAGE + "?UTM_Source=x"),
    (PAGE, PAGE + "?source=rss"),
    (PAGE, PAGE + "?ref=home&share=1"),
    (PAGE, PAGE + "?print="),
    (PAGE, PAGE + "#comments"),
    (PAGE, PAGE + "/amp"),
    (PAGE, PAGE + "/amp/"),
    (PAGE, PAGE + ".amp"),
    (PAGE, "https://example.org/amp/world/2026/talks-resume-in-doha"),
    (PAGE, PAGE + "/index.html"),
    (PAGE, PAGE + ";jsessionid=1A2B3C"),
    (PAGE, "https://user:secret@example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.google.com/url?q=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha&sa=D"),
    (PAGE, "https://www.google.co.uk/url?url=https://example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://www.google.com/amp/s/example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://example-org.cdn.ampproject.org/c/s/example.org/world/2026/talks-resume-in-doha"),
    (PAGE, "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha&h=x"),
    (PAGE, "https://out.reddit.com/t3_x?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    (PAGE, "https://slack-redir.net/link?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    (
        PAGE,
        "https://www.bing.com/news/apiclick.aspx?url=https%3a%2f%2fexample.org%2fworld%2f2026%2ftalks-resume-in-doha",
    ),
    (PAGE, "https://news.example.com/click?url=https%3A%2F%2Fexample.org%2Fworld%2F2026%2Ftalks-resume-in-doha"),
    ("https://example.org/x.html", "https://example.org/x.amp.html"),
    ("https://cnn.com/a", "https://edition.cnn.com/a"),
    ("https://example.org/s?a=1&b=2", "https://example.org/s?b=2&a=1"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://example.org/caf%C3%A9", "https://example.org/café"),
    ("https://example.org/caf%c3%a9", "https://example.org/caf%C3%A9"),
    ("https://example.org", "https://example.org/"),
]
APART = [
    ("https://example.org/?p=17", "https://example.org/?p=18"),
    ("https://example.org/news?id=7", "https://example.org/news?id=8"),
    ("https://example.org/Story", "https://example.org/story"),
    ("https://example.org/#!a", "https://example.org/#!b"),
    ("https://example.org/app#/a", "https://example.org/app#/b"),
    ("https://example.org/list?source=rss", "https://example.org/list?source=mail"),
    ("https://example.org/page?from=2", "https://example.org/page?from=3"),
    ("https://news.example.org/a", "https://sport.example.org/a"),
    ("https://example.org/a", "https://example.com/a"),
    ("https://example.org:8080/a", "https://example.org/a"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://example.org/a", "https://example.org/a/b"),
    ("https://example.org/story-1-part-2", "https://example.org/story-1-part-3"),
    ("https://example.org/about-us?url=https://one.example/", "https://one.example/"),
    ("https://example.org/without?url=https://one.example/", "https://one.example/"),
    ("https://example.org/a/amphibians", "https://example.org/a"),
    ("https://example.org/amp", "https://example.org/"),
    ("https://m.tv/a", "https://tv/a"),
    ("tag:example.org,2026:1", "tag:example.org,2026:2"),
    ("urn:uuid:A", "urn:uuid:a"),
    ("https://news.google.com/rss/articles/AAA", "https://news.google.com/rss/articles/BBB"),
    ("https://example.org/a?page=1", "https://example.org/a?page=2"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_page_meet(one: str, other: str) -> None:
    """A page that another feed links in its own spelling is the same page."""
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_pages_stay_apart(one: str, other: str) -> None:
    """A merged address silences an article for good, so what is not known to be noise stays."""
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "odd",
    ["", "   ", "http://", "http://[::1", "http://example.org:port/a", "http://example.org:99999/", "http://./x",
     "//a/b", "http://\ud800.example/", "https://%zz/%", "http://a/?%ff=%", "mailto:a@example.org", "http://℀.example/",
     "http://" + "a" * 20_000],
)  # fmt: skip
def test_odd_addresses_have_a_key(odd: str) -> None:
    """Whatever a feed calls a link has a key, and its key is its own key."""
    key = canonical_url(odd)
    assert canonical_url(key) == key


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="htps:/.?&=#%a1-wm@[]", max_size=40).map(lambda rest: f"http://{rest}"))
def test_a_key_is_its_own_key(url: str) -> None:
    """Stored keys can be compared with fresh ones, whatever came in; nothing raises."""
    key = canonical_url(url)
    assert canonical_url(key) == key
    assert host_of(url) == host_of(url).lower()


def test_an_endless_row_of_redirectors_ends() -> None:
    """Redirectors are looked through three deep and no deeper."""
    deep = "https://example.org/a"
    for _ in range(6):
        deep = "https://go.example.com/redirect?url=" + deep.replace("?", "%3F").replace("&", "%26").replace("=", "%3D")
    assert canonical_url(deep).startswith("go.example.com/redirect")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User@News.Example.org:8443/a", "news.example.org"),
        ("http://[::1]:80/a", "[::1]"),
        ("ftp://example.org/a", ""),
        ("example.org/a", ""),
        ("http://[broken", ""),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    """The host is what politeness and health are counted by; what has none gives an empty one."""
    assert host_of(url) == host
    assert is_web_url(url) is (host != "")


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.com"),
        ("https://feeds.example.com.au/a", "example.com.au"),
        ("https://edition.example.com/a", "example.com"),
        ("https://world.example.org/a", "example.org"),
        ("https://anna.substack.com/p/a", "anna.substack.com"),
        ("https://www.google.com/url?q=https://paper.example.org/a", "example.org"),
        ("https://news.google.com/rss/articles/AAA", "The Outlet"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://[2001:db8::1]/a", "[2001:db8::1]"),
        ("", "The Outlet"),
        ("urn:uuid:1", "The Outlet"),
    ],
)
def test_the_publisher_of_an_address(url: str, publisher: str) -> None:
    """Publishers are counted by registrable domain, and by the outlet's name where the link does not say."""
    assert publisher_of(url, "The Outlet") == publisher


def test_what_names_a_page() -> None:
    """A front page and a section name no article; a slug, a number or a parameter does."""
    assert is_front_page(canonical_url("https://www.example.org/#top"))
    assert not is_front_page(canonical_url("https://www.example.org/?p=1"))
    assert names_one_page(canonical_url(PAGE))
    assert names_one_page(canonical_url("https://example.org/?p=1"))
    assert not names_one_page(canonical_url("https://example.org/news"))


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.bbc.co.uk/news/a-1", "bbc.com"),
        ("https://www.bbc.com/news/a-1", "bbc.com"),
        ("https://feeds.bbci.co.uk/news/rss.xml", "bbc.com"),
        ("https://www.guardian.co.uk/a-1", "theguardian.com"),
        ("https://www.dw.de/a-1", "dw.com"),
        ("https://notbbc.com/a-1", "notbbc.com"),
        ("https://news.example.com.do/a-1", "example.com.do"),
        ("https://news.example.kiev.ua/a-1", "example.kiev.ua"),
    ],
)
def test_an_outlet_with_several_domains_is_one_publisher(url: str, publisher: str) -> None:
    """Only outlets that are surely one; and strangers under one suffix are never one."""
    assert publisher_of(url, "") == publisher
