"""When Slack refuses a message for its length or for one of its blocks: halves, until what it refuses stands alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.channels.slack import SlackChannel
from monitor.channels.slack_blocks import render_messages
from monitor.channels.slack_elements import compact_json, kind_of
from monitor.channels.slack_notes import note_message
from monitor.channels.slack_split import split_message
from monitor.errors import ChannelError, RefusalScope
from monitor.model import Delivery, Digest, Note, NoteKind, NoteLine
from tests.fakes.digests import (
    KEY,
    START,
    a_day_of_news,
    a_delivery,
    a_digest,
    a_digest_of_huge_lines,
    a_digest_with_lines,
    a_hostile_digest,
)
from tests.fakes.slack import CHANNEL, TOKEN, FakeSlack, serve_slack
from tests.fakes.slack_checkers import find_faults

DIGESTS = [a_digest(8), a_day_of_news(), a_digest_with_lines(), a_digest_of_huge_lines(), a_hostile_digest()]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace of its own for each test."""
    with serve_slack() as fake:
        yield fake


def bodies(digest: Digest) -> list[str]:
    """The digest's messages as they are kept."""
    return [compact_json(message) for message in render_messages(digest, KEY, is_interactive=True)]


def leaves(body: str, *, is_last: bool = True) -> list[str]:
    """What remains when every half is refused, up to what cannot be said more shortly."""
    halves = split_message(body)
    if not halves:
        return [body] if is_last else []
    return [leaf for half in halves for leaf in leaves(half)]


def stories_in(messages: list[dict[str, Any]]) -> list[str]:
    """The stories' ids in the order in which they are read."""
    blocks = [block for message in messages for block in message.get("blocks", [])]
    return [block["block_id"].split(":")[1] for block in blocks if kind_of(block) in ("s", "l")]


def send_as_the_outbox(channel: SlackChannel, delivery: Delivery, root: str | None = None) -> list[str]:
    """Send a delivery, its parts in its place where Slack says that it is too long; the receipts."""
    try:
        return [channel.send(replace(delivery, parent_receipt=root)).reference]
    except ChannelError as error:
        if error.scope is not RefusalScope.SIZE:
            raise
    receipts: list[str] = []
    for number, body in enumerate(channel.split(delivery)):
        part = replace(delivery, payload=body, part=delivery.part + number)
        receipts += send_as_the_outbox(channel, part, root or (receipts[0] if receipts else None))
    return receipts


@pytest.mark.parametrize("limit", [7_000, 4_000, 2_500])
def test_every_story_arrives_once_and_in_order(slack: FakeSlack, limit: int) -> None:
    """However little Slack takes at once, all stories stand there, the first part as the root of the rest."""
    channel = SlackChannel("desk", CHANNEL, TOKEN, slack.url, interactive=True)
    slack.blocks_chars_max = limit
    (payload,) = channel.render(a_digest(5), KEY)

    receipts = send_as_the_outbox(channel, a_delivery(payload.body))

    posts = slack.posts()
    assert [post["ts"] for post in posts] == receipts
    assert stories_in(posts) == ["1", "2", "3", "4", "5"]
    assert posts[0].get("thread_ts") is None
    assert {post["thread_ts"] for post in posts[1:]} == {receipts[0]}
    assert [block["elements"][0]["elements"][0]["text"] for post in posts[1:] for block in post["blocks"][:1]] == [
        "Hostage negotiations: 5 stories, 155 articles, continued"
    ] * (len(posts) - 1)


@pytest.mark.parametrize("digest", DIGESTS)
def test_halves_are_whole_messages_that_can_be_told_apart(digest: Digest) -> None:
    """Each half keeps every rule, has a head, a text and metadata of its own; nothing is lost or doubled."""
    for body in bodies(digest):
        halves = [json.loads(half) for half in split_message(body)]
        whole = json.loads(body)
        if len(halves) == 1:
            assert sum(kind_of(block) in ("s", "l", "n") for block in whole["blocks"]) == 1
            continue
        first, second = halves
        assert find_faults(first) == find_faults(second) == []
        assert stories_in([first, second]) == stories_in([whole])
        part = whole["metadata"]["event_payload"]["part"]
        assert [half["metadata"]["event_payload"] for half in (first, second)] == [
            {"key": KEY, "part": f"{part}.1"},
            {"key": KEY, "part": f"{part}.2"},
        ]
        assert first["text"] == whole["text"]
        assert second["text"].endswith(", continued") or "continued (" in second["text"]


def test_the_root_says_how_many_follow_and_keeps_the_buttons() -> None:
    """What moved to the second half counts as following; menus go with their stories, the topic's button stays."""
    body = bodies(a_day_of_news())[0]
    first, second = (json.loads(half) for half in split_message(body))
    assert [kind_of(block) for block in first["blocks"]] == [*"hcsadsadsa", "m", "f", "f", "b"]
    assert "… and 13 more" in json.dumps(first, ensure_ascii=False)
    assert [kind_of(block) for block in second["blocks"]] == [*"tsan"]


@pytest.mark.parametrize("digest", DIGESTS)
def test_halving_ends_and_loses_nothing(digest: Digest) -> None:
    """Refused to the last, every story is at last words without a block: its title and its address."""
    for body in bodies(digest):
        told = [json.loads(leaf) for leaf in leaves(body)]
        assert not [message for message in told if message.get("blocks")]
        assert len({compact_json(message["metadata"]) for message in told}) == len(told)
    ((last, *_), *_) = [leaves(body) for body in bodies(a_digest(2))]
    assert json.loads(last)["text"].startswith(
        "Hostage negotiations: 2 stories, 62 articles: BREAKING Mediators say talks number 1"
    )
    assert json.loads(last)["text"].endswith("30 publishers\nhttps://gulfwire.example/world/1")


def test_a_story_alone_is_said_more_shortly() -> None:
    """Without snippet, menu and links, as one line; the digest's frame stays."""
    (body,) = bodies(a_digest(1))
    (shorter,) = split_message(body)
    message = json.loads(shorter)
    assert [kind_of(block) for block in message["blocks"]] == ["h", "c", "l", "f", "f", "b"]
    assert len(shorter) < len(body)
    assert find_faults(message) == []
    (words,) = split_message(shorter)
    assert split_message(words) == ()


def test_a_note_is_halved_by_its_lines() -> None:
    """Its head stays on the first half; one line alone becomes words."""
    lines = tuple(NoteLine(f"Line {number}", f"https://x.example/{number}") for number in range(3))
    body = compact_json(note_message(Note(NoteKind.AWAY, "While you were away", START, lines=lines), KEY))
    texts = [json.loads(leaf)["text"] for leaf in leaves(body)]
    assert [text.rsplit("\n", 1)[1] for text in texts] == [line.url for line in lines]
    assert texts[0].startswith("While you were away: Line 0")


def test_the_block_that_slack_cannot_read_is_the_only_one_to_suffer(slack: FakeSlack) -> None:
    """A block refused for what it is is found by halving: the others arrive in full, it in words."""
    channel = SlackChannel("desk", CHANNEL, TOKEN, slack.url)
    (payload,) = channel.render(a_digest(4), KEY)
    message = json.loads(payload.body)
    for block in message["blocks"]:
        if block["block_id"].startswith("s:3:"):
            block["elements"][0]["elements"].insert(0, {"type": "next_year", "text": "x"})

    send_as_the_outbox(channel, a_delivery(compact_json(message)))

    assert stories_in(slack.posts()) == ["1", "2", "4"]
    (words,) = [post["text"] for post in slack.posts() if "blocks" not in post]
    assert "talks number 3" in words
