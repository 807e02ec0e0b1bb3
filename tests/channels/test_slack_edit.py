"""A Slack message that is out, brought up to date: its stories' counts, and how that reaches Slack."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from monitor.channels.base import Grown
from monitor.channels.slack import SlackChannel
from monitor.channels.slack_blocks import render_messages
from monitor.channels.slack_edit import edit_message
from monitor.channels.slack_elements import BLOCKS_CHARS_MAX, compact_json, kind_of, size_of
from monitor.channels.slack_notes import note_message
from monitor.channels.slack_story import find_counts
from monitor.errors import ChannelError, RefusalScope, SendOutcome
from monitor.model import Delivery, DeliveryKind, Digest, Note, NoteKind, StoryId
from tests.fakes.digests import (
    END,
    HOSTILE_TITLES,
    KEY,
    START,
    a_day_of_news,
    a_delivery,
    a_digest,
    a_hostile_digest,
    a_story,
    every_digest,
)
from tests.fakes.slack import CHANNEL, TOKEN, FakeSlack, Fault, serve_slack
from tests.fakes.slack_checkers import find_faults

GROWN = Grown(publisher_count=44, independent_count=9, article_count=1_070)
WORDS = "44 publishers, 9 independent texts, 1,070 articles"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace of its own for each test."""
    with serve_slack() as fake:
        yield fake


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    """The channel `desk` of that workspace."""
    return SlackChannel("desk", CHANNEL, TOKEN, slack.url, timeout_s=5, interactive=True, now=lambda: END)


def bodies(digest: Digest) -> list[str]:
    """The digest's messages as they are kept."""
    return [compact_json(message) for message in render_messages(digest, KEY, is_interactive=True)]


def counts_in(body: str) -> dict[int, str]:
    """What each story of a message says of its counts."""
    said = {}
    for block in json.loads(body)["blocks"]:
        found = find_counts(block) if kind_of(block) in ("s", "l") else None
        if found:
            said[int(block["block_id"].split(":")[1])] = found[0][found[1]]["text"]
    return said


def test_only_the_given_storys_counts_change() -> None:
    """All else stands as it was told, the menus too; a line says when, before the buttons; every id is new."""
    (body, _) = bodies(a_day_of_news())
    edited = edit_message(body, {StoryId(2): GROWN}, END)
    assert edited is not None
    before, after = json.loads(body), json.loads(edited)
    assert counts_in(edited) == {**counts_in(body), 2: WORDS}
    assert {key: after[key] for key in ("text", "metadata")} == {key: before[key] for key in ("text", "metadata")}
    assert set(after) == {"text", "blocks", "metadata"}  # chat.update knows no thread and no unfurling
    assert [kind_of(block) for block in after["blocks"]][-2:] == ["u", "b"]
    (line,) = [block for block in after["blocks"] if kind_of(block) == "u"]
    assert line["elements"][0]["text"].startswith(f"Counts updated <!date^{int(END.timestamp())}^")
    assert not {block["block_id"] for block in before["blocks"]} & {block["block_id"] for block in after["blocks"]}
    assert [kind_of(block) for block in before["blocks"]] == [kind_of(one) for one in after["blocks"] if one != line]
    assert [one["block_id"][:4] for one in after["blocks"] if kind_of(one) == "a"] == ["a:1:", "a:2:", "a:3:", "a:4:"]


def test_an_edit_of_an_edit_says_the_latest_alone() -> None:
    """What is out may have been edited before: one line, other ids, the same result as from the first message."""
    (body, _) = bodies(a_day_of_news())
    first = edit_message(body, {StoryId(2): GROWN}, END)
    assert first is not None
    stories = {StoryId(1): GROWN, StoryId(2): GROWN}
    second = edit_message(first, stories, END + timedelta(hours=1))
    assert second == edit_message(body, stories, END + timedelta(hours=1))
    ids = [{block["block_id"] for block in json.loads(one or "{}")["blocks"]} for one in (first, second)]
    assert not ids[0] & ids[1]


def test_nothing_to_say_is_no_edit() -> None:
    """Counts as they were, stories of other messages and notes change nothing."""
    (body, rest) = bodies(a_day_of_news())
    assert edit_message(body, {StoryId(1): Grown(30, 4, 41)}, END) is None
    assert edit_message(body, {StoryId(99): GROWN}, END) is None
    assert edit_message(body, {}, END) is None
    assert edit_message(rest, {StoryId(1): Grown(30, 7, 99)}, END) is None  # a line shows the publishers alone
    assert edit_message(compact_json(note_message(Note(NoteKind.GROWN, "x", START), KEY)), {}, END) is None


@pytest.mark.parametrize("digest", every_digest())
def test_an_edit_keeps_every_limit(digest: Digest) -> None:
    """All stories of a message grown to nine digits still fit."""
    grown = Grown(900_000_000, 800_000_000, 999_999_999)
    for body in bodies(digest):
        edited = edit_message(body, dict.fromkeys(map(StoryId, counts_in(body)), grown), END)
        assert (edited is None) == (not counts_in(body))
        if edited is not None:
            message = json.loads(edited)
            assert find_faults(message) == []
            assert size_of(message["blocks"]) <= BLOCKS_CHARS_MAX
            assert len(message["text"]) <= 4_000
            assert edit_message(edited, dict.fromkeys(map(StoryId, counts_in(body)), grown), END) is None


def test_no_feed_can_pose_as_the_counts() -> None:
    """Titles, outlets and terms that look like counts are left alone; those of a hostile digest are found."""
    fake = "5 publishers, 2 independent texts"
    story = a_story(1, title=fake, outlet=fake, snippet=fake, why=(fake,), url="javascript:1", others=((fake, ""),))
    (body,) = bodies(a_digest(stories=(story,)))
    assert counts_in(body) == {1: "30 publishers, 4 independent texts, 31 articles"}
    edited = edit_message(body, {StoryId(1): GROWN}, END)
    assert edited is not None
    assert edited.count(fake) == body.count(fake)
    told = {number for body in bodies(a_hostile_digest()) for number in counts_in(body)}
    assert told == set(range(1, len(HOSTILE_TITLES) + 1))


def an_edit(channel: SlackChannel, root: Delivery, ts: str | None) -> Delivery:
    """The outbox's row for an edit of the root."""
    body = channel.render_edit(root.payload, {StoryId(1): GROWN})
    assert body is not None
    return a_delivery(body, kind=DeliveryKind.EDIT, parent_receipt=ts)


def fail(channel: SlackChannel, delivery: Delivery) -> ChannelError:
    """The error that sending raises."""
    with pytest.raises(ChannelError) as caught:
        channel.send(delivery)
    return caught.value


def test_an_edit_changes_the_message_in_place(slack: FakeSlack, channel: SlackChannel) -> None:
    """No second message; made again it says the same, and the digest is still found by its key."""
    root = a_delivery(channel.render(a_digest(), KEY)[0].body)
    ts = channel.send(root).reference
    edit = an_edit(channel, root, ts)

    assert channel.find(edit) is None  # nobody has to ask
    assert [channel.send(edit).reference for _ in range(2)] == [ts, ts]

    (message,) = slack.posts()
    assert WORDS in json.dumps(message)
    assert {"ts", "channel", "text", "blocks", "metadata"} == set(slack.calls_of("chat.update")[0])
    found = channel.find(root)
    assert found is not None
    assert found.reference == ts
    assert channel.split(edit) == ()


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("cant_update_message", SendOutcome.REFUSED),
        ("edit_window_closed", SendOutcome.REFUSED),
        ("message_not_found", SendOutcome.REFUSED),
        ("block_mismatch", SendOutcome.REFUSED),
        ("streaming_state_conflict", SendOutcome.REFUSED),
        ("update_failed", SendOutcome.RETRYABLE),
    ],
)
def test_a_message_that_takes_no_edit_needs_nobody(
    slack: FakeSlack, channel: SlackChannel, code: str, outcome: SendOutcome
) -> None:
    """It is a refusal of that message alone, without a remedy: what was told was right then."""
    root = a_delivery(channel.render(a_digest(), KEY)[0].body)
    edit = an_edit(channel, root, channel.send(root).reference)
    slack.fail("chat.update", Fault("code", code=code))

    error = fail(channel, edit)

    assert (error.outcome, error.reason, error.scope, error.remedy) == (outcome, code, RefusalScope.MESSAGE, "")
    assert len(slack.calls_of("chat.postMessage")) == 1


def test_what_was_never_sent_is_not_edited(slack: FakeSlack, channel: SlackChannel) -> None:
    """An edit whose message was given up asks Slack nothing."""
    root = a_delivery(channel.render(a_digest(), KEY)[0].body)
    assert fail(channel, an_edit(channel, root, None)).outcome is SendOutcome.REFUSED
    assert slack.calls == []


def replies(slack: FakeSlack) -> list[dict[str, Any]]:
    """What stands in threads."""
    return [message for message in slack.posts() if message.get("thread_ts")]


def test_notes_and_follow_ups_stand_in_the_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    """A note quietly, a follow-up in the channel too; where the thread is gone both stand in the channel alone."""
    ts = channel.send(a_delivery(channel.render(a_digest(), KEY)[0].body)).reference
    note = a_delivery(channel.render_note(Note(NoteKind.GROWN, "It grew", START), "n")[0].body, kind=DeliveryKind.NOTE)
    follow = a_delivery(channel.render(a_digest(1), "f", root=KEY)[0].body)
    for delivery in (note, follow):
        channel.send(a_delivery(delivery.payload, kind=delivery.kind, parent_receipt=ts))
        channel.send(a_delivery(delivery.payload, kind=delivery.kind, parent_receipt="1.000001"))

    assert [message.get("reply_broadcast") for message in replies(slack)] == [None, True]
    assert [message["thread_ts"] for message in replies(slack)] == [ts, ts]
    lost = slack.posts()[-1]
    assert "reply_broadcast" not in lost
    assert lost["blocks"][0]["text"]["text"].startswith("Update to Hostage negotiations")
    gone = a_delivery(follow.payload, parent_receipt="1.000001")
    found = channel.find(gone)
    assert found is not None
    assert found.reference == lost["ts"]


def test_a_follow_up_of_several_parts_is_a_root(slack: FakeSlack, channel: SlackChannel) -> None:
    """A reply cannot carry a thread of its own: such a follow-up stands in the channel, its parts under it."""
    parts = channel.render(a_digest(20), "f", root=KEY)
    ts = channel.send(a_delivery(parts[0].body, parent_receipt="1.000001")).reference
    channel.send(a_delivery(parts[1].body, part=2, parent_receipt=ts))
    assert [message.get("thread_ts") for message in slack.posts()] == [None, ts]
