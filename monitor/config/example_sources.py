"""The articles behind a topic's examples: written in the watchlist, in files beside it, or stored in the archive.

Effects: reads files; asks the archive by a function it is given.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct, field

from monitor.config.faults import ConfigFaults, Problem, say_where
from monitor.config.files import BOM, ConfigFile, read_bounded
from monitor.config.places import Path as KeyPath
from monitor.config.schema import EXAMPLES_MAX, FILES, ExampleEntry
from monitor.config.values import shown
from monitor.model import Article, ArticleId
from monitor.topics.article_lines import articles_of, has_words, to_article
from monitor.words import words

FILE_BYTES_MAX = 1_000_000
"""Of one file of examples: some two hundred long reports."""
LINE_FILES = (".json", ".jsonl", ".ndjson")

Stored = Callable[[str], Article | str]
"""The stored article of an address, or why there is none to try, as a sentence goes on: `is not in the archive`."""


class Origin(Struct, frozen=True):
    """Where in the watchlist an example stands."""

    number: int
    """Its position in its list, from 0."""
    said: str = ""
    """What a message names before its headline: `examples/talks.jsonl:3`; empty for what is written down."""
    stored: Article | None = None
    """The article of the archive, where the example is an address and the archive holds it."""


class ExampleFault(Exception):
    """A file that gives no example, in words that follow its name."""


class ExampleSources(Struct):
    """Gathers the examples of one watchlist, with what was read for them and what could not be tried."""

    stored: Stored | None = None
    """None where no archive is at hand."""
    shut: frozenset[str] = frozenset()
    """Real paths of files that are never read as examples: secrets, and lists of feeds."""
    files: list[Path] = field(default_factory=list)
    """Every file that was looked for, there or not."""
    bodies: list[bytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Examples that cannot be tried, each with its place."""
    origins: dict[tuple[str, str], tuple[Origin, ...]] = field(default_factory=dict)
    """Of each topic's key and list, where its articles come from, in their order."""
    _read: dict[Path, bytes] = field(default_factory=dict)

    def gather(self, topic: str, key: str, entries: list[ExampleEntry], file: ConfigFile) -> tuple[Article, ...]:
        """The articles of one list of examples; what is wrong with one is noted and the others are taken.

        An address stays one, without a word: a topic is the same whatever the archive holds.
        """
        found: list[tuple[Article, Origin]] = []
        for number, entry in enumerate(entries):
            path: KeyPath = ("topics", topic, key, number)
            where = f"{say_where(path, file.values)}`{key}` {number + 1}"
            line = file.places.line(path)
            if entry.file is not None:
                try:
                    found += [(one, Origin(number, said)) for said, one in self._from_file(entry.file, file)]
                except ExampleFault as fault:
                    self.problems.append(Problem(file.shown_path, line, f"{where}, file {shown(entry.file)}, {fault}"))
            elif entry.is_address:
                article = self.stored(entry.url) if self.stored is not None else "needs the archive, which is not there"
                there = article if isinstance(article, Article) else None
                found.append((as_article(entry), Origin(number, "stored", there)))
                if there is None:
                    said = f"{where} cannot be tried: {shown(entry.url)} {article}."
                    self.notes.append(f"{file.shown_path}:{line}: {said}")
            else:
                found.append((as_article(entry), Origin(number)))
        if len(found) > EXAMPLES_MAX:
            first = file.places.line(("topics", topic, key))
            said = (
                f"{say_where(('topics', topic), file.values)}`{key}` has {len(found)} articles with those of its files."
            )
            self.problems.append(Problem(file.shown_path, first, f"{said} At most {EXAMPLES_MAX} are tried."))
            found = []
        self.origins[topic, key] = tuple(origin for _, origin in found)
        return tuple(article for article, _ in found)

    def _from_file(self, name: str, file: ConfigFile) -> Iterator[tuple[str, Article]]:
        """Each article of a file, and how a message names it. Raises `ExampleFault`."""
        text = self._text_of(file.path.parent / name, file.path)
        if not name.lower().endswith(LINE_FILES):
            title, _, rest = text.strip().partition("\n")
            if not words(text):
                raise ExampleFault("holds no word. Its first line is the headline, the rest is the text.")
            yield name, Article(ArticleId(1), title.strip(), rest.strip())
            return
        count = 0
        for line, record in _records(text):
            for one in articles_of(record):
                if not has_words(one):
                    raise ExampleFault(f"line {line}: neither a title nor a text. Write {_LINE}.")
                count += 1
                if count > EXAMPLES_MAX:
                    raise ExampleFault(f"has more than {EXAMPLES_MAX} articles. Keep those that show most.")
                yield f"{name}:{line}", to_article(one, count)
        if not count:
            raise ExampleFault(f"holds no article. Write {_LINE}, one on each line.")

    def _text_of(self, path: Path, watchlist: Path) -> str:
        if path not in self.files:
            self.files.append(path)
        # A mounted watchlist may be a link: beside what it leads to is beside it, too.
        roots = {os.path.realpath(watchlist.parent), os.path.dirname(os.path.realpath(watchlist))}
        if all(os.path.commonpath([root, os.path.realpath(path)]) != root for root in roots):
            # A headline is repeated in messages, which reach channels: nothing outside may be read through it.
            raise ExampleFault("lies outside of this folder. Put it beside the watchlist, or in a folder there.")
        if path.name in FILES or path.name.startswith(".") or os.path.realpath(path) in self.shut:
            raise ExampleFault("belongs to the configuration, and its words may be secret. Name a file of examples.")
        if path not in self._read:
            try:
                if path.is_file() and path.stat().st_size > FILE_BYTES_MAX:
                    raise ExampleFault(f"is larger than {FILE_BYTES_MAX:,} bytes. Keep those that show most.")
                self._read[path] = read_bounded(path, str(path), "It is looked for beside the watchlist.")
            except ConfigFaults as error:
                raise ExampleFault(f"cannot be read: {error.problems[0].message}") from error
            except OSError as error:
                raise ExampleFault(f"cannot be read ({error.strerror}).") from error
            self.bodies.append(self._read[path])
        try:
            return self._read[path].removeprefix(BOM).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ExampleFault("is not UTF-8. Save it with the encoding UTF-8.") from error


_LINE = '{"title": …, "text": …}'


def _records(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a file with their lines: of one JSON document, or one on each line."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    listed = whole if isinstance(whole, list) else [whole] if isinstance(whole, dict) else None
    if listed is not None:
        for one in listed:
            if not isinstance(one, dict):
                raise ExampleFault(f"holds something else than articles. Write {_LINE}.")
            yield 1, one
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ExampleFault(f"line {number} is not JSON. Write {_LINE}.") from error
        if not isinstance(record, dict):
            raise ExampleFault(f"line {number} is no article. Write {_LINE}.")
        yield number, record


def as_article(entry: ExampleEntry) -> Article:
    """An example that is written down as the article it stands for."""
    return Article(
        id=ArticleId(1),
        title=entry.title,
        text=entry.text,
        url=entry.url,
        source=entry.source,
        language=entry.language,
        author=entry.author,
        tags=tuple(entry.tags),
    )
