"""A digest as plain text: on the terminal, in the text part of a mail, and for `monitor preview --as text`.

Nothing from a feed can move the cursor or change a colour: the only escape sequences are our own. Addresses are never
broken, so that a terminal can open them; everything else keeps to the width, wide characters counted as two.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Iterator

from monitor.channels.wording import (
    FOLDED_HEAD,
    FOLLOW_UPS_HEAD,
    Line,
    also_topics_line,
    below_line,
    clean_title,
    count_line,
    folded_lines,
    follow_up_groups,
    gathered_line,
    header_line,
    headline_lines,
    heartbeat_line,
    host_of,
    kind_line,
    link_of,
    local_time,
    mark_words,
    more_line,
    name_of,
    next_line,
    other_outlets,
    snippet_pieces,
    title_of,
    troubles_line,
    volume_words,
    why_terms,
)
from monitor.model import Digest, DigestStory, Note
from monitor.text import plain_line

WIDTH = 100  # columns: a wide terminal, and a mail still reads well
_INDENT = "    "
# Stand for bold on and off until the lines are cut: feed text is clean of control characters, so they are ours alone.
_ON, _OFF = "\x01", "\x02"
# Words with one space between, each character one column wide: most of what is printed, in Latin script.
_NARROW = re.compile(
    "[!-~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027]++(?: [!-~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027]++)*+"
)


def render_text(digest: Digest, *, ansi: bool = False, width: int = WIDTH) -> str:
    """The whole digest, every story with its title and address; ends with a newline.

    Hits are marked `*so*`, or bold with `ansi`. Pure: the same digest gives the same text.
    """
    lines = [_ON + header_line(digest) + _OFF, "=" * min(width, _cells(header_line(digest)))]
    if digest.story_count:
        lines += _wrap(kind_line(digest), width)
    else:
        lines += _wrap(heartbeat_line(digest), width)
    for words in (volume_words(digest), gathered_line(digest)):
        lines += _wrap(words, width) if words else []
    for number, story in enumerate(digest.stories, 1):
        lines += ["", *_story_lines(story, number, digest.timezone, width, ansi)]
    if digest.overflow:
        lines += ["", f"{_INDENT}… {more_line(len(digest.overflow))}:"]
        for number, story in enumerate(digest.overflow, len(digest.stories) + 1):
            lines += _overflow_lines(story, number, width)
    lines += _beside(digest, width)
    tail = [line for line in (below_line(digest), troubles_line(digest), next_line(digest)) if line]
    if tail:
        lines += ["", *(part for line in tail for part in _wrap(line, width))]
    text = "\n".join(lines) + "\n"
    on, off = ("\x1b[1m", "\x1b[0m") if ansi else ("", "")
    return text.replace(_ON, on).replace(_OFF, off)


def render_note_text(note: Note, *, width: int = WIDTH) -> str:
    """A note as text; ends with a newline."""
    lines = [*_wrap(plain_line(note.head), width)]
    for one in note.lines:
        after = f" – {name_of(one.after)}" if one.after else ""
        lines += _wrap(f"{clean_title(one.title)}{after}", width, first="  - ")
        if link_of(one.url):
            lines.append(_INDENT + link_of(one.url))
    if note.more:
        lines.append(f"{_INDENT}… {more_line(note.more)}")
    if note.remedy:
        lines += _wrap(plain_line(note.remedy), width)
    return "\n".join(lines) + "\n"


def _story_lines(story: DigestStory, number: int, timezone: str, width: int, ansi: bool) -> Iterator[str]:
    marks = mark_words(story.marks)
    title = f"{marks + ': ' if marks else ''}{title_of(story)}"
    yield from _wrap(_ON + title + _OFF, width, first=f"{number:>2}. ")
    yield from _wrap(_origin_line(story, timezone), width, first=_INDENT)
    pieces = snippet_pieces(story)
    if pieces:
        on, off = (_ON, _OFF) if ansi else ("*", "*")
        marked = "".join(f"{on}{piece}{off}" if is_hit else piece for piece, is_hit in pieces)
        yield from _wrap(f"“{marked}”", width, first=_INDENT)
    if also_topics_line(story):
        yield from _wrap(also_topics_line(story), width, first=_INDENT)
    if why_terms(story):
        yield from _wrap(f"why: {', '.join(why_terms(story))}", width, first=_INDENT)
    if link_of(story.lead.url):
        yield _INDENT + link_of(story.lead.url)
    for outlet, url in other_outlets(story):
        yield f"{_INDENT}also {outlet}{': ' + url if url else ''}"
    if story.others_more:
        yield f"{_INDENT}{more_line(story.others_more)}"
    if story.headlines:
        yield f"{_INDENT}Other headlines:"
        for line in headline_lines(story):
            yield from _line_lines(line, width)


def _beside(digest: Digest, width: int) -> Iterator[str]:
    """What stands beside the stories: more on what was told before, and what was folded."""
    if digest.follow_ups:
        yield from ("", f"{_ON}{FOLLOW_UPS_HEAD}{_OFF}")
    for told_title, lines in follow_up_groups(digest):
        yield from _wrap(told_title, width, first="  ")
        for line in lines:
            yield from _line_lines(line, width)
    if digest.follow_ups_more:
        yield f"{_INDENT}{more_line(digest.follow_ups_more)}"
    if digest.folded:
        yield from ("", f"{_ON}{FOLDED_HEAD}{_OFF}")
    for line in folded_lines(digest):
        yield from _line_lines(line, width)
    if digest.folded_more:
        yield f"{_INDENT}{more_line(digest.folded_more)}"


def _line_lines(line: Line, width: int) -> Iterator[str]:
    yield from _wrap(f"{line.title}{' – ' + line.after if line.after else ''}", width, first=f"{_INDENT}- ")
    if line.url:
        yield f"{_INDENT}  {line.url}"


def _origin_line(story: DigestStory, timezone: str) -> str:
    when = local_time(story.lead.published_at, timezone) if story.lead.published_at else ""
    parts = (name_of(story.lead.outlet), host_of(story.lead.url), when, count_line(story))
    return " · ".join(part for part in parts if part)


def _overflow_lines(story: DigestStory, number: int, width: int) -> Iterator[str]:
    marks = mark_words(story.marks)
    outlet = name_of(story.lead.outlet)
    words = f"{marks + ': ' if marks else ''}{title_of(story)}{' – ' + outlet if outlet else ''}"
    yield from _wrap(words, width, first=f"{number:>2}. ")
    if link_of(story.lead.url):
        yield _INDENT + link_of(story.lead.url)


def _wrap(text: str, width: int, first: str = "") -> Iterator[str]:
    """Lines of at most `width` columns, the first begun with `first`, the others indented as deep."""
    words = text
    if text.startswith(_ON) and text.endswith(_OFF):
        words, first, last = text[1:-1], first + _ON, _OFF
    else:
        last = ""
    room = width - (len(first) - bool(last))
    if room > 0 and _NARROW.fullmatch(words) and (lines := _narrow_lines(words, room)):
        yield from (first + ("\n" + " " * (width - room)).join(lines) + last).split("\n")
    else:
        yield from _wide_lines(text, width, first.removesuffix(_ON) if last else first)


def _narrow_lines(text: str, room: int) -> list[str]:
    """The lines of a text whose columns are its characters; none where a word is longer than a line."""
    lines, start, length = [], 0, len(text)
    while length - start > room:
        end = text.rfind(" ", start, start + room + 1)
        if end < start:
            return []
        lines.append(text[start:end])
        start = end + 1
    lines.append(text[start:])
    return lines


def _wide_lines(text: str, width: int, first: str) -> Iterator[str]:
    indent, room = " " * len(first), width - len(first)
    line, used, begun = first, len(first), False
    for word in text.split(" "):
        for piece in _cut(word, room):
            size = _cells(piece)
            if begun and used + 1 + size > width:
                yield line.rstrip()
                line, used, begun = indent, len(indent), False
            line, used = (f"{line} {piece}", used + 1 + size) if begun else (line + piece, used + size)
            begun = True
    yield line.rstrip()


def _cut(word: str, width: int) -> Iterator[str]:
    """A word in pieces that fit a line: scripts without spaces are one long "word"."""
    if _cells(word) <= width:
        yield word
        return
    piece, used = "", 0
    for char in word:
        size = _cells(char)
        if used + size > width and size:
            yield piece
            piece, used = "", 0
        piece, used = piece + char, used + size
    yield piece


def _cells(text: str) -> int:
    """Columns a terminal gives the text: two for wide characters, none for marks, joiners and our bold signs."""
    if text.isascii() and _ON not in text and _OFF not in text:
        return len(text)
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc")
        else (2 if unicodedata.east_asian_width(char) in "WF" else 1)
        for char in text
    )
