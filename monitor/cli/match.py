"""`monitor match`: which topics each article answers, with the words that say so.

Effects: reads files and standard input, writes to standard output.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from monitor.cli.lines import evidence_record, read_articles, to_article, write_line
from monitor.config.load import load, load_watchlist
from monitor.errors import ConfigError, QueryError
from monitor.model import Article, Match, NoMatch, Schedule, Topic, TopicKey, Watchlist
from monitor.topics.explain import describe_evidence, explain
from monitor.topics.lexicon import load_lexicon
from monitor.topics.match import CompiledWatchlist, compile_watchlist, judge_article, match_article
from monitor.topics.query import is_query

NAME = "match"
SUMMARY = "Tell which topics each article answers, and why. Exit 0, also when none does; 2 for a faulty topic."
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
    compiled = compile_topics(args)
    names = {topic.topic.key: topic.topic.name for topic in compiled.topics}
    count = matched = 0
    for number, line in read_articles(args.file):
        article = to_article(line, number)
        judged = judge_article(compiled, article) if args.all else match_article(compiled, article)[0]
        count += 1
        matched += any(isinstance(one, Match) for one in judged)
        for one in judged:
            if args.json:
                record = match_record(one, names[one.topic], line.get("id", number), tells_all=args.all)
                write_line(record | carried(line, record))
            else:
                print("\n".join(describe(one, names[one.topic], article, line.get("id", number))))
    if not args.json:
        print(f"{matched} of {count} articles match.")
    return 0


def compile_topics(args: argparse.Namespace) -> CompiledWatchlist:
    """The topics asked for: those of --topic, else the file of --watchlist, else the configuration's."""
    lexicon = load_lexicon()
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


ARTICLE_KEYS = frozenset({"id", "title", "text", "url", "feed", "source", "language", "author", "published", "seen"})


def carried(line: Mapping[str, object], record: Mapping[str, object]) -> dict[str, object]:
    """What an article line holds beside an article, except what would hide a key of the record."""
    return {key: value for key, value in line.items() if key not in ARTICLE_KEYS and key not in record}


def describe(judged: Match | NoMatch, name: str, article: Article, shown_id: object) -> Iterator[str]:
    """A few lines for a reader, ended by an empty one."""
    yield f"{article.title or shown_id}"
    if isinstance(judged, NoMatch):
        yield f"  {name}: {explain(judged)}"
    else:
        yield f"  {name}: match, {judged.score} of 100 at level {judged.level}"
        for evidence in judged.evidence:
            yield f"    {describe_evidence(evidence)}"
        if judged.sentence and judged.sentence != article.title:
            yield f"    “{judged.sentence}”"
    yield ""
