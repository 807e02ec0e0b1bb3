"""Feed lists come in from other programs and go out again whole."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.feeds.opml import read_opml, read_outlines, write_opml
from monitor.model.feeds import FeedSpec

NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="World"><outline text="Africa &amp; Asia">
  <outline type="rss" text="Savanna" title="Other" xmlUrl="https://savanna.example/feed?a=1&amp;b=2" htmlUrl="https://savanna.example/"/>
</outline>
<outline title="Only a title" XMLURL=" https://title.example/rss " language="fr"/></outline>
<outline text="A note without a feed"/>
<outline xmlUrl="https://nameless.example/"/>
</body></opml>"""


def test_nested_folders_and_the_spellings_of_other_programs_are_read() -> None:
    """Folders become a path, names come from text or title, and each feed knows its line."""
    found = read_opml(NESTED, "config/list.opml")
    assert [(feed.name, feed.url, feed.folder, feed.language, feed.place) for feed in found] == [
        ("Savanna", "https://savanna.example/feed?a=1&b=2", "World/Africa & Asia", None, "config/list.opml:4"),
        ("Only a title", "https://title.example/rss", "World", "fr", "config/list.opml:6"),
        ("", "https://nameless.example/", "", None, "config/list.opml:8"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<opml><body><outline text='A < B' xmlUrl='https://x.example/'/></body></opml>", "list.opml:1: not readable"),
        (b"<html><body/></html>", "not <opml>"),
        (b"", "list.opml:1: not readable"),
        (b"<!DOCTYPE o [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><opml><body>&b;</body></opml>", "entities"),
        (b"<!DOCTYPE o [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml><body>&a;</body></opml>", "entities"),
        (b"<opml>" + b"<outline text='a'>" * 60, "levels"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(body: bytes, said: str) -> None:
    """A broken or hostile list says what is wrong and where, and opens no file."""
    with pytest.raises(ConfigError) as caught:
        read_opml(body, "list.opml")
    assert said in str(caught.value)
    assert caught.value.remedy


def test_what_is_nearly_xml_is_read_as_it_is_meant() -> None:
    """A bare & in a name or an address, and a character by its name in HTML, cost nothing."""
    body = b"<opml><body>\n<outline text='Caf&eacute; & B' xmlUrl='https://x.example/?a=1&b=2'/></body></opml>"
    [feed] = read_opml(body, "list.opml")
    assert (feed.name, feed.url, feed.place) == ("Caf\u00e9 & B", "https://x.example/?a=1&b=2", "list.opml:2")


def test_an_outline_meant_for_a_feed_is_told_from_a_folder() -> None:
    """By its type or its other address, as long as nothing stands in it."""
    body = b"""<opml><body>
<outline type="rss" text="Lost"/>
<outline type="rss" text="Folder"><outline text="In" xmlUrl="https://in.example/"/></outline>
<outline text="Empty folder"/>
<outline text="Folder"><outline text="Page only" htmlUrl="https://page.example/"/></outline>
<outline text="Blank" xmlUrl="  "/>
</body></opml>"""
    found = read_outlines(body, "list.opml")
    assert [(one.name, one.place) for one in found.without_address] == [
        ("Lost", "list.opml:2"),
        ("Page only", "list.opml:5"),
        ("Blank", "list.opml:6"),
    ]
    assert [(one.name, one.folder) for one in found.feeds] == [("In", "Folder")]


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Cn", "Co"]), min_size=1, max_size=12
)
FOLDERS = st.lists(NAMES.filter(lambda name: "/" not in name), max_size=3).map("/".join)
FEEDS = st.builds(
    FeedSpec,
    name=NAMES,
    url=NAMES.map("https://x.example/?{}".format),
    language=st.sampled_from([None, "en", "pt-BR"]),
    folder=FOLDERS,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FEEDS, max_size=6))
def test_what_is_written_is_read_back(feeds: list[FeedSpec]) -> None:
    """Names, addresses, languages and folders survive the way out and back, in any script and with any sign."""
    wanted = [
        FeedSpec(name=normal(feed.name), url=normal(feed.url), language=feed.language, folder=normal(feed.folder))
        for feed in feeds
    ]
    found = read_opml(write_opml(feeds, "Züge & <Bahnen>").encode("utf-8"), "out.opml")
    plain = [FeedSpec(name=one.name, url=one.url, language=one.language, folder=one.folder) for one in found]
    assert sorted(plain, key=repr) == sorted(wanted, key=repr)


def normal(text: str) -> str:
    """The one form in which composed characters are kept."""
    return unicodedata.normalize("NFC", text)


def test_hostile_bytes_raise_nothing_but_our_own_error() -> None:
    """Cut at any byte before its end, a list is refused with its place, never half taken."""
    for length in range(len(NESTED)):
        with pytest.raises(ConfigError, match=r"cut\.opml"):
            read_opml(NESTED[:length], "cut.opml")
