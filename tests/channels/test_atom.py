"""The Atom feed of a topic, read back by a parser that nobody here wrote."""

from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from msgspec.structs import replace

from monitor.channels.atom import atom_feed
from monitor.channels.wording import clean_title, link_of
from monitor.model import StoryId, ToldStory, TopicKey
from tests.fakes.digests import END, HOSTILE_TITLES, HOSTILE_URLS, START

TOPIC = TopicKey("hostage-negotiations")
ADDRESS = "http://127.0.0.1:8080/topics/hostage-negotiations.atom"


def a_told(number: int = 1, **changes: object) -> ToldStory:
    """A story told at seven."""
    told = ToldStory(
        story_id=StoryId(number),
        title="Captives released in Port Amber",
        url=f"https://gulfwire.example/{number}",
        outlet="Gulf Wire",
        text="Envoys met for hours.",
        told_at=START,
        updated_at=START,
        publisher_count=4,
        independent_count=2,
        article_count=6,
    )
    return replace(told, **changes)  # the tests name real fields


def test_a_feed_reader_sees_what_was_told() -> None:
    """Title, link, outlet, times and counts; the same stories give the same bytes."""
    told = [a_told(2, updated_at=END), a_told(1)]
    text = atom_feed(TOPIC, "Hostage negotiations", told, START, ADDRESS)
    feed = feedparser.parse(text)
    assert not feed.bozo
    assert (feed.version, feed.feed.title, feed.feed.id) == (
        "atom10",
        "Hostage negotiations",
        "urn:news-monitor:topic:hostage-negotiations",
    )
    assert feed.feed.updated == "2026-03-14T07:00:00+00:00"
    assert [entry.id for entry in feed.entries] == ["urn:news-monitor:story:2", "urn:news-monitor:story:1"]
    entry = feed.entries[0]
    assert (entry.title, entry.link, entry.author) == (told[0].title, told[0].url, "Gulf Wire")
    assert (entry.published, entry.updated) == ("2026-03-14T06:00:00+00:00", "2026-03-14T07:00:00+00:00")
    assert "4 publishers, 6 articles" in entry.summary
    assert text == atom_feed(TOPIC, "Hostage negotiations", told, START, ADDRESS)


def test_an_id_never_changes_and_growth_moves_updated() -> None:
    """A reader that knows an entry by its id sees it grow, and does not see it twice."""
    before = feedparser.parse(atom_feed(TOPIC, "T", [a_told()], START)).entries[0]
    grown = a_told(title="Captives are home", updated_at=END + timedelta(hours=3), publisher_count=9)
    after = feedparser.parse(atom_feed(TOPIC, "T", [grown], START)).entries[0]
    assert before.id == after.id
    assert (before.updated, after.updated) == ("2026-03-14T06:00:00+00:00", "2026-03-14T10:00:00+00:00")
    assert before.published == after.published


def test_hostile_titles_are_text() -> None:
    """Control characters, half characters, markup and odd addresses: the document parses, and says what was said."""
    titles = (*HOSTILE_TITLES, "a \ud83d half \ufffe \uffff", "]]><x/>", "&lt;b&gt; &#0;", "")
    urls = (*HOSTILE_URLS, "", "x", "//y", "https://ok.example/")
    told = [
        a_told(number, title=title, url=url, outlet=title, text=f"{title}<script>alert(1)</script>")
        for number, (title, url) in enumerate(zip(titles, urls, strict=True), 1)
    ]
    text = atom_feed(TOPIC, titles[0], told, START, ADDRESS)
    ElementTree.fromstring(text.encode())
    feed = feedparser.parse(text)
    assert not feed.bozo
    assert len(feed.entries) == len(told)
    for entry, one in zip(feed.entries, told, strict=True):
        assert entry.link == (link_of(one.url) or ADDRESS)
        assert "<script" not in entry.summary
        assert not set(entry.title) & set("\x00\x07\x1b\u202e\u2028\u2066\ufffe\uffff")
    assert feed.entries[4].title_detail.type == "text/plain"
    shown = ElementTree.fromstring(text.encode()).findall(".//{http://www.w3.org/2005/Atom}entry")[4]
    assert shown[0].text == clean_title(titles[4])


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_a_feed_without_entries_is_a_feed(address: str) -> None:
    """Nothing was told yet: valid, and its moment is the one it is given."""
    feed = feedparser.parse(atom_feed(TOPIC, "", [], START, address))
    assert not feed.bozo
    assert (feed.feed.title, feed.feed.updated, feed.entries) == (TOPIC, "2026-03-14T06:00:00+00:00", [])
