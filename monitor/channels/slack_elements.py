"""The pieces of a Slack message, and how much of it Slack takes.

Feed text stands in `rich_text` elements only, which Slack shows literally: it can never mention, link or format.
Fields in which Slack reads markup hold words of our own, numbers and times; the one exception is the notification
text, where Slack's three control characters are escaped.

Effects: none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.json import Encoder

from monitor.channels.wording import Line, local_time

Block = dict[str, Any]
Element = dict[str, Any]
Message = dict[str, Any]
Part = Element | str
"""Of a paragraph: plain words stand in it as they are."""

EVENT_TYPE = "news_monitor_digest"
BLOCKS_MAX = 46  # Slack takes 50; the room is for what an edit adds to a message already told
BLOCKS_CHARS_MAX = 10_000  # of compact JSON: Slack's own limit is undocumented, refusals were seen from 11,300 on
EDIT_CHARS = 400  # of those, kept free for what an edit adds: its line, its mark in every block's id, longer counts
STORIES_MAX = 8  # in one message: more are not read
PLACE_CHARS = 8  # what a block's place adds to its id
LINES_MAX = 15  # compact stories in one thread part
HEADER_CHARS_MAX = 150  # Slack's limit
TEXT_CHARS_MAX = 1_500  # of the notification text; phones show two lines, screen readers read all
_ENCODER = Encoder()
_DATE_FORMAT = "{date_short_pretty} {time}"


def escape(text: str) -> str:
    """Text for a field in which Slack reads markup: exactly its three control characters, once."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def compact_json(value: object) -> str:
    """The value as it is sent and counted: no space between its parts, every character itself."""
    return _ENCODER.encode(value).decode()


def size_of(blocks: Sequence[Block]) -> int:
    """Characters of the blocks as compact JSON."""
    return len(compact_json(blocks))


class Unit(Struct, frozen=True):
    """Blocks that stay together, a story and its menu or lines of a list, as they are and as JSON, with their size.

    To measure them they have to be written, and that is dear: `write_message` takes what was written.
    """

    blocks: tuple[Block, ...]
    written: tuple[str, ...]
    size: int
    is_line: bool = False
    """Shown in a line or as lines, not in full."""


def unit_of(*blocks: Block, is_line: bool = False) -> Unit:
    """The blocks with their size, the place that their ids will get included."""
    written = tuple(map(compact_json, blocks))
    size = sum(map(len, written)) + len(blocks) + 1  # the brackets and commas of a list
    return Unit(blocks, written, size + PLACE_CHARS * len(blocks), is_line)


def kind_of(block: Block) -> str:
    """What a block of ours is: the letter its id begins with.

    `h` header, `c` what the digest covers, `t` the head of a thread part or note, `s` a story, `l` a story in one
    line, `a` a story's menu, `d` divider, `n` lines beside the stories, `m` how many more follow, `f` what ends the
    message, `u` when its counts were brought up to date, `b` its buttons.
    """
    return str(block["block_id"]).split(":", 1)[0]


def message_of(text: str, blocks: list[Block], key: str, part: int | str) -> Message:
    """A message to post: its blocks named apart, what it is found again by, nothing unfurled."""
    return {
        "text": text,
        "blocks": placed(blocks),
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": part}},
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def placed(blocks: Sequence[Block], revision: str = "") -> list[Block]:
    """The blocks with ids that differ within the message, and with the revision from those it had before."""
    return [{**block, "block_id": _place_id(block, place, revision)} for place, block in enumerate(blocks, 1)]


def _place_id(block: Block, place: int, revision: str = "") -> str:
    kind, name = [*str(block["block_id"]).split(":"), ""][:2]
    return f"{kind}{f':{name}' if name else ''}:{place}{f':{revision}' if revision else ''}"


def write_message(message: Message, blocks: Sequence[Block], written: Mapping[int, str]) -> str:
    """`compact_json` of a message of these blocks, itself made without any.

    `written` is what is known of their JSON, by the `id` of a block.
    """
    parts = []
    for place, block in enumerate(blocks, 1):
        json_text = written.get(id(block)) or compact_json(block)
        # An id has nothing to escape, and stands before any text of a feed.
        was, named = f'"block_id":"{block["block_id"]}"', f'"block_id":"{_place_id(block, place)}"'
        parts.append(json_text.replace(was, named, 1))
    # Within a text its quotes would be escaped.
    return compact_json(message).replace('"blocks":[]', f'"blocks":[{",".join(parts)}]', 1)


def header(words: str) -> Block:
    """The large line a message begins with."""
    # emoji false: a topic's ":name:" stays what it is.
    return {"type": "header", "block_id": "h", "text": {"type": "plain_text", "text": words, "emoji": False}}


def divider() -> Block:
    """A thin line."""
    return {"type": "divider", "block_id": "d"}


def aside(words: str, block_id: str) -> Block:
    """A small grey line. Slack reads markup in it: words of our own alone, never a feed's."""
    return {"type": "context", "block_id": block_id, "elements": [{"type": "mrkdwn", "text": words}]}


def date_words(when: datetime, timezone: str) -> str:
    """A time for `aside`, which Slack shows in each reader's own zone."""
    return f"<!date^{int(when.timestamp())}^{_DATE_FORMAT}|{local_time(when, timezone)}>"


def rich(elements: list[Element], block_id: str) -> Block:
    """A block of text that is shown literally."""
    return {"type": "rich_text", "block_id": block_id, "elements": elements}


def section(parts: Sequence[Part]) -> Element:
    """A paragraph."""
    return {"type": "rich_text_section", "elements": joined(parts)}


def quote(parts: Sequence[Part]) -> Element:
    """A paragraph beside a bar: another's words."""
    return {"type": "rich_text_quote", "elements": joined(parts)}


def bullets(items: Sequence[Sequence[Part]]) -> Element:
    """A list."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(item) for item in items]}


def joined(parts: Sequence[Part]) -> list[Element]:
    """The parts as elements, plain words side by side made one: every element costs as much as a short word."""
    made: list[Element] = []
    words = ""
    for part in parts:
        if isinstance(part, str):
            words += part
            continue
        if words:
            made.append({"type": "text", "text": words})
            words = ""
        made.append(part)
    if words:
        made.append({"type": "text", "text": words})
    return made


def text_of(text: str, *styles: str) -> Element:
    """An element of words, shown as they are: `bold`, `italic` or `code`."""
    if not styles:
        return {"type": "text", "text": text}
    return {"type": "text", "text": text, "style": _style_of(styles)}


@lru_cache(maxsize=16)
def _style_of(styles: tuple[str, ...]) -> dict[str, bool]:
    """Shared by all elements of the style: nobody changes an element that is made."""
    return dict.fromkeys(styles, True)


def bold_where(pieces: Sequence[tuple[str, bool]]) -> list[Part]:
    """Words of which some are marked, those in bold."""
    return [text_of(piece, "bold") if is_marked else piece for piece, is_marked in pieces]


def link_to(url: str, text: str, *styles: str) -> Part:
    """Words that lead to an address; words alone where there is none."""
    if not url:
        return text_of(text, *styles) if styles else text
    if not styles:
        return {"type": "link", "url": url, "text": text}
    return {"type": "link", "url": url, "text": text, "style": _style_of(styles)}


def date_of(when: datetime, timezone: str) -> Element:
    """A time that Slack shows in each reader's own zone."""
    return {
        "type": "date",
        "timestamp": int(when.timestamp()),
        "format": _DATE_FORMAT,
        "fallback": local_time(when, timezone),
    }


def line_item(line: Line, *, is_linked: bool = True) -> list[Part]:
    """A linked title and what stands behind it."""
    title = link_to(line.url if is_linked else "", line.title)
    return [title, f" – {line.after}"] if line.after else [title]
