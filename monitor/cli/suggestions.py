"""`monitor match --suggest`: what a topic might add, out of the archive.

Effects: database, prints.
"""

import argparse
import sys
from collections.abc import Iterator

from monitor.cli.lines import write_line
from monitor.cli.opening import load_config, opened_store
from monitor.cli.search import compile_search, refresh, since_of
from monitor.clock import SystemClock
from monitor.storage.suggesting import Addition, Suggested, suggest_terms
from monitor.text import plural
from monitor.topics.query import is_query
from monitor.topics.suggest import write_term

SINCE = "30d"
"""How far back unless told otherwise: what is news now, and enough of it to count."""


def run(args: argparse.Namespace) -> int:
    """Print the terms, each with what it would bring. Exit 0; 1 where there are none; 2 for a faulty query."""
    loaded = load_config(args)
    compiled = compile_search(args.suggest, loaded)
    clock = SystemClock()
    since = args.since or SINCE
    after = since_of(since, clock.now())
    with opened_store(loaded) as store:
        refresh(store, clock)
        suggested = suggest_terms(store, compiled, after)
    if not suggested.additions:
        print(f'"{args.suggest}" finds {_found(suggested)} of the last {since}: nothing to suggest.', file=sys.stderr)
        return 1
    if args.json:
        for one in suggested.additions:
            write_line(_record(one, suggested))
    else:
        print("\n".join(_lines(args.suggest, since, suggested)))
    return 0


def _found(suggested: Suggested) -> str:
    return f"{'' if suggested.is_found_exact else 'about '}{plural(suggested.found, 'article')}"


def _record(one: Addition, suggested: Suggested) -> dict[str, object]:
    return {
        "term": one.text,
        "from": "lexicon" if one.is_related else "archive",
        "articles": one.held,
        "more": one.more,
        "exact": suggested.is_exact,
    }


def _lines(text: str, since: str, suggested: Suggested) -> Iterator[str]:
    yield f'"{text}" finds {_found(suggested)} of the last {since}.'
    about = "" if suggested.is_exact else "about "
    width = max(len(one.text) for one in suggested.additions)
    for is_related, title in ((False, "Terms its best articles have in common:"), (True, "Related words:")):
        chosen = [one for one in suggested.additions if one.is_related is is_related]
        if chosen:
            yield ""
            yield title
        for one in chosen:
            yield f"  {one.text:<{width}}  {about}+{plural(one.more, 'article')} in {since}"
    example = next((one for one in suggested.additions if one.more), suggested.additions[0]).text
    yield ""
    if is_query(text):
        yield f"To add one, join it with OR: ({text}) OR {write_term(example)}"
    else:
        yield f'To add one to a topic of that name: also = ["{example}"]. In a query: OR {write_term(example)}'
