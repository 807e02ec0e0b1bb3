"""The words every medium shares."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.channels.plain import render_text
from monitor.channels.record import digest_record
from monitor.channels.wording import (
    count_line,
    header_line,
    heartbeat_line,
    host_of,
    kind_line,
    link_of,
    local_time,
    snippet_pieces,
    subject_line,
    troubles_line,
)
from monitor.model import DigestKind, FeedTrouble, Mark, TroubleKind
from tests.fakes.digests import END, START, a_digest, a_hostile_digest, a_story, an_empty_digest, every_digest


def test_the_header_counts_what_overflows_too() -> None:
    """The header says how much there was, not how much fitted."""
    assert header_line(a_digest(3, 16)) == "Hostage negotiations: 19 stories, 589 articles"
    assert header_line(a_digest(1)) == "Hostage negotiations: 1 story, 31 articles"


@pytest.mark.parametrize(
    ("publishers", "independent", "words"),
    [
        (30, 4, "30 publishers, 4 independent texts"),
        (2, 1, "2 publishers, 1 independent text"),
        (1, 1, "1 publisher"),
    ],
)
def test_counts_are_words(publishers: int, independent: int, words: str) -> None:
    """Numbers agree with their nouns."""
    assert count_line(a_story(publisher_count=publishers, independent_count=independent)) == words


@pytest.mark.parametrize(
    ("when", "zone", "words"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "Europe/Berlin", "Sun 29 Mar 01:30 CET"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "Europe/Berlin", "Sun 29 Mar 03:30 CEST"),
        (datetime(2026, 3, 14, 7, 0, tzinfo=UTC), "Asia/Kathmandu", "Sat 14 Mar 12:45 +0545"),
        (datetime(2026, 3, 14, 7, 0, tzinfo=UTC), "Nowhere/Atall", "Sat 14 Mar 07:00 UTC"),
        (datetime(2026, 3, 14, 7, 0, tzinfo=UTC), "../../etc/passwd", "Sat 14 Mar 07:00 UTC"),
    ],
)
def test_times_are_local(when: datetime, zone: str, words: str) -> None:
    """A reader sees the digest's own zone, over the change of the clocks; an unknown one shows UTC and says so."""
    assert local_time(when, zone) == words


def test_a_catch_up_says_what_it_covers() -> None:
    """After downtime the digest says how long it reaches back."""
    digest = a_digest(kind=DigestKind.CATCH_UP, window_start=END - timedelta(hours=26))
    assert kind_line(digest) == "While news-monitor was away: 26 hours, since Fri 13 Mar 06:00 CET · 41 feeds"


def test_a_heartbeat_tells_silence_from_breakage() -> None:
    """Nothing new is said with how many feeds were polled, and the failing ones are named."""
    digest = an_empty_digest()
    assert heartbeat_line(digest) == "Nothing new since Sat 14 Mar 07:00 CET; 41 feeds polled, 2 failing."
    assert troubles_line(digest).startswith("2 feeds fail: Delta Echo (timeout since Sat 14 Mar 07:00 CET), Harbour")
    assert troubles_line(replace(digest, troubles=())) == ""


def test_one_breaking_story_is_the_subject() -> None:
    """A mail or notification about one breaking story says which."""
    assert subject_line(a_digest(1, kind=DigestKind.BREAKING)).startswith("Breaking: Hostage negotiations: Mediators")


def test_a_told_story_that_comes_back_is_no_news_in_the_subject() -> None:
    """Who reads only the subject sees that it is an update."""
    digest = a_digest(0, kind=DigestKind.NOW, stories=(a_story(2, marks=(Mark.UPDATE,)),))
    assert subject_line(digest).startswith("Update: Hostage negotiations: Mediators")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://news.example/a?b=c&d=1#e", "https://news.example/a?b=c&d=1#e"),
        ("https://news.example/a|b<c> d", "https://news.example/a%7Cb%3Cc%3E%20d"),
        ("https://news.example/%7Ealready", "https://news.example/%7Ealready"),
        ("https://news.example/\u202egnp\x00\u2028x", "https://news.example/%E2%80%AEgnp%00%E2%80%A8x"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        (" \x01javascript:alert(1)", ""),
        ("//news.example/x", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://a<b>/", ""),
        ("", ""),
        ("https://news.example/" + "a" * 3000, ""),
    ],
)
def test_only_web_addresses_are_linked(url: str, link: str) -> None:
    """What is linked is http or https and holds nothing a medium takes for markup."""
    assert link_of(url) == link


def test_the_host_is_where_the_link_really_leads() -> None:
    """An address that pretends to be another's shows its own host."""
    assert host_of("https://bank.example@evil.example/pay") == "evil.example"
    assert host_of("https://www.news.example/") == "news.example"
    assert host_of("javascript:alert(1)") == ""


@given(st.text(st.sampled_from("htps:/w.a0-@?#[]%&=A _|\t\né"), max_size=30).map("http://w".__add__))
def test_a_link_is_a_clean_address_of_its_host(url: str) -> None:
    """However it is written: what is linked holds nothing but an address, and leads where it says."""
    link = link_of(url)
    assert not link or (link.isascii() and not set(link) & set(' |\t\n<>"') and link_of(link) == link)
    assert host_of(url) == (urlsplit(link).hostname or "").removeprefix("www.")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
@settings(max_examples=150)
def test_snippet_pieces_hold_whatever_they_are_given(text: str, ranges: list[tuple[int, int]]) -> None:
    """Overlapping, reversed or absurd ranges never repeat or lose a letter, and nothing unseen comes out."""
    pieces = snippet_pieces(a_story(snippet=text, highlights=tuple(ranges)))
    joined = "".join(piece for piece, _ in pieces)
    plain = "".join(piece for piece, _ in snippet_pieces(a_story(snippet=text, highlights=())))
    assert joined.replace(" ", "") == plain.replace(" ", "") or not text.isascii()
    assert all(char.isprintable() or char in "\u200d" or ord(char) > 0xFF for char in joined)


def test_highlights_mark_exactly_the_words() -> None:
    """What is marked is what matched, wherever it stands."""
    pieces = snippet_pieces(a_story())
    assert [piece for piece, marked in pieces if marked] == ["talks", "hostages"]
    assert "".join(piece for piece, _ in pieces) == a_story().snippet


@pytest.mark.parametrize("number", range(len(every_digest())))
def test_the_record_is_plain_and_its_offsets_are_right(number: int) -> None:
    """A receiver can cut the snippet by the offsets beside it; counts agree with the lists."""
    digest = every_digest()[number]
    record = digest_record(digest)
    assert record["story_count"] == len(record["stories"]) + len(record["overflow"]) == digest.story_count
    for story, told in zip(digest.stories, record["stories"], strict=True):
        marked = [piece for piece, is_hit in snippet_pieces(story) if is_hit]
        assert [told["snippet"][start:end] for start, end in told["highlights"]] == marked


def test_the_record_has_the_promised_keys() -> None:
    """Keys are a promise to receivers: none goes away unnoticed."""
    record = digest_record(a_digest(1, 1))
    assert set(record) >= {
        *("topic", "topic_name", "slot", "kind", "timezone", "window_start", "window_end", "story_count"),
        *("article_count", "stories", "overflow", "failing_feeds", "next_at", "feed_count"),
    }
    assert set(record["overflow"][0]) >= {
        *("story", "title", "url", "outlet", "published", "marks", "publishers", "independent", "articles"),
        *("snippet", "highlights", "why", "others", "score"),
    }
    assert record["window_start"] == START.isoformat().replace("+00:00", "Z")
    assert record["stories"][0]["marks"] == ["breaking"]


def test_text_keeps_to_the_width_but_for_addresses() -> None:
    """A terminal of 100 columns wraps nothing by itself, whatever the script; an address stays whole."""
    for digest in every_digest():
        for line in render_text(digest).splitlines():
            assert len(line) <= 100 or "://" in line


def test_text_cannot_steer_a_terminal() -> None:
    """No escape, bell, bidirectional or other control character of a feed reaches the screen."""
    text = render_text(a_hostile_digest())
    assert not [char for char in text if char != "\n" and (ord(char) < 32 or 0x7F <= ord(char) < 0xA0)]
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b")


def test_bold_is_asked_for() -> None:
    """Stars mark hits by default; a terminal that can gets bold instead, and only our own sequences."""
    plain, bold = render_text(a_digest(1)), render_text(a_digest(1), ansi=True)
    assert "*hostages*" in plain
    assert "\x1b" not in plain
    assert "\x1b[1mhostages\x1b[0m" in bold
    assert bold.replace("\x1b[1m", "").replace("\x1b[0m", "").count("\x1b") == 0


def test_what_lies_long_back_is_told_with_its_year() -> None:
    """`nothing since Tue 14 Mar` would be taken for this year's."""
    long_ago = FeedTrouble("Delta Echo", "silent", END - timedelta(days=400), TroubleKind.STALE)
    lately = replace(long_ago, since=END - timedelta(days=3))
    year = (END - timedelta(days=400)).year
    assert f" {year})" in render_text(a_digest(troubles=(long_ago,)), width=200)
    assert " CET)" in render_text(a_digest(troubles=(lately,), timezone="Europe/Berlin"), width=200)
