"""Add a topic to watchlist.toml or take one out; every other byte of the file stays as a person wrote it.

As for feeds an edit is a splice of lines, read back the way the daemon reads it before it is written: with every
topic's examples tried, and holding exactly the old values and the edit.

Effects: reads and writes files.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from msgspec import Struct

from monitor.config.edit import NoteEdit, block, lines_of, locked, note_nobody, write_edited
from monitor.config.example_sources import ExampleSources, Stored
from monitor.config.faults import ConfigFaults
from monitor.config.files import ConfigFile, read_config_file
from monitor.config.toml_text import toml_value
from monitor.config.values import near_miss, shown
from monitor.config.watchlist import read_watchlist
from monitor.errors import ConfigError
from monitor.model import TopicKey
from monitor.text import plain_line
from monitor.topics.meaning import Lexicon

_NO_WATCHLIST = "Make it, or begin with the watchlist.toml that comes with the program."


class RemovedTopic(Struct, frozen=True):
    """A topic that was taken out, so that it can be put back."""

    key: TopicKey
    text: str
    """Its lines as they stood."""


def add_topic(
    folder: Path,
    key: str,
    name: str,
    *,
    also: Sequence[str] = (),
    channels: Sequence[str] = (),
    schedule: str = "",
    note: str = "",
    lexicon: Lexicon,
    noting: NoteEdit = note_nobody,
) -> None:
    """Add a topic at the end of watchlist.toml; what is not given is as the file's defaults say.

    `note` stands above it as a comment; `noting` is told the whole file before it is written. Raises `ConfigFaults`
    when the file would not load with it (a key or channel that cannot be, a name in which nothing can be looked for, a
    file that is faulty as it is), and `ConfigError` when the key is there already, the file was changed meanwhile, or
    it cannot be written.
    """
    values: dict[str, object] = {"name": name}
    values |= {"also": list(also)} if also else {}
    values |= {"channels": list(channels)} if channels else {}
    values |= {"schedule": schedule} if schedule else {}
    comment = f"# {plain_line(note)}\n" if plain_line(note) else ""
    _append(folder, key, comment, values, lexicon, noting)


class NewTopic(Struct, frozen=True):
    """A topic to be added: its key, and its values as they stand in the file, what is as usual left out."""

    key: str
    values: Mapping[str, object]
    note: str = ""
    """Stands above it as a comment, on one line."""


def add_topics(folder: Path, topics: Sequence[NewTopic], lexicon: Lexicon, *, noting: NoteEdit = note_nobody) -> None:
    """Add topics at the end of watchlist.toml, all or none. Raises as `add_topic` does."""
    with locked(folder):
        file = read_topics(folder)
        expected = dict(topics_of(file))
        newline = "\r\n" if "\r\n" in file.text else "\n"
        text = file.text + ("" if not file.text or file.text.endswith("\n") else newline)
        for topic in topics:
            if topic.key in expected:
                _refuse_double(file, topic.key)
            expected[topic.key] = topic.values
            text += newline + topic_text(topic, newline)
        write_topics(file, text, expected, lexicon, noting)


def topic_text(topic: NewTopic, newline: str = "\n") -> str:
    """A topic as it stands in the file."""
    comment = f"# {plain_line(topic.note)}\n" if plain_line(topic.note) else ""
    lines = [f"{key} = {toml_value(value)}\n" for key, value in topic.values.items()]
    return f"{comment}[topics.{topic.key}]\n{''.join(lines)}".replace("\n", newline)


def restore_topic(folder: Path, removed: RemovedTopic, lexicon: Lexicon, *, noting: NoteEdit = note_nobody) -> None:
    """Put a topic back, at the end of watchlist.toml. Raises as `add_topic` does."""
    _append(folder, removed.key, removed.text, None, lexicon, noting)


def remove_topic(folder: Path, key: str, lexicon: Lexicon, *, noting: NoteEdit = note_nobody) -> RemovedTopic:
    """Take the topic of this key out of watchlist.toml, comments above and below kept. Its history stays known.

    Raises `ConfigError` when there is none of that key, or it does not stand in a table of its own, and as `add_topic`
    does.
    """
    with locked(folder):
        file = read_topics(folder)
        topics = topics_of(file)
        topic_of(file, key)
        lines = lines_of(file.text)
        first, last = file.places.first[("topics", key)], file.places.last[("topics", key)]
        if not lines[first - 1].lstrip().startswith("[topics."):
            raise ConfigError(
                f"topic {shown(key)} does not stand in a table of its own, which is not edited from here",
                where=file.place("topics", key),
                remedy=f"Write it as [topics.{key}], or edit the file by hand.",
            )
        removed = RemovedTopic(TopicKey(key), "".join(lines[first - 1 : last]))
        if last < len(lines) and not lines[last].strip() and (first == 1 or not lines[first - 2].strip()):
            last += 1  # one of the two empty lines that now meet
        expected = {name: values for name, values in topics.items() if name != key}
        write_topics(file, "".join(lines[: first - 1] + lines[last:]), expected, lexicon, noting)
        return removed


def _append(
    folder: Path, key: str, before: str, values: Mapping[str, object] | None, lexicon: Lexicon, noting: NoteEdit
) -> None:
    """Put a topic at the end; without values `before` is the whole of it."""
    with locked(folder):
        file = read_topics(folder)
        topics = topics_of(file)
        if key in topics:
            _refuse_double(file, key)
        newline = "\r\n" if "\r\n" in file.text else "\n"
        gap = "" if not file.text or file.text.endswith("\n") else newline
        if values is None:
            text = file.text + gap + newline + before
            write_topics(file, text, None, lexicon, noting, like={**topics, key: ...})
            return
        table = before.replace("\n", newline) + block(f"[topics.{key}]", values, newline)
        write_topics(file, file.text + gap + newline + table, {**topics, key: values}, lexicon, noting)


def _refuse_double(file: ConfigFile, key: str) -> NoReturn:
    raise ConfigError(
        f"there is a topic {shown(key)} already",
        where=file.place("topics", key),
        remedy="Choose another name, or edit the one that is there.",
    )


def read_topics(folder: Path) -> ConfigFile:
    """watchlist.toml, good TOML in which the topics are a table. Raises `ConfigFaults` or `ConfigError`."""
    path = folder / "watchlist.toml"
    file = read_config_file(path, str(path), _NO_WATCHLIST)
    topics = file.values.get("topics", {})
    if not isinstance(topics, Mapping):
        raise ConfigError("`topics` is no table", where=file.place("topics"), remedy="Edit the file by hand.")
    return file


def topics_of(file: ConfigFile) -> Mapping[str, object]:
    """The topics by key, as they stand in the file."""
    topics = file.values.get("topics", {})
    return topics if isinstance(topics, Mapping) else {}


def topic_of(file: ConfigFile, key: str) -> Mapping[str, Any]:
    """The values of a topic as they stand in the file. Raises `ConfigError` where there is none of that key."""
    topics = topics_of(file)
    values = topics.get(key)
    if not isinstance(values, Mapping):
        near = near_miss(key, list(topics))
        raise ConfigError(f"there is no topic {shown(key)}", where=file.shown_path, remedy=near.strip())
    return values


def write_topics(
    file: ConfigFile,
    text: str,
    expected: Mapping[str, object] | None,
    lexicon: Lexicon,
    noting: NoteEdit,
    *,
    like: Mapping[str, object] | None = None,
    stored: Stored | None = None,
) -> None:
    """Write the text where it holds exactly the expected topics; with `like`, topics of these names, the old as old.

    Examples that are stored articles are tried where `stored` looks them up.
    """

    def check(edited: ConfigFile) -> None:
        # Channels stand in another file, which the caller has read: only it knows which there are.
        _, problems = read_watchlist(edited, None, lexicon, sources=ExampleSources(stored))
        if problems:
            raise ConfigFaults(problems, meanwhile="The file was left as it is.", files=[edited.path])

    def is_meant(edited: ConfigFile) -> bool:
        wanted = expected
        if like is not None:
            old = topics_of(file)
            now = topics_of(edited)
            wanted = {name: old[name] if name in old else now.get(name) for name in like}
        rest = {**edited.values, "topics": wanted} == {**file.values, "topics": wanted}
        return rest and dict(topics_of(edited)) == wanted

    write_edited(file, text, check, is_meant, note=noting)
