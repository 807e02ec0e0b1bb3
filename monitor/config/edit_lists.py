"""Put one more element into a list of a topic in watchlist.toml, every other byte as it was.

Whether the text then holds what is meant is checked by who writes it: see `config.edit.write_edited`.

Effects: none.
"""

from collections.abc import Mapping

from monitor.config.edit import lines_of
from monitor.config.edit_topics import topics_of
from monitor.config.files import ConfigFile
from monitor.config.toml_text import toml_value
from monitor.config.values import shown
from monitor.errors import ConfigError

LINE_CHARS_MAX = 120
"""A longer line is not made of a list that fitted one."""


def with_element(file: ConfigFile, topic: str, key: str, value: object, *, below: str | None = None) -> str:
    """The file with one more element at the end of a topic's list.

    Where there is no such list yet it stands below the topic's key `below`, or else below all of its own keys. Raises
    `ConfigError`, with the line to write by hand, where the topic or the list is written in a way not edited here.
    """
    values = topics_of(file)[topic]
    assert isinstance(values, Mapping)
    if key in values:
        return _into_list(file, topic, key, toml_value(value))
    return _as_new_key(file, topic, values, key, toml_value(value), below)


def _into_list(file: ConfigFile, topic: str, key: str, element: str) -> str:
    """The file with one more element in a list that is there."""
    text, path = file.text, ("topics", topic, key)
    brackets = file.places.arrays.get(path)
    if brackets is None:
        raise ConfigError(
            f"`{key}` of topic {shown(topic)} is not written as a list in brackets, and is not edited from here",
            where=file.place(*path),
            remedy=f"Write it as {key} = [ … ], or add the line by hand: {element}",
        )
    newline = "\r\n" if "\r\n" in text else "\n"
    opening, end, closing = brackets.opening, brackets.elements_end, brackets.closing
    rest = text[end:closing]
    is_empty = end == opening + 1
    comma = next((at for at in range(end, closing) if text[at] == ","), -1) if rest.lstrip().startswith(",") else -1
    if "\n" in rest:  # the bracket closes on a line of its own, below comments perhaps
        is_below = "\n" in text[opening:end]  # the last element stands on a line of its own, whose place is followed
        indent = _indent(text, end) if is_below else _indent(text, opening) + "    "
        begin = text.rfind("\n", 0, closing) + 1
        if text[begin:closing].strip():
            begin = closing
        joint = "" if is_empty or comma >= 0 else ","
        return f"{text[:end]}{joint}{text[end:begin]}{indent}{element},{newline}{text[begin:]}"
    line_begin = text.rfind("\n", 0, end) + 1
    line_end = text.find("\n", closing) if "\n" in text[closing:] else len(text)
    fits = line_end - line_begin + len(element) + 2 <= LINE_CHARS_MAX
    at = end if comma < 0 else comma + 1
    joint = "" if is_empty or comma >= 0 else ","
    if fits:
        gap = "" if is_empty else " "
        return f"{text[:at]}{joint}{gap}{element}{text[at:]}"
    indent = _indent(text, opening)
    return f"{text[:at]}{joint}{newline}{indent}    {element},{newline}{indent}{text[at:].lstrip(' ')}"


def _as_new_key(
    file: ConfigFile, topic: str, table: Mapping[str, object], key: str, element: str, below: str | None
) -> str:
    """The file with a list of this one element."""
    lines = lines_of(file.text)
    own = [name for name in table if not lines[file.places.first["topics", topic, name] - 1].lstrip().startswith("[")]
    header = lines[file.places.first["topics", topic] - 1].lstrip()
    if not header.startswith("[") or not own:
        raise ConfigError(
            f"topic {shown(topic)} does not stand in a table of its own, which is not edited from here",
            where=file.place("topics", topic),
            remedy=f"Write it as [topics.{topic}], or add the line by hand: {key} = [{element}]",
        )
    newline = "\r\n" if "\r\n" in file.text else "\n"
    after = max(file.places.last["topics", topic, name] for name in own if below not in own or name == below)
    first = lines[file.places.first["topics", topic, own[0]] - 1]
    indent = first[: len(first) - len(first.lstrip())]
    added = f"{indent}{key} = [{element}]"
    if len(added) > LINE_CHARS_MAX:
        added = f"{indent}{key} = [{newline}{indent}    {element},{newline}{indent}]"
    above = "".join(lines[:after])
    gap = "" if above.endswith("\n") else newline
    return f"{above}{gap}{added}{newline}{''.join(lines[after:])}"


def _indent(text: str, position: int) -> str:
    """What stands before the first sign of the line at a position."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip())]
