"""A hundred and fifty hostile and huge digests, by a seeded die: none that Slack would refuse or misread."""

import json
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.channels.slack_blocks import render_messages, write_messages
from monitor.channels.slack_elements import BLOCKS_CHARS_MAX, BLOCKS_MAX, EDIT_CHARS, compact_json, size_of
from monitor.channels.wording import link_of
from monitor.model import Digest, DigestKind, DigestStory, FeedTrouble, Headline, Mark, StoryId, Volume
from tests.fakes.digests import HOSTILE_TITLES, HOSTILE_URLS, KEY, START, a_digest, a_story, beside, links_beside
from tests.fakes.slack_checkers import find_faults

ATOMS = [
    *HOSTILE_TITLES,
    *("<!here>", "<@U1>", "<#C1>", "<!date^1^{time}|x>", "&lt;!channel&gt;", "&", "<", ">", "|", "\\", '"', "\n", "`"),
    *("\x00", "\u202e", "\u2028", "\u200d", "\ud800", "\ufeff", "e\u0301" * 9, "\U0001f468\u200d\U0001f469" * 3),
    *("12 publishers, 3 independent texts", "… and 7 more", "ไ" * 40, "ﷺ" * 30, "a" * 500, " "),
]
TOKENS = re.compile(r"<(?!!date\^\d+\^\{date_short_pretty\} \{time\}\|)")


def some_text(die: random.Random) -> str:
    """A few of the atoms, end to end."""
    return "".join(die.choices(ATOMS, k=die.randrange(4)))


def some_url(die: random.Random) -> str:
    """An address, good or bad, short or as long as any."""
    return die.choice([*HOSTILE_URLS, f"https://x.example/{die.random()}", "https://x.example/?" + "&" * 2_950])


def some_story(die: random.Random, number: int) -> DigestStory:
    """A story of such texts and addresses, its spans anywhere."""
    spans = [tuple(sorted(die.choices(range(-5, 300), k=2))) for _ in range(die.randrange(4))]
    return a_story(
        number,
        title=some_text(die),
        url=some_url(die),
        outlet=some_text(die),
        snippet=some_text(die)[:240],
        highlights=tuple(spans),
        title_highlights=tuple(spans),
        marks=tuple(die.sample(list(Mark), die.randrange(3))),
        why=tuple(some_text(die) for _ in range(die.randrange(8))),
        others=tuple((some_text(die), some_url(die)) for _ in range(die.randrange(3))),
        headlines=tuple(Headline(some_text(die), some_text(die), some_url(die)) for _ in range(die.randrange(3))),
        also_topics=tuple(some_text(die) for _ in range(die.randrange(3))),
        publisher_count=die.choice([1, 7, 10**9]),
    )


def some_digest(die: random.Random) -> Digest:
    """A digest of such stories and whatever else stands in one."""
    stories = tuple(some_story(die, number) for number in range(1, die.choice([1, 2, 4, 9, 16])))
    cut = die.randrange(11)
    troubles = tuple(FeedTrouble(some_text(die), some_text(die), START) for _ in range(die.randrange(5)))
    texts = [some_text(die) for _ in range(4)]
    lines = beside(texts, [some_url(die) for _ in range(4)]) if die.random() < 0.3 else {}
    return replace(
        a_digest(),
        topic_name=some_text(die),
        kind=die.choice(list(DigestKind)),
        stories=stories[:cut],
        overflow=stories[cut:],
        troubles=troubles,
        volume=Volume(3, die.choice([None, 9]), tuple(die.choices(range(99), k=8))) if die.random() < 0.5 else None,
        gathered_since=die.choice([None, START - timedelta(hours=3)]),
        timezone=die.choice(["Asia/Kathmandu", "No/Where", "America/Sao_Paulo"]),
        **lines,
    )


def strings_of(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the message with the kind of the object it stands in."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from strings_of(inner, f"{value.get('type', '')}.{name}" if isinstance(inner, str) else name)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner, key)
    elif isinstance(value, str):
        yield key, value


@pytest.mark.parametrize("batch", range(3))
def test_whatever_feeds_send(batch: int) -> None:
    """Every judge is content, no text that Slack parses holds a feed's token, all addresses are ours to link."""
    die = random.Random(batch)
    for number in range(50):
        digest = some_digest(die)
        is_interactive, is_follow_up = die.random() < 0.5, die.random() < 0.2
        messages = render_messages(digest, KEY, is_interactive=is_interactive, is_follow_up=is_follow_up)
        bodies = write_messages(digest, KEY, is_interactive=is_interactive, is_follow_up=is_follow_up)
        assert bodies == list(map(compact_json, messages))
        if number % 5 == 0:
            again = render_messages(digest, KEY, is_interactive=is_interactive, is_follow_up=is_follow_up)
            assert compact_json(messages) == compact_json(again)
        links: set[str] = set()
        for message in messages:
            assert find_faults(message) == []
            assert len(message["blocks"]) <= BLOCKS_MAX
            assert size_of(message["blocks"]) <= BLOCKS_CHARS_MAX - EDIT_CHARS
            assert message["text"].strip()
            assert len(message["text"]) <= 4_000
            json.dumps(message, ensure_ascii=False).encode()  # no half of a character
            for kind, text in strings_of(message):
                if kind in ("mrkdwn.text", ".text"):
                    assert not TOKENS.search(text), text
                if kind == "link.url":
                    links.add(text)
        stories = digest.stories + digest.overflow
        wanted = {link_of(story.lead.url) for story in stories} - {""}
        others = {link_of(url) for story in stories for _, url in story.others} - {""}
        assert wanted <= links <= wanted | others | links_beside(digest)
        ids = [block["block_id"].split(":") for message in messages for block in message["blocks"]]
        assert [StoryId(int(one[1])) for one in ids if one[0] in "sl"] == [story.story_id for story in stories]
