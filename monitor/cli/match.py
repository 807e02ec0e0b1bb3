"""`monitor match`: which topics each article answers, with the words that say so.

Effects: reads files and standard input, writes to standard output.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import chain, islice
from pathlib import Path

from msgspec.structs import replace

from monitor.cli.lines import evidence_record, read_articles, to_article, write_line
from monitor.config.load import load, load_settings, load_watchlist
from monitor.errors import ConfigError, QueryError
from monitor.model import Match, NoMatch, Schedule, Topic, TopicKey, Watchlist
from monitor.text import plain_line, shorten
from monitor.topics.explain import describe_evidence, explain
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, judge_article, match_article
from monitor.topics.nearness import BACKGROUND_MAX, BACKGROUND_MIN, Meanings
from monitor.topics.query import is_query
from monitor.topics.vectors import ModelFiles, find_model, load_meanings

EXAMPLE = 'monitor match --topic "Hostage negotiations" --all articles.jsonl'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument(
        "file",
        metavar="FILE.jsonl",
        nargs="?",
        help="one article per line, {id, title, text, …}; - is standard input",
    )
    parser.add_argument("--watchlist", metavar="F", help="a watchlist.toml of its own, instead of the one of --config")
    parser.add_argument(
        "--topic", metavar="NAME", action="append", default=[], help="a name or a query, taken alone; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help="also tell what does not match, and why")
    parser.add_argument("--json", action="store_true", help="one JSON object per article and topic")
    parser.add_argument(
        "--no-semantic", action="store_true", help="judge by words alone, also where the extra `semantic` is installed"
    )
    parser.add_argument(
        "--suggest", metavar="NAME", help="instead of matching: terms of the archive that a topic of this name may add"
    )
    parser.add_argument("--since", help="for --suggest: how far back, as in 24h or 30d (default: 30d)")


def run(args: argparse.Namespace) -> int:
    """Judge every article in turn and print as it goes; or suggest terms."""
    if args.suggest is not None:
        # The only way that needs the archive: the others do not wait for the database's library to load.
        return int(import_module("monitor.cli.suggestions").run(args))
    if args.file is None:
        raise ConfigError("no article is given", remedy="Name a file of articles, or - for standard input.")
    model = find_model_of(args)
    compiled = compile_topics(args, asks_meaning=model is not None)
    names = {topic.topic.key: topic.topic.name for topic in compiled.topics}
    count = matched = 0
    lines = read_articles(args.file)
    meanings = None
    if model is not None:
        lines, meanings = _learn(lines, model)
    for number, line in lines:
        article = to_article(line, number)
        nearness = meanings.nearness(article) if meanings is not None else None
        judged = (
            judge_article(compiled, article, nearness) if args.all else match_article(compiled, article, nearness)[0]
        )
        count += 1
        matched += any(isinstance(one, Match) for one in judged)
        if judged and not args.json:
            # Once for all topics; a stage is given strangers' text, of which nothing may move the terminal's cursor.
            print(shorten(plain_line(article.title or str(line.get("id", number))), TITLE_CHARS))
        for one in judged:
            if args.json:
                record = match_record(one, names[one.topic], line.get("id", number), tells_all=args.all)
                write_line(record | carried(line, record))
            else:
                print("\n".join(describe(one, names[one.topic], article.title)))
    if not args.json:
        print(f"{matched} of {count} articles match.")
    return 0


Numbered = tuple[int, dict[str, object]]


def _learn(lines: Iterator[Numbered], model: ModelFiles) -> tuple[Iterator[Numbered], Meanings | None]:
    """The lines again, and the sentence model with the first of them as its background; None where they are too few."""
    first = list(islice(lines, BACKGROUND_MAX))
    every = chain(first, lines)
    if len(first) < BACKGROUND_MIN:
        return every, None
    meanings = load_meanings(model)
    meanings.learn(meanings.read(to_article(line, number)) for number, line in first)
    return every, meanings


def find_model_of(args: argparse.Namespace) -> ModelFiles | None:
    """The sentence model to be asked: the configuration's where its topics are judged, else the installed one."""
    if args.no_semantic:
        return None
    if args.watchlist or args.topic:
        return find_model()
    loaded = load_settings(Path(args.config), os.environ)
    return find_model(loaded.semantic_folder) if loaded.settings.matching.semantic else None


def compile_topics(args: argparse.Namespace, *, asks_meaning: bool) -> CompiledWatchlist:
    """The topics asked for: those of --topic, else the file of --watchlist, else the configuration's."""
    lexicon = replace(load_lexicon(), asks_meaning=asks_meaning)
    if args.watchlist:
        watchlist = load_watchlist(Path(args.watchlist), lexicon).watchlist
    elif args.topic:
        watchlist = Watchlist(())
    else:
        watchlist = load(Path(args.config), os.environ, lexicon).watchlist
    if args.topic:
        watchlist = Watchlist(tuple(topic_of(text) for text in dict.fromkeys(args.topic)), watchlist.lists)
    try:
        return compile_watchlist(watchlist, lexicon)
    except QueryError as error:
        raise ConfigError(error.what, where=error.where, remedy=error.remedy) from error


def topic_of(text: str) -> Topic:
    """A topic out of what was typed, its key the text itself."""
    query = text if is_query(text) else None
    return Topic(TopicKey(text), text, Schedule("UTC", now=True), (), query=query)


def match_record(judged: Match | NoMatch, name: str, shown_id: object, *, tells_all: bool) -> dict[str, object]:
    """The line for one article and topic, in the keys' fixed order; `match` only where all is told."""
    record: dict[str, object] = {"article": shown_id, "topic": judged.topic, "topic_name": name}
    if tells_all:
        record["match"] = isinstance(judged, Match)
    record["score"] = judged.score
    if isinstance(judged, NoMatch):
        return record | {"near": judged.near, "reason": judged.reason}
    record["level"] = judged.level.value
    record["evidence"] = list(map(evidence_record, judged.evidence))
    record["sentence"] = judged.sentence
    return record


TITLE_CHARS = 100
"""So much of a title or id fits a terminal's line."""
ARTICLE_KEYS = frozenset({"id", "title", "text", "url", "feed", "source", "language", "author", "published", "seen"})


def carried(line: Mapping[str, object], record: Mapping[str, object]) -> dict[str, object]:
    """What an article line holds beside an article, except what would hide a key of the record."""
    return {key: value for key, value in line.items() if key not in ARTICLE_KEYS and key not in record}


def describe(judged: Match | NoMatch, name: str, title: str) -> Iterator[str]:
    """A few lines for a reader, ended by an empty one. What stands in the article is made fit to show."""
    if isinstance(judged, NoMatch):
        yield f"  {name}: {explain(judged)}"
    else:
        yield f"  {name}: match, {judged.score} of 100 at level {judged.level}"
        for evidence in judged.evidence:
            yield f"    {plain_line(describe_evidence(evidence))}"
        if judged.sentence and judged.sentence != title:
            yield f"    “{plain_line(judged.sentence)}”"
    yield ""
