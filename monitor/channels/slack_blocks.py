"""A digest as Slack messages: one that reads by itself, and thread parts for what does not fit.

Slack's limits are kept by counting before anything is sent, and no story is ever dropped: what does not fit a message
goes into the next. What each block is, its id says (`kind_of`): edits and splits find their way by it.

Effects: none.
"""

from monitor.channels.slack_elements import (
    BLOCKS_CHARS_MAX,
    BLOCKS_MAX,
    EDIT_CHARS,
    HEADER_CHARS_MAX,
    LINES_MAX,
    STORIES_MAX,
    TEXT_CHARS_MAX,
    Block,
    Message,
    Part,
    Unit,
    aside,
    date_of,
    date_words,
    divider,
    escape,
    header,
    kind_of,
    message_of,
    placed,
    rich,
    section,
    text_of,
    unit_of,
    write_message,
)
from monitor.channels.slack_notes import lines_beside
from monitor.channels.slack_story import fit_story, in_one_line
from monitor.channels.wording import (
    below_line,
    count_line,
    gathered_line,
    header_line,
    heartbeat_line,
    kind_words,
    local_time,
    mark_words,
    more_line,
    nothing_words,
    subject_line,
    title_of,
    topic_name,
    troubles_line,
    volume_words,
)
from monitor.model import Digest, DigestKind
from monitor.text import plural, shorten

SNOOZE_TOPIC = "snooze_topic"
"""The action of the button that lets a topic rest in a channel."""

_LEADS_IN_TEXT = 3
_RULE_CHARS = 50  # a divider
_ROOM = BLOCKS_CHARS_MAX - EDIT_CHARS
_PART_HEAD_CHARS = 400
_TROUBLES_CHARS_MAX = 1_000


def render_messages(
    digest: Digest, key: str, *, is_interactive: bool = False, is_follow_up: bool = False
) -> list[Message]:
    """The messages of a digest in order, the first the thread's root; pure, never empty, no channel and no token.

    Each carries `metadata` with the key and its part, by which it can be found again. A follow-up says that it is an
    update; where it is one message, that one may stand in an earlier digest's thread and asks to be shown in the
    channel too. Where it is more, it is a root of its own, as every other digest.
    """
    drafts, _ = _draft(digest, key, is_interactive=is_interactive, is_follow_up=is_follow_up)
    return [{**message, "blocks": placed(blocks)} for message, blocks in drafts]


def write_messages(digest: Digest, key: str, *, is_interactive: bool = False, is_follow_up: bool = False) -> list[str]:
    """The messages of `render_messages` as they are sent, in JSON."""
    drafts, written = _draft(digest, key, is_interactive=is_interactive, is_follow_up=is_follow_up)
    return [write_message(message, blocks, written) for message, blocks in drafts]


def _draft(
    digest: Digest, key: str, *, is_interactive: bool, is_follow_up: bool
) -> tuple[list[tuple[Message, list[Block]]], dict[int, str]]:
    """Each message without its blocks, and they; and what is known of their JSON, by their `id`."""
    top, rule = _top(digest, is_follow_up), [divider()] if digest.stories else []
    stories = [fit_story(story, digest.timezone, is_interactive=is_interactive) for story in digest.stories]
    # What may stand at the end at most, so that what is chosen fits whatever ends up there.
    frame = unit_of(*top, *rule, *_end(digest, digest.story_count, is_interactive))
    shown, free = _count_fitting(stories, frame)
    left = [*stories[shown:], *(in_one_line(story, digest.timezone) for story in digest.overflow)]
    beside = [unit_of(block, is_line=True) for block in lines_beside(digest)]
    end = _end(digest, len(left), is_interactive)
    blocks = [*top, *_divided(stories[:shown])]
    if sum(unit.size for unit in beside) <= free and len(blocks) + len(beside) + len(rule) + len(end) <= BLOCKS_MAX:
        end = [*(block for unit in beside for block in unit.blocks), *end]
        beside = []
    blocks += end if all(kind_of(block) == "b" for block in end) else [*rule, *end]
    follow = _follow_parts([*left, *beside])
    messages = [(message_of(_text(digest, is_follow_up), [], key, 1), blocks)]
    for part, content in enumerate(follow, 2):
        words = f"{topic_name(digest)}, continued ({part} of {len(follow) + 1})"
        body = [rich([section([text_of(words, "bold")])], "t"), *content]
        messages.append((message_of(escape(words), [], key, part), body))
    if is_follow_up and len(messages) == 1:
        messages[0][0]["reply_broadcast"] = True
    units = [frame, *stories, *left, *beside]
    return messages, {id(block): json for unit in units for block, json in zip(unit.blocks, unit.written, strict=True)}


def more_block(count: int) -> Block:
    """How many stories follow in the thread."""
    return rich([section([text_of(f"… {more_line(count)}", "bold"), " in this thread"])], f"m:{count}")


def _count_fitting(stories: list[Unit], frame: Unit) -> tuple[int, int]:
    """How many stories the first message has room for beside its frame, and the room left; one always has."""
    room, places = _ROOM - frame.size, BLOCKS_MAX - len(frame.blocks)
    for count, unit in enumerate(stories):
        size, more = unit.size + _RULE_CHARS, len(unit.blocks) + 1
        if count and (count == STORIES_MAX or size > room or more > places):
            return count, room
        room, places = room - size, places - more
    return len(stories), room


def _follow_parts(units: list[Unit]) -> list[list[Block]]:
    parts: list[list[Block]] = []
    room, full, compact = 0, 0, 0
    for unit in units:
        crowded = compact + unit.is_line > LINES_MAX or full + (not unit.is_line) > STORIES_MAX
        if not parts or unit.size + _RULE_CHARS > room or crowded:
            parts.append([])
            room, full, compact = _ROOM - _PART_HEAD_CHARS, 0, 0
        if parts[-1] and not unit.is_line:
            parts[-1].append(divider())
        parts[-1] += unit.blocks
        room -= unit.size + _RULE_CHARS
        full, compact = full + (not unit.is_line), compact + unit.is_line
    return parts


def _divided(stories: list[Unit]) -> list[Block]:
    blocks: list[Block] = []
    for unit in stories:
        blocks += [divider(), *unit.blocks] if blocks else unit.blocks
    return blocks


def _top(digest: Digest, is_follow_up: bool) -> list[Block]:
    """The header and, small, what the digest covers."""
    head = header(shorten(_header_words(digest, is_follow_up), HEADER_CHARS_MAX))
    if not digest.story_count:
        return [head, rich([section(_nothing_new(digest))], "c")]
    words = [f"{kind_words(digest)} {date_words(digest.window_start, digest.timezone)}"]
    if digest.feed_count:
        words.append(plural(digest.feed_count, "feed"))
    volume = volume_words(digest)
    said = [" · ".join([*words, volume] if volume else words), _gathered(digest)]
    return [head, aside("\n".join(filter(None, said)), "c")]


def _gathered(digest: Digest) -> str:
    """The line of every medium, its time in each reader's own zone."""
    if digest.gathered_since is None:
        return ""
    at = digest.gathered_since, digest.timezone
    return gathered_line(digest).replace(local_time(*at), date_words(*at))


def _header_words(digest: Digest, is_follow_up: bool) -> str:
    """What a desktop shows of it in its notification."""
    word = "Update to" if is_follow_up else "Breaking in" if digest.kind is DigestKind.BREAKING else ""
    return f"{word} {header_line(digest)}" if word and digest.story_count else header_line(digest)


def _nothing_new(digest: Digest) -> list[Part]:
    failing = f", {len(digest.failing)} failing" if digest.failing else ""
    polled = f"; {plural(digest.feed_count, 'feed')} polled{failing}."
    return [f"{nothing_words(digest)} since ", date_of(digest.window_start, digest.timezone), polled]


def _end(digest: Digest, hidden: int, is_interactive: bool) -> list[Block]:
    blocks: list[Block] = []
    if hidden:
        blocks.append(more_block(hidden))
    if digest.below:
        blocks.append(aside(escape(below_line(digest)), "f:below"))
    if digest.troubles:
        words = shorten(troubles_line(digest), _TROUBLES_CHARS_MAX)
        blocks.append(rich([section([text_of(words, "italic")])], "f:troubles"))
    if digest.next_at:
        blocks.append(aside(f"Next digest {date_words(digest.next_at, digest.timezone)}", "f:next"))
    return [*blocks, _buttons(digest)] if is_interactive else blocks


def _buttons(digest: Digest) -> Block:
    def plain(words: str) -> dict[str, str]:
        return {"type": "plain_text", "text": words}

    button = {
        "type": "button",
        "action_id": SNOOZE_TOPIC,
        "text": plain("Snooze this topic"),
        "value": f"snooze:{digest.topic}",
        "confirm": {
            "title": plain("Snooze this topic?"),
            "text": plain("This channel hears nothing of it for a day. What comes meanwhile waits, nothing is lost."),
            "confirm": plain("Snooze"),
            "deny": plain("Keep it"),
        },
    }
    return {"type": "actions", "block_id": "b", "elements": [button]}


def _text(digest: Digest, is_follow_up: bool) -> str:
    """What a phone's notification and a screen reader say: whole by itself."""
    if not digest.story_count:
        return escape(f"{header_line(digest)}. {heartbeat_line(digest)}")
    stories = digest.stories + digest.overflow
    line = subject_line(digest)
    if line != header_line(digest):
        word = "" if line.startswith(("Breaking: ", "Update: ")) or not is_follow_up else "Update: "
        return escape(shorten(f"{word}{line} ({count_line(stories[0])})", TEXT_CHARS_MAX // 2))
    leads = stories[:_LEADS_IN_TEXT]
    told = "; ".join(": ".join(part for part in (mark_words(lead.marks), title_of(lead)) if part) for lead in leads)
    rest = digest.story_count - _LEADS_IN_TEXT
    words = f"{_header_words(digest, is_follow_up)}. {told}{'; ' + more_line(rest) if rest > 0 else ''}"
    # Cut before it is escaped: an entity cut in two would show, and at worst a character becomes five.
    return escape(shorten(words, TEXT_CHARS_MAX // 2))
