"""`monitor search`: the archive, asked in the watchlist's own language.

Effects: database, prints.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime

from monitor.cli.arguments import read_age
from monitor.cli.lines import evidence_record, format_time, write_line
from monitor.cli.match import topic_of
from monitor.cli.moments import say_time
from monitor.cli.opening import load_config, opened_store
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.digests.snippet import cut_snippet, hits_in
from monitor.errors import ConfigError, QueryError, StorageError
from monitor.logs import get_log
from monitor.model import Field, Watchlist
from monitor.pipeline.indexing import catch_up_for
from monitor.storage.search import ENOUGH, Hit, search
from monitor.storage.store import Store
from monitor.text import plural
from monitor.topics.explain import describe_evidence
from monitor.topics.match import CompiledWatchlist, compile_watchlist

EXAMPLE = "monitor search 'hostage* NEAR/5 (talks OR deal)' --since 30d"

EXIT_FOUND = 0
EXIT_NOTHING = 1
LIMIT = 20
"""Articles shown unless more are asked for: a screen or two."""
CATCH_UP_S = 2.0
"""Seconds a search may spend on an index that lags; what is still missing then is judged without it."""

log = get_log()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("query", metavar="QUERY", help="a query; words without an operator are a name, as of a topic")
    parser.add_argument("--since", help="how far back, as in 90m, 24h or 30d (default: all that is kept)")
    parser.add_argument(
        "--limit", metavar="N", type=_positive, default=LIMIT, help=f"articles shown at most (default: {LIMIT})"
    )
    parser.add_argument("--count", action="store_true", help="judge every article, to count all that answer")
    parser.add_argument("--json", action="store_true", help="one JSON object per article")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(args: argparse.Namespace) -> int:
    """Print what answers, and of how many."""
    loaded = load_config(args)
    compiled = compile_search(args.query, loaded)
    clock = SystemClock()
    since = since_of(args.since, clock.now())
    with opened_store(loaded) as store:
        refresh(store, clock)
        found = search(store, compiled, since=since, limit=args.limit, enough=None if args.count else ENOUGH)
    for hit in found.hits:
        if args.json:
            write_line(hit_record(hit))
        else:
            print("\n".join(_describe(hit)))
    when = f" of the last {args.since}" if args.since else ""
    if not found.total:
        print(f"No article{when} answers.", file=sys.stderr)
        return EXIT_NOTHING
    if not args.json:
        shown = len(found.hits)
        more = "" if shown == found.total else f", the newest {shown} shown (--limit N for more)"
        if found.unjudged:
            more += f"; {found.unjudged} older ones hold the words and were not looked at (--count for all)"
        least = "at least " if found.unjudged else ""
        print(f"{shown} of {least}{plural(found.total, 'article')}{when}{more}.")
    return EXIT_FOUND


def compile_search(text: str, loaded: Loaded) -> CompiledWatchlist:
    """What was typed as the one topic of a watchlist, with the lists of the configured one.

    Raises ConfigError with the column and a remedy where it cannot be meant.
    """
    try:
        return compile_watchlist(Watchlist((topic_of(text),), loaded.watchlist.lists), loaded.compiled.lexicon)
    except QueryError as error:
        raise ConfigError(error.what, where=f"column {error.column}", remedy=error.remedy) from error


def since_of(text: str | None, now: datetime) -> datetime | None:
    """The moment that `--since` names; None for all that is kept."""
    return now - read_age(text) if text else None


def refresh(store: Store, clock: SystemClock) -> None:
    """Bring the index up as far as a short time allows. Where it cannot be written the search does without."""
    try:
        catch_up_for(store, clock, CATCH_UP_S)
    except StorageError as error:
        log.info("index.not_refreshed", reason=error.reason)


def hit_record(hit: Hit) -> dict[str, object]:
    """The line for one article, in the keys' fixed order."""
    article = hit.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "feed": article.feed,
        "source": article.source,
        "published": format_time(article.published_at),
        "seen": format_time(article.seen_at),
        "score": hit.match.score,
        "evidence": list(map(evidence_record, hit.match.evidence)),
        "sentence": hit.match.sentence,
    }


def _describe(hit: Hit) -> Iterator[str]:
    """A few lines for a reader, ended by an empty one."""
    article, match = hit.article, hit.match
    published, seen = (at and say_time(at) for at in (article.published_at, article.seen_at))
    when = f"first seen {seen}" + (f", published {published}" if published else "")
    yield f"{article.title or article.url}"
    yield f"  {' · '.join(part for part in (article.source or article.feed, when, f'article {article.id}') if part)}"
    yield f"  score {match.score}: {'; '.join(describe_evidence(evidence) for evidence in match.evidence)}"
    snippet = mark_snippet(hit)
    if snippet:
        yield f"    “{snippet}”"
    if article.url:
        yield f"  {article.url}"
    yield ""


def mark_snippet(hit: Hit) -> str:
    """The part of the text that shows best why it answers, the very words marked `*so*`; empty where only the title or
    the metadata does.
    """
    text = hit.article.text
    hits = hits_in(hit.match.evidence, Field.TEXT, len(text))
    if not hits:
        return ""
    snippet, ranges = cut_snippet(text, hits)
    pieces, end = [], 0
    for first, last in ranges:
        pieces += [snippet[end:first], "*", snippet[first:last], "*"]
        end = last
    return "".join((*pieces, snippet[end:]))
