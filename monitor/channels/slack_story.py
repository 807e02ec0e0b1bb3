"""A story as blocks of a Slack message: in full, in one line, and its menu.

Its counts are an element of their own, which `find_counts` finds again in a message that is out.

Effects: none.
"""

import re
from collections.abc import Sequence

from monitor.channels.slack_elements import (
    BLOCKS_CHARS_MAX,
    Block,
    Element,
    Part,
    Unit,
    bold_where,
    bullets,
    date_of,
    joined,
    line_item,
    link_to,
    quote,
    rich,
    section,
    text_of,
    unit_of,
)
from monitor.channels.wording import (
    also_topics_line,
    count_words,
    headline_lines,
    host_of,
    link_of,
    marked_pieces,
    name_of,
    other_outlets,
    snippet_pieces,
    title_of,
    why_terms,
)
from monitor.model import DigestStory, StoryId
from monitor.text import plain_line, plural

STORY_MENU = "story_menu"
"""The action of a story's menu."""
MENU = (
    ("follow", "Follow this story"),
    ("useful", "Useful"),
    ("nr", "Not relevant"),
    ("mute", "Mute this story"),
)
"""What can be done with a story: the verb before its id, the words in the menu."""

_FRAME_CHARS_MAX = 3_800  # of what stands around the stories of a message: header, cover, the longest end
_MARKS_CHARS_MAX = 600  # of what a title's marked words may cost: each piece of the link repeats its address
_TITLE, _HIT = ("bold",), ("bold", "italic")
_COUNTS = re.compile(r"[\d,]+ publishers?(, [\d,]+ independent texts?)?(, [\d,]+ articles?)?\Z")


def fit_story(story: DigestStory, timezone: str, *, is_interactive: bool = False) -> Unit:
    """A story in full, with its menu; without its other links, or as one line, where its addresses fill a message."""
    after = [menu(story.story_id)] if is_interactive else []
    for is_linked in (True, False):
        unit = unit_of(_full(story, timezone, is_linked=is_linked), *after)
        if unit.size <= BLOCKS_CHARS_MAX - _FRAME_CHARS_MAX:
            return unit
    return in_one_line(story, timezone)


def in_one_line(story: DigestStory, timezone: str) -> Unit:
    """Title, outlet, time and counts."""
    head = [*_titled(story), f" – {_origin(story)}", *_time(story, timezone), " · "]
    said = counts(story.publisher_count, story.independent_count, story.article_count, is_short=True)
    return unit_of(rich([_paragraph(head, said, [])], f"l:{story.story_id}"), is_line=True)


def menu(story_id: StoryId) -> Block:
    """What a reader may do with the story; what comes back of it is to be doubted like any input."""
    options = [{"text": {"type": "plain_text", "text": words}, "value": f"{verb}:{story_id}"} for verb, words in MENU]
    return {
        "type": "actions",
        "block_id": f"a:{story_id}",
        "elements": [{"type": "overflow", "action_id": STORY_MENU, "options": options}],
    }


def counts(publishers: int, independents: int, articles: int, *, is_short: bool = False) -> str:
    """`30 publishers, 4 independent texts, 41 articles`: the last where they are more; in short the first alone."""
    if is_short:
        return plural(publishers, "publisher")
    words = count_words(publishers, independents)
    return f"{words}, {plural(articles, 'article')}" if articles > publishers else words


def find_counts(block: Block) -> tuple[list[Element], int] | None:
    """Where the counts of a story's block stand: its first paragraph's elements and the place among them.

    Nothing of a feed can take their place: before them words without a style begin with a line break, a dash or a
    dot of ours, and are never counts by themselves.
    """
    elements = block["elements"][0]["elements"]
    for place, element in enumerate(elements):
        if element["type"] == "text" and "style" not in element and _COUNTS.match(element["text"]):
            return elements, place
    return None


def _full(story: DigestStory, timezone: str, *, is_linked: bool = True) -> Block:
    head = [*_titled(story), "\n" + _origin(story), *_time(story, timezone), " · "]
    tail = _tail(story, is_linked)
    beside: list[Element] = []
    pieces = bold_where(snippet_pieces(story))
    if pieces:
        beside.append(quote(pieces))
    lines = headline_lines(story)
    if lines:
        beside.append(bullets([line_item(line, is_linked=is_linked) for line in lines]))
    if beside and tail:
        beside.append(section(tail))
        tail = []
    said = counts(story.publisher_count, story.independent_count, story.article_count)
    # Two paragraphs side by side are one for some readers of Slack: without a quote between, a line break parts them.
    first = _paragraph(head, said, ["\n", *tail] if tail else [])
    return rich([first, *beside], f"s:{story.story_id}")


def _paragraph(head: Sequence[Part], said: str, tail: Sequence[Part]) -> Element:
    """A paragraph whose counts stay an element by themselves."""
    return {"type": "rich_text_section", "elements": [*joined(head), text_of(said), *joined(tail)]}


def _titled(story: DigestStory) -> list[Part]:
    """The marks as badges, the linked title, in it the words that matched."""
    badges: list[Part] = [part for mark in story.marks for part in (text_of(mark.value.upper(), "code"), " ")]
    title, url = title_of(story), link_of(story.lead.url)
    pieces = _title_pieces(story, title)
    if len(pieces) * (len(url) + 70) > _MARKS_CHARS_MAX:
        pieces = [(title, False)]
    return badges + [link_to(url, text, *(_HIT if marked else _TITLE)) for text, marked in pieces]


def _title_pieces(story: DigestStory, title: str) -> list[tuple[str, bool]]:
    if not story.title_highlights or plain_line(story.lead.title) != story.lead.title:
        return [(title, False)]
    return marked_pieces(title, story.title_highlights) or [(title, False)]


def _origin(story: DigestStory) -> str:
    # The host is shown because an outlet's name is the feed's own word, and where the link leads is not.
    parts = (name_of(story.lead.outlet), host_of(story.lead.url))
    return " · ".join(part for part in parts if part) or "unnamed outlet"


def _time(story: DigestStory, timezone: str) -> list[Part]:
    published_at = story.lead.published_at
    return [" · ", date_of(published_at, timezone)] if published_at else []


def _tail(story: DigestStory, is_linked: bool) -> list[Part]:
    """Who else has it and why it is here, in one line; the other topics it answers in the next."""
    parts: list[Part] = []
    for outlet, url in other_outlets(story):
        parts += [", " if parts else "Also: ", link_to(url if is_linked else "", outlet)]
    if story.others_more:
        parts.append(f" +{story.others_more:,}" if parts else f"+{story.others_more:,} other outlets")
    terms = ", ".join(why_terms(story))
    if terms:
        parts.append(f"{' · ' if parts else ''}Why: {terms}")
    also = also_topics_line(story)
    if also:
        parts.append(("\n" if parts else "") + also)
    return parts
