"""Give keys of a topic other values in the text of watchlist.toml, every other byte as it was, comments too.

Nothing is written here: what comes of it is shown, planned and written as any edit of the whole file is.

Effects: none.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from monitor.config.edit import lines_of
from monitor.config.edit_list_values import with_list
from monitor.config.edit_topics import topic_of, topics_of
from monitor.config.files import ConfigFile, parse_config_file
from monitor.config.places import STRING
from monitor.config.toml_text import toml_value
from monitor.config.values import shown
from monitor.errors import ConfigError

_PLAIN = re.compile(r"[^#\r\n]*")
LINE_CHARS_MAX = 110
"""A longer list is written with an element on each line."""


class _Span(Struct, frozen=True):
    """Where a value stands in the text."""

    start: int
    end: int


def with_values(file: ConfigFile, topic: str, values: Mapping[str, object]) -> str:
    """The file's text with these values for keys of a topic; a key whose value is None is taken out.

    A key that is not there yet comes below the topic's name. Raises `ConfigError`, with the line to write by hand,
    where there is no such topic, or it is written in a way that is not edited from here.
    """
    for key, value in values.items():
        known = topic_of(file, topic)
        if known.get(key) == value:
            continue
        if key not in known:
            text = _with_new(file, topic, known, key, value)
        elif value is None:
            text = _without(file, topic, key)
        else:
            text = _with_other(file, topic, key, known[key], value)
        edited = parse_config_file(text.encode(), file.path, file.shown_path)
        wanted = {**known, key: value}
        if value is None:
            del wanted[key]
        if dict(topics_of(edited)) != {**topics_of(file), topic: wanted}:
            raise _refusal(file, topic, key, value)
        file = edited
    return file.text


def _with_other(file: ConfigFile, topic: str, key: str, before: object, value: object) -> str:
    if isinstance(before, list) and isinstance(value, list):
        text = with_list(file, topic, key, before, value)
        if text is not None:
            return text
    span = _find_value(file, topic, key, value)
    return f"{file.text[: span.start]}{_written(key, value, file.text)}{file.text[span.end :]}"


def _find_value(file: ConfigFile, topic: str, key: str, value: object) -> _Span:
    text, path = file.text, ("topics", topic, key)
    start = sum(map(len, lines_of(text)[: file.places.first[path] - 1]))
    found = re.compile(rf"[ \t]*{re.escape(key)}[ \t]*=[ \t]*").match(text, start)
    if found is None:
        raise _refusal(file, topic, key, value)
    begin = found.end()
    if path in file.places.arrays:
        return _Span(begin, file.places.arrays[path].closing + 1)
    if (quoted := STRING.match(text, begin)) is not None:
        return _Span(begin, quoted.end())
    plain = _PLAIN.match(text, begin)
    assert plain is not None, "it may be empty"
    return _Span(begin, begin + len(plain[0].rstrip()))


def _with_new(file: ConfigFile, topic: str, known: Mapping[str, object], key: str, value: object) -> str:
    if value is None:
        return file.text
    lines = lines_of(file.text)
    first = file.places.first
    own = [one for one in known if not lines[first["topics", topic, one] - 1].lstrip().startswith("[")]
    if not own or not lines[first["topics", topic] - 1].lstrip().startswith("[topics."):
        raise _refusal(file, topic, key, value)
    below = "name" if "name" in own else own[-1]
    after = file.places.last["topics", topic, below]
    indent = lines[first["topics", topic, below] - 1]
    indent = indent[: len(indent) - len(indent.lstrip())]
    newline = "\r\n" if "\r\n" in file.text else "\n"
    above = "".join(lines[:after])
    gap = "" if above.endswith("\n") else newline
    return f"{above}{gap}{indent}{key} = {_written(key, value, file.text)}{newline}{''.join(lines[after:])}"


def _without(file: ConfigFile, topic: str, key: str) -> str:
    lines, path = lines_of(file.text), ("topics", topic, key)
    return "".join(lines[: file.places.first[path] - 1] + lines[file.places.last[path] :])


def _written(key: str, value: object, text: str) -> str:
    """A value as it stands behind its key."""
    line, newline = toml_value(value), "\r\n" if "\r\n" in text else "\n"
    if isinstance(value, str) and _is_of_lines(value):
        return "'''" + newline + value.replace("\n", newline) + "'''"
    if not isinstance(value, list | tuple) or len(key) + len(line) <= LINE_CHARS_MAX:
        return line
    return f"[{newline}{''.join(f'    {toml_value(one)},{newline}' for one in value)}]"


def _is_of_lines(value: str) -> bool:
    """Whether a text is written on lines of its own, as long queries are: then nothing in it is escaped."""
    plain = value.replace("\n", "").replace('"', "").replace("\\", "")
    return value.endswith("\n") and "'''" not in value and toml_value(plain) == f'"{plain}"'


def _refusal(file: ConfigFile, topic: str, key: str, value: object) -> ConfigError:
    return ConfigError(
        f"topic {shown(topic)} is written in a way that is not edited from here",
        where=file.place("topics", topic, key),
        remedy="Edit the text by hand." if value is None else f"Write it by hand: {key} = {toml_value(value)}",
    )
