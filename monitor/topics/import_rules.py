"""Filter rules of Miniflux as topics: each keep-rule is one, and what block-rules name none of them may find.

Effects: none.
"""

from monitor.topics.import_patterns import Pattern, read_pattern
from monitor.topics.import_words import INSIDE_WORDS
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

_FIELDS = {"EntryTitle": "title", "EntryContent": "body", "EntryAuthor": "author", "EntryTag": "tag", "EntryURL": "url"}
_REFUSED = {
    "EntryDate": "Every article is matched as it comes: leave the date out.",
    "EntryCommentsURL": "The address of the comments is not kept: leave it out.",
}
_CAPITALS = "Capitals count there, and make no difference here; =Word stands for the very form of a word."


def read_miniflux(lines: list[tuple[int, str]]) -> Reading:
    """The rules below `[keep]`, which may be left out, and below `[block]`, as they stand in Miniflux's settings."""
    reading = Reading(notes=[INSIDE_WORDS])
    section = "[keep]"
    blocked: list[str] = []
    kept: list[tuple[int, str, str, Pattern]] = []
    for number, line in lines:
        said = line.strip()
        if said.lower() in ("[keep]", "[block]"):
            section = said.lower()
        elif said:
            try:
                field, pattern = _read_rule(said)
                if section == "[block]":
                    blocked.append(_query(field, pattern))
                else:
                    kept.append((number, said, field, pattern))
            except CannotSayError as fault:
                remedy = fault.remedy
                if section == "[block]":
                    remedy = f"Until it is in `exclude` of every topic, they find more than there. {remedy}"
                reading.left_out.append(LeftOut(number, said, fault.reason, remedy))
    exclude = " OR ".join(dict.fromkeys(blocked)) or None
    for number, said, field, pattern in kept:
        try:
            name = name_of(" / ".join(pattern.texts))
            notes = (_CAPITALS,) if pattern.is_case_sensitive and _has_capitals(pattern) else ()
            reading.topics.append(Imported(number, said, name, _query(field, pattern), exclude, notes))
        except CannotSayError as fault:
            reading.left_out.append(LeftOut(number, said, fault.reason, fault.remedy))
    if blocked and not kept:
        remedy = f"Write it into a topic: exclude = '{exclude}'"
        reading.left_out.append(LeftOut(0, "[block]", "block-rules alone make no topic", remedy))
    return reading


def _read_rule(said: str) -> tuple[str, Pattern]:
    field, equals, pattern = (part.strip() for part in said.partition("="))
    if not equals or not field.isalpha():
        raise CannotSayError("the rule names no field", f"Write EntryTitle={said[:40]}.")
    if field in _REFUSED:
        raise CannotSayError(f"{field} cannot be asked here", _REFUSED[field])
    if field not in _FIELDS:
        raise CannotSayError(f"{field} is no field of Miniflux", f"Write one of {', '.join(_FIELDS)}.")
    return _FIELDS[field], read_pattern(pattern)


def _query(field: str, pattern: Pattern) -> str:
    """The pattern's texts in that field."""
    if field in ("title", "body"):
        return f"{field}:{any_of(write_words(text) for text in pattern.texts)}"
    return any_of(f"{field}:{write_phrase(text)}" for text in pattern.texts)


def _has_capitals(pattern: Pattern) -> bool:
    return any(text != text.lower() for text in pattern.texts)
