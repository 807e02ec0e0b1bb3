"""Lists of words as topics: a plain one, and the groups of TrendRadar's `frequency_words.txt`.

Effects: none.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from monitor.topics.import_patterns import read_pattern
from monitor.topics.imported import (
    CannotSayError,
    Imported,
    LeftOut,
    Reading,
    any_of,
    name_of,
    write_phrase,
    write_words,
)
from monitor.topics.query import is_query

Line = tuple[int, str]

INSIDE_WORDS = "There letters are looked for, inside of words too; here words are found, in any form."
_SECTIONS = ("GLOBAL_FILTER", "WORD_GROUPS")
_EXPRESSION = re.compile(r"/(.+)/[a-z]*")
_QUOTED = re.compile(r'"([^"]+)"|“([^“”]+)”')


def read_plain(lines: list[Line]) -> Reading:
    """One topic per line: its name, `"a phrase"` for exactly these words, or a query of ours; # begins a comment."""
    reading = Reading()
    for number, line in lines:
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        quoted = _QUOTED.fullmatch(said)
        try:
            if quoted:
                phrase = quoted[1] or quoted[2]
                reading.topics.append(Imported(number, said, name_of(phrase), write_phrase(phrase)))
            else:
                write_phrase(said)  # a name of signs alone finds nothing
                reading.topics.append(Imported(number, said, name_of(said), said if is_query(said) else None))
        except CannotSayError as fault:
            reading.left_out.append(LeftOut(number, said, fault.reason, fault.remedy))
    return reading


class _Group(Struct):
    line: int
    name: str = ""
    any_words: list[Line] = field(default_factory=list)
    all_words: list[Line] = field(default_factory=list)
    most: Line | None = None


def read_trendradar(lines: list[Line]) -> Reading:
    """Each group as a topic that looks at titles, as TrendRadar does.

    Its filters, global or of a group, hold for every group there; so they do here.
    """
    reading = Reading(notes=["TrendRadar looks at titles alone, and so do these queries.", INSIDE_WORDS])
    groups: list[_Group] = []
    filters: list[Line] = []
    section = "WORD_GROUPS"
    for block in _blocks(lines):
        head = block[0][1]
        if head.startswith("[") and head.endswith("]") and head[1:-1].upper() in _SECTIONS:
            section, block = head[1:-1].upper(), block[1:]
        if section == "GLOBAL_FILTER":
            for number, word in block:
                if word.startswith(("!", "+", "@")):
                    reading.left_out.append(
                        LeftOut(number, word, "a global filter has no signs", "Write the word alone.")
                    )
                else:
                    filters.append((number, word))
        elif block:
            group, own = _read_group(block, reading)
            groups.append(group)
            filters += own
    exclude = _exclusion(filters, reading)
    for group in groups:
        if group.any_words or group.all_words:
            _take(group, exclude, reading)
    if filters and exclude is not None and len(groups) > 1:
        reading.notes.append("A filter holds for all groups there; each topic here has them all under `exclude`.")
    return reading


def _blocks(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines up to an empty one, comments left out."""
    block: list[Line] = []
    for number, line in [*lines, (0, "")]:
        text = line.strip()
        if not line and block:
            yield block
            block = []
        elif text and not text.startswith("#"):
            block.append((number, text))


def _read_group(block: list[Line], reading: Reading) -> tuple[_Group, list[Line]]:
    """A group, and the filters that stand in it."""
    group, filters = _Group(block[0][0]), []
    for index, (number, word) in enumerate(block):
        if not index and word.startswith("[") and word.endswith("]"):
            group.name = word[1:-1].strip()
        elif word.startswith("@"):
            if word[1:].isdigit():
                group.most = (number, word)
            else:
                reading.left_out.append(LeftOut(number, word, "this is no number", "There it is passed over, too."))
        elif word.startswith("!"):
            filters.append((number, word[1:].strip()))
        elif word.startswith("+"):
            group.all_words.append((number, word[1:].strip()))
        else:
            group.any_words.append((number, word))
    return group, filters


def _exclusion(filters: list[Line], reading: Reading) -> str | None:
    """What no topic may find; a filter that cannot be said is told, and the topics find more for it."""
    terms: list[str] = []
    for number, word in filters:
        try:
            terms += _terms(word)[0]
        except CannotSayError as fault:
            remedy = f"Until it is in `exclude` of every topic, they find more than there. {fault.remedy}"
            reading.left_out.append(LeftOut(number, word, f"the filter cannot be said: {fault.reason}", remedy))
    return f"title:{any_of(terms)}" if terms else None


def _take(group: _Group, exclude: str | None, reading: Reading) -> None:
    """One group as a topic, or each line because of which it is none."""
    parts: list[str] = []
    either: list[str] = []
    names: list[str] = []
    faults: list[LeftOut] = []
    for number, word in [*group.any_words, *group.all_words]:
        try:
            terms, shown = _terms(word)
        except CannotSayError as fault:
            reason = f"the group of line {group.line} is no topic: {fault.reason}"
            faults.append(LeftOut(number, word, reason, fault.remedy))
            continue
        names.append(shown)
        if (number, word) in group.all_words:
            parts.append(f"title:{any_of(terms)}")
        else:
            either += terms
    if faults:
        reading.left_out += faults
        return
    query = " AND ".join([f"title:{any_of(either)}", *parts] if either else parts)
    said = group.name or " / ".join(names)
    notes: tuple[str, ...] = ()
    if group.most is not None:
        number, most = group.most
        notes = (f'line {number}: {most} is not taken over; a topic may say at_most = "{most[1:]} per day".',)
    reading.topics.append(Imported(group.line, said, name_of(said), query, exclude, notes))


def _terms(line: str) -> tuple[list[str], str]:
    """The terms of one word or /expression/, and how it is shown."""
    word, _, alias = (part.strip() for part in line.partition("=>"))
    expression = _EXPRESSION.fullmatch(word)
    texts = read_pattern(expression[1]).texts if expression else [word]
    return [write_words(text) for text in texts], alias or (expression[1] if expression else word)
