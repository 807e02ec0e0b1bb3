"""Slack messages: whole, within every limit, and deaf to what a feed tries to say to Slack."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SdkBlock

from monitor.channels.slack_blocks import render_messages
from monitor.channels.slack_elements import (
    BLOCKS_CHARS_MAX,
    BLOCKS_MAX,
    LINES_MAX,
    STORIES_MAX,
    size_of,
)
from monitor.channels.wording import link_of
from monitor.model import Digest, StoryId
from tests.fakes.digests import (
    KEY,
    a_digest,
    a_hostile_digest,
    a_story,
    an_empty_digest,
    every_digest,
    links_beside,
)
from tests.fakes.slack_limits import find_fault

SAMPLES = [*every_digest(), *(a_digest(shown, over) for shown, over in ((0, 1), (8, 0), (9, 0), (20, 31), (1, 15)))]


def elements_of(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every innermost element of every rich text."""
    for message in messages:
        for block in message["blocks"]:
            for part in block.get("elements", []):
                yield from part["elements"]


def links_of(messages: list[dict[str, Any]]) -> list[str]:
    """Every address a reader can click."""
    return [element["url"] for element in elements_of(messages) if element["type"] == "link"]


@pytest.mark.parametrize("digest", SAMPLES)
def test_every_limit_is_kept_by_counting(digest: Digest) -> None:
    """Slack has no reason to refuse: block count, total size, header, unique ids, text, all of it."""
    for message in render_messages(digest, KEY):
        assert find_fault({**message, "channel": "C1"}) is None
        assert len(message["blocks"]) <= BLOCKS_MAX
        assert size_of(message["blocks"]) <= BLOCKS_CHARS_MAX
        assert 0 < len(message["text"]) <= 4000
        for block in SdkBlock.parse_all(message["blocks"]):
            block.validate_json()


@pytest.mark.parametrize("digest", SAMPLES)
def test_every_address_and_no_other(digest: Digest) -> None:
    """The addresses to click are the stories' and their other outlets', and every story's is among them."""
    links = links_of(render_messages(digest, KEY))
    stories = digest.stories + digest.overflow
    wanted = {link_of(story.lead.url) for story in stories} - {""}
    others = {link_of(url) for story in stories for _, url in story.others} - {""}
    lines = [one.article.url for one in digest.follow_ups] + [one.article.url for one in digest.folded]
    assert wanted | ({link_of(url) for url in lines} - {""}) <= set(links) <= wanted | others | links_beside(digest)


@pytest.mark.parametrize("digest", SAMPLES)
def test_stories_stand_once_and_in_order(digest: Digest) -> None:
    """Over all parts the stories read in the digest's order, each once."""
    ids = [block["block_id"] for message in render_messages(digest, KEY) for block in message["blocks"]]
    told = [int(one.split(":")[2]) for one in ids if one.split(":")[1] in ("s", "l")]
    assert told == [story.story_id for story in digest.stories + digest.overflow]


def test_parts_are_not_too_long_to_read() -> None:
    """A message tells eight stories, a thread part fifteen lines; the first says how many follow."""
    messages = render_messages(a_digest(20, 31), KEY)
    for message in messages:
        kinds = [block["block_id"].split(":")[1] for block in message["blocks"]]
        assert kinds.count("s") <= STORIES_MAX
        assert kinds.count("l") <= LINES_MAX
    shown = sum(block["block_id"].split(":")[1] == "s" for block in messages[0]["blocks"])
    assert shown >= 7  # of stories of usual length
    assert f"… and {51 - shown} more" in json.dumps(messages[0], ensure_ascii=False)


def test_feed_text_cannot_mention_link_or_format() -> None:
    """In fields where Slack reads markup, no control character of a feed stands; elsewhere it is literal by type."""
    messages = render_messages(a_hostile_digest(), KEY)
    for message in messages:
        assert "<" not in message["text"]
        assert ">" not in message["text"]
        assert message["mrkdwn"] is False
        assert message["unfurl_links"] is message["unfurl_media"] is False
        assert "link_names" not in message
        assert "parse" not in message
        assert '"mrkdwn"' not in json.dumps(message["blocks"])
    assert {element["type"] for element in elements_of(messages)} == {"text", "link", "date"}
    assert all(url.startswith(("http://", "https://")) for url in links_of(messages))


def test_what_a_publisher_encoded_is_shown_as_typed() -> None:
    """`&lt;!here&gt;` in a title stays those characters: never decoded into a mention."""
    messages = render_messages(a_digest(1, stories=(a_story(1, title="&lt;!here&gt; & co"),)), KEY)
    texts = [element.get("text") for element in elements_of(messages)]
    assert "&lt;!here&gt; & co" in texts
    assert "&amp;lt;!here&amp;gt; &amp; co" in messages[0]["text"]


def test_highlights_are_exact() -> None:
    """Bold in the quote is what matched, in the middle of a line."""
    messages = render_messages(a_digest(1), KEY)
    quotes = [part for block in messages[0]["blocks"] for part in block.get("elements", []) if "quote" in part["type"]]
    bold = [element["text"] for element in quotes[0]["elements"] if element.get("style")]
    assert bold == ["talks", "hostages"]


def test_nothing_unseen_is_sent() -> None:
    """No control or bidirectional character gets into a message."""
    body = json.dumps(render_messages(a_hostile_digest(), KEY), ensure_ascii=False)
    assert not set(body) & set("\x00\x07\x0b\x1b\x1c\x85\u2028\u2029\u202a\u202e\u2066\u2069\ufeff")


def test_the_notification_reads_alone() -> None:
    """A phone shows only the text: topic, counts, the first headlines."""
    text = render_messages(a_digest(2, 5), KEY)[0]["text"]
    assert text.startswith("Hostage negotiations: 7 stories, 217 articles. BREAKING: Mediators say talks number 1")
    assert text.endswith("and 4 more")
    assert "Nothing new since" in render_messages(an_empty_digest(), KEY)[0]["text"]


def test_each_part_can_be_found_again() -> None:
    """Metadata names the key and the part, and nothing that is secret or large."""
    messages = render_messages(a_digest(20, 31), KEY)
    payloads = [message["metadata"]["event_payload"] for message in messages]
    assert payloads == [{"key": KEY, "part": part} for part in range(1, len(messages) + 1)]


def test_a_story_that_fills_a_message_alone_still_goes() -> None:
    """Three addresses of three thousand characters: the story is told, with the links that fit."""
    long = "https://long.example/" + "a" * 2970
    story = a_story(1, url=long, others=(("One", long + "1"), ("Two", long + "2")), snippet='"\\' * 120)
    messages = render_messages(a_digest(2, stories=(story, replace(story, story_id=StoryId(2)))), KEY)
    assert links_of(messages).count(long) == 2
    assert all(size_of(message["blocks"]) <= BLOCKS_CHARS_MAX for message in messages)


@given(st.lists(st.tuples(st.text(max_size=400), st.text(max_size=300), st.text(max_size=100)), max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_limit(texts: list[tuple[str, str, str]], data: st.DataObject) -> None:
    """Whatever characters feeds send, Slack is never given what it would refuse, and no story is lost."""
    stories = tuple(
        a_story(number, title=title, snippet=snippet, outlet=outlet, why=(outlet, title), highlights=((1, 5), (3, 50)))
        for number, (title, snippet, outlet) in enumerate(texts, 1)
    )
    cut = data.draw(st.integers(0, len(stories)))
    messages = render_messages(replace(a_digest(), stories=stories[:cut], overflow=stories[cut:]), KEY)
    assert [find_fault(message) for message in messages] == [None] * len(messages)
    assert {url for url in links_of(messages) if "gulfwire" in url} == {story.lead.url for story in stories}
