"""One topic as fields of a form: what stands in them, what a person typed, and which keys that changes.

Effects: none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.config.edit_topics import topic_of
from monitor.config.files import ConfigFile
from monitor.config.schema import CONSOLE
from monitor.model import Dedup, Level
from monitor.web.forms import Form
from monitor.web.outcome import Fault

LINE_CHARS_MAX = 500
TEXT_CHARS_MAX = 50_000
LISTED_MAX = 1_000
"""Names of a list."""

Filled = Mapping[str, tuple[str, ...]]
"""What stands in each field: of a list each element, of a box that is ticked `yes`."""


class Kind(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    LINES = "lines"
    """An element on each line."""
    QUERY = "query"
    CHOICE = "choice"
    CHANNELS = "channels"
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a topic."""

    key: str
    label: str
    hint: str
    kind: Kind = Kind.LINE
    usual: tuple[str, ...] = ()
    """What holds where the file says nothing."""
    choices: tuple[str, ...] = ()


GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        "What it finds",
        (
            Field("name", "Name", "What digests call it. Without a query it is what is looked for, too."),
            Field(
                "also", "Other names", "One on each line. Any of them counts. Not together with a query.", Kind.LINES
            ),
            Field(
                "level",
                "Level",
                "How much of a name must be there. A query has none.",
                Kind.CHOICE,
                (Level.BALANCED.value,),
                tuple(one.value for one in Level),
            ),
            Field("query", "Query", "In place of the names: an article is found where it answers this.", Kind.QUERY),
            Field("exclude", "Never with", "A query too: what answers it is never meant.", Kind.QUERY),
        ),
    ),
    (
        "Where and when it is told",
        (
            Field("channels", "Channels", "", Kind.CHANNELS, (CONSOLE,)),
            Field("schedule", "Schedule", "now, every 30m, daily 08:00,18:00 or mon,thu 07:30", usual=("every 1h",)),
            Field(
                "settle", "Settle", "With now: how long to wait for other outlets' reports, as in 2m.", usual=("2m",)
            ),
            Field("breaking", "What four publishers have within 30 minutes is told at once", "", Kind.TICK, ("yes",)),
            Field("quiet_hours", "Quiet hours", "Nothing is delivered then, as in 22:00-06:30."),
        ),
    ),
    (
        "How much, and how soon",
        (
            Field("at_most", "At most", "As in 8 per day. What scores less is counted in the footer."),
            Field("target", "Target", "How soon it is to be told, as in 15m. It is measured, and changes nothing."),
            Field(
                "dedup",
                "What is told once",
                "strict: a text with its copies; balanced and loose: a story; off: each article.",
                Kind.CHOICE,
                (Dedup.BALANCED.value,),
                tuple(one.value for one in Dedup),
            ),
        ),
    ),
)
FIELDS = tuple(field for _, fields in GROUPS for field in fields)


def read_filled(known: Mapping[str, object]) -> Filled:
    """The fields as the file has the topic."""
    return {field.key: _shown(field, known[field.key]) if field.key in known else field.usual for field in FIELDS}


def _shown(field: Field, value: object) -> tuple[str, ...]:
    if field.kind is Kind.TICK:
        return ("yes",) if value is True else ()
    found = [str(one).strip() for one in (value if isinstance(value, list) else [value])]
    return tuple(dict.fromkeys(one for one in found if one))


def typed(form: Form) -> Filled:
    """The fields as they came. Raises MonitorError for one that is too long."""
    return {field.key: _came(field, form) for field in FIELDS}


def _came(field: Field, form: Form) -> tuple[str, ...]:
    if field.kind is Kind.CHANNELS:
        found = form.every(field.key)
    elif field.kind is Kind.LINES:
        found = tuple(form.text(field.key, chars_max=TEXT_CHARS_MAX).split("\n"))
    else:
        chars_max = TEXT_CHARS_MAX if field.kind is Kind.QUERY else LINE_CHARS_MAX
        found = (form.text(field.key, chars_max=chars_max),)
    return tuple(dict.fromkeys(one.strip() for one in found if one.strip()))[:LISTED_MAX]


def changed_values(known: Mapping[str, object], filled: Filled) -> dict[str, object]:
    """The keys whose fields say otherwise than the file, with their values; None for a key that is to go.

    A topic that gets a query loses its level, which a query has not.
    """
    was = read_filled(known)
    changed: dict[str, object] = {}
    for field in FIELDS:
        if filled[field.key] != was[field.key]:
            changed[field.key] = _value(field, filled[field.key], known.get(field.key))
    if filled["query"]:
        changed.pop("level", None)
        if "level" in known:
            changed["level"] = None
    return changed


def _value(field: Field, filled: Sequence[str], known: object) -> object:
    if field.kind is Kind.TICK:
        return bool(filled)
    if field.kind is Kind.CHANNELS:
        old = [one for one in known if one in filled] if isinstance(known, list) else []
        return [*old, *(one for one in filled if one not in old)]
    if field.kind is Kind.LINES:
        return list(filled) or None
    if not filled:
        return "" if field.key == "name" else None
    return f"{filled[0]}\n" if "\n" in filled[0] else filled[0]


def faults_by_field(
    file: ConfigFile, topic: str, faults: Sequence[Fault]
) -> tuple[Mapping[str, list[str]], list[Fault]]:
    """What is wrong with each field, and what is wrong elsewhere in the file."""
    first, last = file.places.first, file.places.last
    own: dict[str, list[str]] = {}
    others = []
    for fault in faults:
        for field in FIELDS:
            path = ("topics", topic, field.key)
            if path in first and first[path] <= fault.line <= last.get(path, first[path]):
                is_empty = field.kind is Kind.CHANNELS and not topic_of(file, topic).get(field.key)
                said = "Choose at least one." if is_empty else _in_short(topic, field.key, fault.message)
                own.setdefault(field.key, []).append(said)
                break
        else:
            others.append(fault)
    return own, others


def _in_short(topic: str, key: str, message: str) -> str:
    """A fault without the words that say where it is, beside the field that says so itself."""
    said = re.sub(rf'^topic "{re.escape(topic)}": ', "", message, flags=re.IGNORECASE)
    said = re.sub(rf"^`?{re.escape(key)}`?(?:: |, (?=column))", "", said, flags=re.IGNORECASE)
    return f"{said[:1].upper()}{said[1:]}"
