"""Lists of lines in a Slack message, and the notes beside the digests that are made of them.

Effects: none.
"""

from collections.abc import Sequence

from monitor.channels.slack_elements import (
    LINES_MAX,
    TEXT_CHARS_MAX,
    Block,
    Message,
    Part,
    bullets,
    compact_json,
    escape,
    line_item,
    message_of,
    rich,
    section,
    size_of,
    text_of,
)
from monitor.channels.wording import (
    FOLDED_HEAD,
    FOLLOW_UPS_HEAD,
    Line,
    clean_title,
    folded_lines,
    follow_up_groups,
    link_of,
    more_line,
    name_of,
)
from monitor.model import Digest, Note
from monitor.text import plain_line, shorten

_LIST_CHARS_MAX = 3_000  # of one block of lines, so that it finds room in some message
_SAID_CHARS_MAX = 1_000  # a note's sentence, and its remedy
_SUFFICIENT_LINES = 3  # in the notification text of a note


def lines_beside(digest: Digest) -> list[Block]:
    """What stands beside the stories: more on what was told before, and what was folded."""
    blocks: list[Block] = []
    for told_title, lines in follow_up_groups(digest):
        head: list[Part] = [text_of(f"{FOLLOW_UPS_HEAD}: " if told_title else FOLLOW_UPS_HEAD, "bold"), told_title]
        blocks += _lists(head, lines, "up")
    if digest.follow_ups_more:
        blocks.append(rich([section([f"… {more_line(digest.follow_ups_more)}"])], "n:more"))
    blocks += _lists([text_of(FOLDED_HEAD, "bold")], folded_lines(digest), "folded")
    if digest.folded_more:
        blocks.append(rich([section([f"… {more_line(digest.folded_more)}"])], "n:more"))
    return blocks


def note_message(note: Note, key: str) -> Message:
    """A note as one message: its sentence, its lines, what a person can do. Pure, no channel and no token."""
    head = shorten(plain_line(note.head), _SAID_CHARS_MAX)
    lines = [Line(clean_title(one.title), link_of(one.url), name_of(one.after)) for one in note.lines[:LINES_MAX]]
    blocks = [rich([section([text_of(head, "bold")])], "t"), *_lists([], lines, "line")]
    more = note.more + max(0, len(note.lines) - LINES_MAX)
    if more:
        blocks.append(rich([section([f"… {more_line(more)}"])], "f:more"))
    if remedy := shorten(plain_line(note.remedy), _SAID_CHARS_MAX):
        blocks.append(rich([section([remedy])], "f:remedy"))
    return message_of(_text(head, lines, note), blocks, key, 1)


def _text(head: str, lines: Sequence[Line], note: Note) -> str:
    """What a phone's notification says: the sentence, the first titles, the remedy; whole by itself."""
    titles = "; ".join(line.title for line in lines[:_SUFFICIENT_LINES])
    stop = "" if head.endswith((".", "!", "?", ":")) or not (titles or note.remedy) else "."
    words = " ".join(part for part in (head + stop, titles and f"{titles}.", plain_line(note.remedy)) if part)
    return escape(shorten(words, TEXT_CHARS_MAX // 2))


def _lists(head: Sequence[Part], lines: Sequence[Line], name: str) -> list[Block]:
    """The lines as lists, the head over the first; as many as keep each below `_LIST_CHARS_MAX`, or of one line."""
    blocks: list[Block] = []
    some: list[list[Part]] = []
    empty = used = size_of([rich([bullets([])], name)])
    for line in lines:
        item = line_item(line)
        size = len(compact_json(section(item)))
        if some and used + size + len(some) > _LIST_CHARS_MAX:  # a comma between each two
            blocks.append(_list(head if not blocks else [], some, name))
            some, used = [], empty
        some.append(item)
        used += size
    return [*blocks, _list(head if not blocks else [], some, name)] if some else blocks


def _list(head: Sequence[Part], items: Sequence[Sequence[Part]], name: str) -> Block:
    return rich([*([section(head)] if head else []), bullets(items)], f"n:{name}")
