"""`monitor explain`: the whole way of one article; why and why not.

Effects: database, prints.
"""

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module

from monitor.cli.lines import screen_line, write_line
from monitor.cli.moments import moments_of
from monitor.cli.opening import load_config, opened_store
from monitor.config.load import Loaded
from monitor.errors import MonitorError
from monitor.missing import Missing
from monitor.model import Delivery
from monitor.pipeline.watched import watch
from monitor.topics.vectors import load_installed
from monitor.trail import Several, Trail, find_trail
from monitor.views.article import message_links
from monitor.views.missing_lines import missing_lines, missing_record, several_lines, several_record
from monitor.views.trail_lines import trail_lines
from monitor.views.trail_record import trail_record

EXAMPLE = """monitor explain https://example.org/news/talks-resume
  monitor explain 4711
  monitor explain "Talks to free the captives resume in Doha"
  monitor explain https://example.org/news/talks-resume --keep-as must_match hostage-negotiations"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "article",
        metavar="URL|ID|HEADLINE",
        nargs="+",
        help="address of an article, its number, or its headline; a few words of that find the likeliest",
    )
    parser.add_argument("--json", action="store_true", help="one object; times in UTC")
    parser.add_argument(
        "--keep-as",
        nargs=2,
        metavar=("must_match|must_not_match", "TOPIC"),
        help="write the article into the topic's examples, where the topic answers it so; else say what is missing",
    )


def run(args: argparse.Namespace) -> int:
    """Tell the article's way; 1 when it is not in the archive, with what can be said all the same."""
    wanted = " ".join(args.article).strip()
    if not wanted:
        raise MonitorError("nothing was asked for", remedy="Give an address, a number or a headline.")
    loaded = load_config(args)
    with opened_store(loaded) as store:
        load = partial(load_installed, loaded.semantic_folder) if loaded.compiled.lexicon.asks_meaning else None
        found = find_trail(store, wanted, watch(store, loaded.compiled).watchlist, load)
        if args.keep_as is not None and isinstance(found, Trail):
            # What edits a file is loaded where one is edited.
            return int(import_module("monitor.cli.keep_as").keep_article(args.keep_as, loaded, store, found))
    links = message_links(loaded)
    if args.json:
        write_line(_record(found, links))
    else:
        _show(_lines(found, loaded, links))
    return 0 if isinstance(found, Trail) else 1


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        print(screen_line(line))


def _lines(found: Trail | Several | Missing, loaded: Loaded, links: Callable[[Delivery], str | None]) -> Iterable[str]:
    moments = moments_of(loaded.watchlist)
    if isinstance(found, Several):
        return several_lines(found, moments)
    if isinstance(found, Missing):
        return missing_lines(found, moments)
    return trail_lines(found, moments, links)


def _record(found: Trail | Several | Missing, links: Callable[[Delivery], str | None]) -> dict[str, object]:
    if isinstance(found, Several):
        return several_record(found)
    return missing_record(found) if isinstance(found, Missing) else trail_record(found, links)
