"""Keep an article as an example of a topic in watchlist.toml; every other byte of the file stays as a person wrote it.

What is kept is the text itself, as much of it as the topic's answer takes: it outlives the archive.

Effects: reads and writes files.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from monitor.config.edit import NoteEdit, locked, note_nobody
from monitor.config.edit_lists import with_element
from monitor.config.edit_topics import read_topics, topic_of, topics_of, write_topics
from monitor.config.example_sources import as_article
from monitor.config.schema import EXAMPLE_CHARS_MAX, EXAMPLES_MAX, ExampleEntry
from monitor.config.toml_text import toml_value
from monitor.config.values import is_address, is_language, read_example, shown
from monitor.errors import ConfigError
from monitor.model import Article, Match, NoMatch, TopicKey
from monitor.text import plain_line, shorten
from monitor.topics.match import CompiledWatchlist, judge_article
from monitor.topics.meaning import Lexicon
from monitor.words import words

SIDES = ("must_match", "must_not_match")
TITLE_CHARS_MAX = 1_000
TEXT_CHARS = (600, 2_000, 8_000, EXAMPLE_CHARS_MAX)
"""How much of a text is kept: the first of these that makes the topic answer as the whole article does."""

Written = str | dict[str, object]
"""An example as it stands in the file: a headline, or a table."""


class Choice(Struct, frozen=True):
    """How an article would be kept as an example."""

    written: Written
    judged: Match | NoMatch
    """What the topic says of the example as it would be written."""
    holds: bool
    """Whether that is what a person said it must be."""

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return toml_value(self.written)


class Kept(Struct, frozen=True):
    """What became of an example."""

    line: int
    is_new: bool
    """False where it stood there before; then nothing was written."""


def choose_example(compiled: CompiledWatchlist, topic: TopicKey, side: str, article: Article) -> Choice:
    """The shortest example of an article that the topic answers as it answers the whole, and whether that is right.

    For what must not match the reason must be the same too: a headline alone would mostly say nothing.
    """
    (one,) = (one for one in compiled.topics if one.topic.key == topic)
    alone = replace(compiled, topics=(one,), prepared={})
    is_wanted = side == "must_match"
    (whole,) = judge_article(alone, article)
    if isinstance(whole, Match) is not is_wanted:
        return Choice(_table(article), whole, holds=False)
    nearest: Choice | None = None
    for written in _forms(article):
        (judged,) = judge_article(alone, as_article(ExampleEntry.model_validate(read_example(written))))
        if isinstance(judged, Match) is not is_wanted:
            continue
        choice = Choice(written, judged, holds=True)
        if is_wanted or _is_same_no(judged, whole):
            return choice
        if nearest is None or judged.score > nearest.judged.score:
            nearest = choice
    if nearest is None:
        raise ConfigError(
            f"no part of the article that fits an example is answered by topic {shown(topic)} as the whole is",
            remedy=f"Write down by hand what {side} must try.",
        )
    return nearest


def _is_same_no(judged: Match | NoMatch, whole: Match | NoMatch) -> bool:
    if isinstance(judged, Match) or isinstance(whole, Match) or judged.is_excluded is not whole.is_excluded:
        return False
    return judged.reason == whole.reason or (judged.near and whole.near and judged.score >= whole.score)


def _forms(article: Article) -> Iterator[Written]:
    """The ways to write it, the shortest first; each has a word in it."""
    title = _clean(article.title)[:TITLE_CHARS_MAX]
    if words(title) and title == plain_line(title) and not is_address(title):
        yield title
    for chars in (0, *TEXT_CHARS):
        table = _table(article, chars)
        if words(f"{table.get('title', '')} {table.get('text', '')}") and (not chars or "text" in table):
            yield table
        if chars >= len(article.text):
            break
    table = _table(article, EXAMPLE_CHARS_MAX)
    extra: dict[str, object] = {"source": _clean(article.outlet), "author": _clean(article.author)}
    extra["tags"] = [tag for tag in map(_clean, article.tags) if tag]
    if words(f"{table.get('title', '')} {table.get('text', '')}"):
        yield {**table, **{key: value for key, value in extra.items() if value}}


def _table(article: Article, chars: int = TEXT_CHARS[0]) -> dict[str, object]:
    title, text = _clean(article.title)[:TITLE_CHARS_MAX], _beginning(_clean(article.text), chars)
    url = article.url if is_address(article.url) else ""
    language = article.language if article.language and is_language(article.language) else ""
    table = {"title": title, "text": text, "url": url, "language": language}
    return {key: value for key, value in table.items() if value}


def _clean(text: str) -> str:
    """What a file can hold; half a pair of surrogates is none of it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()[:EXAMPLE_CHARS_MAX]


def _beginning(text: str, chars: int) -> str:
    """The first sentences in so many characters."""
    if len(text) <= chars:
        return text
    ends = [
        text.rfind(end, chars // 3, chars) + len(end.rstrip()) for end in (". ", "! ", "? ", "。", "\n") if end in text
    ]
    best = max((end for end in ends if end > chars // 3), default=0)
    return text[:best].strip() if best else shorten(text, chars) if chars else ""


def keep_example(
    folder: Path,
    topic: TopicKey,
    side: str,
    written: Written,
    lexicon: Lexicon,
    *,
    address: str = "",
    noting: NoteEdit = note_nobody,
) -> Kept:
    """Write an example at the end of a topic's list, comments above and below kept; one that is there is left alone.

    `address` is the article's, by which it is known also where it was written in another way.
    Raises `ConfigFaults` where the topic does not answer it as it must, and `ConfigError` where the topic is written in
    a way that is not edited from here, the example stands on the other side, the file was changed meanwhile, or it
    cannot be written.
    """
    with locked(folder):
        file = read_topics(folder)
        topics, values = topics_of(file), topic_of(file, topic)
        (other,) = (name for name in SIDES if name != side)
        for name, is_new in ((side, False), (other, True)):
            number = _find(values.get(name), written, address)
            if number is not None and is_new:
                where = file.place("topics", topic, other, number)
                raise ConfigError(
                    f"the article stands in {other} already", where=where, remedy="Take it out there first."
                )
            if number is not None:
                return Kept(file.places.line(("topics", topic, name, number)), is_new=False)
        listed = list(values.get(side, []))
        if len(listed) >= EXAMPLES_MAX:
            where = file.place("topics", topic, side)
            raise ConfigError(f"{side} is full ({EXAMPLES_MAX})", where=where, remedy="Take out what shows least.")
        text = with_element(file, topic, side, written)
        expected = {**topics, topic: {**values, side: [*listed, written]}}
        write_topics(file, text, expected, lexicon, noting)
        edited = read_topics(folder)
        return Kept(edited.places.line(("topics", topic, side, len(listed))), is_new=True)


def _find(listed: object, written: Written, address: str) -> int | None:
    """Where the same article stands in a list: by its address, else by what it says."""
    wanted = _same_as(written) | ({("url", address)} if address else set())
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(one, str | Mapping) and wanted & _same_as(one):
            return number
    return None


def _same_as(written: str | Mapping[str, object]) -> set[tuple[str, ...]]:
    table = read_example(written if isinstance(written, str) else dict(written))
    assert isinstance(table, dict)
    url, title, text = (str(table.get(key, "")) for key in ("url", "title", "text"))
    return {("url", url) if url else ("text", title, text)} | ({("text", title, text)} if title or text else set())
