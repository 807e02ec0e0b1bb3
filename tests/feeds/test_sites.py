"""What addresses say by themselves: typed ones, those of well-known sites, the usual places."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.values import url_fault
from monitor.feeds.sites import (
    USUAL_PLACES,
    is_comments_feed,
    known_feeds,
    typed_addresses,
    usual_addresses,
    web_address,
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("example.org", ("https://example.org", "http://example.org")),
        (" //example.org/a ", ("https://example.org/a", "http://example.org/a")),
        ("localhost:8000/x", ("https://localhost:8000/x", "http://localhost:8000/x")),
        ("example.org?to=http://other.example", ("https://example.org?to=http://other.example", "http://example.org?to=http://other.example")),
        ("HTTP://example.org", ("HTTP://example.org",)),
        ("feed://example.org/x", ("https://example.org/x", "http://example.org/x")),
        ("feed:https://example.org/x", ("https://example.org/x",)),
        ("javascript:alert(1)", ("javascript:alert(1)",)),
        ("file:///etc/passwd", ("file:///etc/passwd",)),
    ],
)  # fmt: skip
def test_typed_addresses(typed: str, expected: tuple[str, ...]) -> None:
    """Without a scheme https comes first; another scheme is left for the guard to refuse."""
    assert typed_addresses(typed) == expected


PIECES = st.sampled_from(
    ["http://", "https:", "//", "feed:", "x.example", "é.example", "@", ":", "80", "\\",
     "/", "..", "?", "#", " ", "\t", "[", "%", "é", '"', "<", "\udc80", "\x00", "\u3002"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30), st.sampled_from(["", "https://x.example/a/b?c"])
)
def test_a_link_is_an_address_that_can_be_written_down_or_none(text: str, base: str) -> None:
    """Whatever a page writes; and taking it once more changes nothing."""
    found = web_address(text, base)
    if found:
        assert url_fault(found) is None
        assert web_address(found) == found
    for url in (*typed_addresses(text), found):
        known_feeds(url)


YOUTUBE = "https://www.youtube.com/feeds/videos.xml"
GITHUB = "https://github.com/octo/boat"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/channel/UCab-c/videos", [f"{YOUTUBE}?channel_id=UCab-c"]),
        ("http://m.youtube.com/user/Name", [f"{YOUTUBE}?user=Name"]),
        ("https://youtube.com/playlist?list=PLxy", [f"{YOUTUBE}?playlist_id=PLxy"]),
        ("https://www.youtube.com/watch?v=1&list=PLxy", [f"{YOUTUBE}?playlist_id=PLxy"]),
        ("https://www.youtube.com/@handle", []),
        ("https://www.youtube.com/watch?v=1", []),
        ("https://github.com/octo", ["https://github.com/octo.atom"]),
        (GITHUB, [f"{GITHUB}/releases.atom", f"{GITHUB}/commits.atom", f"{GITHUB}/tags.atom"]),
        (f"{GITHUB}/releases/tag/v1", [f"{GITHUB}/releases.atom"]),
        (f"{GITHUB}/commits/main/docs", [f"{GITHUB}/commits/main/docs.atom"]),
        (f"{GITHUB}/tree/main", [f"{GITHUB}/commits/main.atom"]),
        (f"{GITHUB}.git", [f"{GITHUB}/releases.atom", f"{GITHUB}/commits.atom", f"{GITHUB}/tags.atom"]),
        (f"{GITHUB}/issues", []),
        ("https://github.com/features", []),
        ("https://github.com/", []),
        ("https://old.reddit.com/r/news/", ["https://www.reddit.com/r/news/.rss"]),
        ("https://www.reddit.com/user/me", ["https://www.reddit.com/user/me/.rss"]),
        ("https://www.reddit.com/settings", []),
        ("https://news.google.com/search?q=oil+when:1d&hl=en-US", ["https://news.google.com/rss/search?q=oil+when:1d&hl=en-US"]),
        ("https://news.google.com/topics/CAAq?hl=de", ["https://news.google.com/rss/topics/CAAq?hl=de"]),
        ("https://news.google.com/home?hl=en", ["https://news.google.com/rss?hl=en"]),
        ("https://news.google.com/rss/search?q=x", []),
        ("https://medium.com/@writer/a-story-1", ["https://medium.com/feed/@writer"]),
        ("https://bsky.app/profile/desk.example", ["https://bsky.app/profile/desk.example/rss"]),
        ("https://desk.substack.com/p/one", ["https://desk.substack.com/feed"]),
        ("https://desk.blogspot.com/2024/", ["https://desk.blogspot.com/feeds/posts/default"]),
        ("https://notyoutube.com/channel/UCab", []),
        ("https://youtube.com.evil.example/channel/UCab", []),
        ("ftp://github.com/octo", []),
        ("http://[", []),
    ],
)  # fmt: skip
def test_well_known_sites(url: str, expected: list[str]) -> None:
    """A page's feeds by its address; nothing where the address alone does not say."""
    assert list(known_feeds(url)) == expected


def test_the_usual_places_are_beside_the_page_and_at_the_root() -> None:
    """In this order, each once; a path of one word is a section with a folder of its own."""
    deep = usual_addresses("https://x.example/a/b/page?q#f")
    assert deep == tuple(f"https://x.example{folder}{place}" for folder in ("/a/b/", "/") for place in USUAL_PLACES)
    assert usual_addresses("https://x.example") == tuple(f"https://x.example/{place}" for place in USUAL_PLACES)
    assert usual_addresses("https://x.example/blog")[0] == "https://x.example/blog/atom.xml"
    assert len(usual_addresses("https://x.example/blog")) == 2 * len(USUAL_PLACES)


@pytest.mark.parametrize(
    ("url", "title", "expected"),
    [
        ("https://x.example/comments/feed/", "", True),
        ("https://x.example/feeds/7/comments/default", "", True),
        ("https://x.example/a/feed/", "Comments on: A quiet harbour", True),
        ("https://x.example/a/feed/", "Hafen » Kommentar-Feed", True),
        ("https://x.example/feed/", "Opinion & Comment", False),
        ("https://x.example/commentary/feed/", "No comments, please", False),
        ("https://x.example/kommentare.xml", "Kommentare", False),
    ],
)
def test_feeds_of_comments(url: str, title: str, expected: bool) -> None:
    """By address or title; a paper's opinion pages are none."""
    assert is_comments_feed(url, title) is expected
