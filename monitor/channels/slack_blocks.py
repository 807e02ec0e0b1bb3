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
    Element,
    Message,
    aside,
    date_of,
    date_words,
    divider,
    escape,
    header,
    kind_of,
    message_of,
    rich,
    section,
    size_of,
    text_of,
)
from monitor.channels.slack_notes import lines_beside
from monitor.channels.slack_story import fit_story, in_one_line
from monitor.channels.wording import (
    count_line,
    gathered_line,
    header_line,
    heartbeat_line,
    kind_words,
    local_time,
    mark_words,
    more_line,
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
_BLOCK_EXTRA_CHARS = 8  # the place in its id
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
    top = _top(digest, is_follow_up)
    rule = [divider()] if digest.stories else []
    stories = [fit_story(story, digest.timezone, is_interactive=is_interactive) for story in digest.stories]
    lines = [[in_one_line(story, digest.timezone)] for story in digest.overflow]
    # What may stand at the end at most, so that what is chosen fits whatever ends up there.
    shown = _count_fitting(stories, [*top, *rule, *_end(digest, digest.story_count, is_interactive)])
    blocks = [*top, *_divided(stories[:shown])]
    left = [*stories[shown:], *lines]
    beside = [[block] for block in lines_beside(digest)]
    end = _end(digest, len(left), is_interactive)
    if not beside and all(kind_of(block) == "b" for block in end):
        rule = []
    whole = [*blocks, *rule, *(block for unit in beside for block in unit), *end]
    if _size(whole) <= _ROOM and len(whole) <= BLOCKS_MAX:
        blocks, beside = whole, []
    else:
        blocks += [*rule, *end]
    follow = _follow_parts([*left, *beside])
    messages = [message_of(_text(digest, is_follow_up), blocks, key, 1)]
    for part, content in enumerate(follow, 2):
        words = f"{topic_name(digest)}, continued ({part} of {len(follow) + 1})"
        body = [rich([section([text_of(words, "bold")])], "t"), *content]
        messages.append(message_of(escape(words), body, key, part))
    if is_follow_up and len(messages) == 1:
        messages[0]["reply_broadcast"] = True
    return messages


def more_block(count: int) -> Block:
    """How many stories follow in the thread."""
    return rich([section([text_of(f"… {more_line(count)}", "bold"), text_of(" in this thread")])], f"m:{count}")


def _size(blocks: list[Block]) -> int:
    return size_of(blocks) + len(blocks) * _BLOCK_EXTRA_CHARS


def _count_fitting(stories: list[list[Block]], frame: list[Block]) -> int:
    """How many stories the first message has room for beside its frame; one always has."""
    room, places = _ROOM - _size(frame), BLOCKS_MAX - len(frame)
    for count, unit in enumerate(stories):
        added = [*unit, divider()]
        room, places = room - _size(added), places - len(added)
        if count and (count == STORIES_MAX or room < 0 or places < 0):
            return count
    return len(stories)


def _follow_parts(units: list[list[Block]]) -> list[list[Block]]:
    parts: list[list[Block]] = []
    room, full, compact = 0, 0, 0
    for unit in units:
        is_line = kind_of(unit[0]) in ("l", "n")
        size = _size(unit) + _BLOCK_EXTRA_CHARS
        crowded = compact + is_line > LINES_MAX or full + (not is_line) > STORIES_MAX
        if not parts or size > room or crowded:
            parts.append([])
            room, full, compact = _ROOM - _PART_HEAD_CHARS, 0, 0
        if parts[-1] and not is_line:
            parts[-1].append(divider())
            room -= _size([divider()])
        parts[-1] += unit
        room, full, compact = room - size, full + (not is_line), compact + is_line
    return parts


def _divided(stories: list[list[Block]]) -> list[Block]:
    blocks: list[Block] = []
    for unit in stories:
        blocks += [divider(), *unit] if blocks else unit
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


def _nothing_new(digest: Digest) -> list[Element]:
    failing = f", {len(digest.failing)} failing" if digest.failing else ""
    polled = f"; {plural(digest.feed_count, 'feed')} polled{failing}."
    return [text_of("Nothing new since "), date_of(digest.window_start, digest.timezone), text_of(polled)]


def _end(digest: Digest, hidden: int, is_interactive: bool) -> list[Block]:
    blocks: list[Block] = []
    if hidden:
        blocks.append(more_block(hidden))
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
    titles = [": ".join(part for part in (mark_words(story.marks), title_of(story)) if part) for story in stories]
    rest = digest.story_count - _LEADS_IN_TEXT
    told = "; ".join(titles[:_LEADS_IN_TEXT])
    words = f"{_header_words(digest, is_follow_up)}. {told}{'; ' + more_line(rest) if rest > 0 else ''}"
    # Cut before it is escaped: an entity cut in two would show, and at worst a character becomes five.
    return escape(shorten(words, TEXT_CHARS_MAX // 2))
