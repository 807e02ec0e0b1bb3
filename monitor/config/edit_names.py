"""Add a name to a topic in watchlist.toml; every other byte of the file stays as a person wrote it.

A topic by name gets one more entry in `also`; one with a query gets ` OR` the term behind the whole of it, which is put
in parentheses first, so that what it found before it finds as before.

Effects: reads and writes files.
"""

from pathlib import Path

from monitor.config.edit import NoteEdit, lines_of, locked, note_nobody
from monitor.config.edit_lists import with_element
from monitor.config.edit_topics import read_topics, topic_of, topics_of, write_topics
from monitor.config.example_sources import Stored
from monitor.config.files import ConfigFile
from monitor.config.values import shown
from monitor.errors import ConfigError
from monitor.model import TopicKey
from monitor.text import plain_line
from monitor.topics.meaning import Lexicon
from monitor.topics.suggest import write_term
from monitor.words import words

NAME_CHARS_MAX = 200


def widened_query(query: str, term: str) -> str:
    """The query, or the term; the query as a whole, whatever stands in it."""
    return f"({query}) OR {write_term(term)}"


def add_name(
    folder: Path,
    topic: TopicKey,
    name: str,
    lexicon: Lexicon,
    *,
    noting: NoteEdit = note_nobody,
    stored: Stored | None = None,
) -> int:
    """Let the topic look for this name too; returns the line at which it stands now.

    Every example of the watchlist is tried first, those of stored articles where `stored` looks them up. Raises
    `ConfigFaults` where one fails or the file would not load, and `ConfigError` where the name is there already or
    holds no word, the topic is written in a way that is not edited from here, or the file was changed meanwhile or
    cannot be written.
    """
    name = plain_line(name)
    if not words(name) or len(name) > NAME_CHARS_MAX or '"' in name or "\\" in name:
        raise ConfigError(f"{shown(name)} is no name", remedy='Write words without quotes, as in "prisoner swap".')
    with locked(folder):
        file = read_topics(folder)
        topics, values = topics_of(file), topic_of(file, topic)
        query = values.get("query")
        if isinstance(query, str):
            text, wanted = _widen(file, topic, name), {**values, "query": widened_query(query, name)}
        else:
            listed = [one for one in values.get("also", []) if isinstance(one, str)]
            known = [str(values.get("name", "")), *listed]
            if name.casefold() in {one.casefold() for one in known}:
                raise ConfigError(f"{shown(name)} is a name of the topic already", where=file.place("topics", topic))
            text = with_element(file, topic, "also", name, below="name")
            wanted = {**values, "also": [*listed, name]}
        write_topics(file, text, {**topics, topic: wanted}, lexicon, noting, stored=stored)
        return read_topics(folder).places.line(("topics", topic, "query" if isinstance(query, str) else "also"))


def _widen(file: ConfigFile, topic: str, name: str) -> str:
    """The file with the topic's query in parentheses, and the term behind them. What it holds then is checked later."""
    path, lines = ("topics", topic, "query"), lines_of(file.text)
    first, last = file.places.first[path], file.places.last[path]
    above, own, below = ("".join(some) for some in (lines[: first - 1], lines[first - 1 : last], lines[last:]))
    start = own.find("=") + 1
    start += len(own[start:]) - len(own[start:].lstrip(" \t"))
    quote = next((sign for sign in ("'''", '"""', "'", '"') if own.startswith(sign, start)), "")
    begin = start + len(quote)
    end = _find_end(own, begin, quote)
    if not quote or end < 0:
        raise ConfigError(
            f"the query of topic {shown(topic)} is written in a way that is not edited from here",
            where=file.place("topics", topic, "query"),
            remedy=f"Add it by hand: OR {write_term(name)}",
        )
    if len(quote) == 3:  # a newline behind the opening quotes is none of the text
        begin += len("\r\n") if own.startswith("\r\n", begin) else own.startswith("\n", begin)
    term = write_term(name)
    added = term.replace('"', '\\"') if quote == '"' else term
    if quote == '"""' and added.endswith('"'):
        added = term.replace('"', '\\"')
    return f"{above}{own[:begin]}({own[begin:end]}) OR {added}{own[end:]}{below}"


def _find_end(text: str, begin: int, quote: str) -> int:
    """Where the closing quotes begin; below 0 where there are none."""
    at = begin
    while quote and at < len(text):
        if text[at] == "\\" and quote.startswith('"'):
            at += 2
        elif text.startswith(quote, at):
            while len(quote) == 3 and text.startswith(quote, at + 1):
                at += 1  # one or two more of them belong to the text
            return at
        else:
            at += 1
    return -1
