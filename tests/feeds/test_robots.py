"""robots.txt: what it forbids us, by the standard's rules."""

import pytest

from monitor.feeds.robots import RULES_CHARS_MAX, read_robots
from tests.costs import at_most

SITE = "https://courier.example"


def allows(text: str, path: str) -> bool:
    """Whether a robots.txt lets us read a page."""
    return read_robots(text.encode(), "news-monitor").allows(SITE + path)


@pytest.mark.parametrize(
    ("text", "path", "is_allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: News-Monitor\nAllow: /", "/a", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: news-monitor/1.0\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: news-monitor\n", "/a", True),
        ("User-agent: other\nUser-agent: news-monitor\nCrawl-delay: 5\nDisallow: /a", "/a", False),
        ("User-agent: news-monitor\nDisallow: /a\nUser-agent: other\nDisallow: /b", "/b", True),
        ("User-agent: news-monitor\nDisallow: /a\n\nUser-agent: news-monitor\nDisallow: /b", "/b", False),
        ("User-agent: *\nDisallow: /news\nAllow: /news/free", "/news/free/1", True),
        ("User-agent: *\nAllow: /news\nDisallow: /news", "/news", True),
        ("User-agent: *\nDisallow: /*?", "/a?page=2", False),
        ("User-agent: *\nDisallow: /*?", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf.html", True),
        ("User-agent: *\nDisallow: /a*c*e$", "/abcde", False),
        ("User-agent: *\nDisallow: /aa*aa$", "/aaa", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /fähre", "/f%C3%A4hre/1", False),
        ("\ufeffuser-agent : * # everybody\n DISALLOW : /a # here", "/a", False),
        ("<html><body>Not found: go home</body></html>", "/a", True),
        ("Disallow: /", "/a", True),
    ],
)
def test_what_is_allowed(text: str, path: str, is_allowed: bool) -> None:
    """The group that names us, the longest rule, allowing on a tie, wildcards and ends."""
    assert allows(text, path) is is_allowed


def test_a_hostile_list_is_read_and_asked_in_bounded_time_and_memory() -> None:
    """Half a megabyte of agents or of rules is no way to stop us."""
    agents = b"User-agent: news-monitor\n" * 20_000
    rules = b"User-agent: *\n" + b"".join(b"Disallow: /%d*a*a*a*a*a*a*a*b\n" % number for number in range(20_000))
    with at_most(100):
        for body in (agents, rules, bytes(range(256)) * 2_000):
            found = read_robots(body, "news-monitor")
            found.allows(SITE + "/" + "a" * 4_000)
            assert sum(len(pattern) for pattern, _ in found.rules) <= RULES_CHARS_MAX


@pytest.mark.parametrize(
    ("rule", "path"), [("/%7Ejoe/", "/~joe/a"), ("/~joe/", "/%7ejoe/a"), ("/%c3%a9", "/%C3%A9"), ("/é", "/%c3%a9")]
)
def test_one_path_in_two_spellings_is_one_path(rule: str, path: str) -> None:
    """Escapes that are not needed and small letters in them change nothing (RFC 9309, 2.2.2)."""
    rules = read_robots(f"User-agent: *\nDisallow: {rule}".encode(), "news-monitor")
    assert not rules.allows(f"https://x.example{path}")
