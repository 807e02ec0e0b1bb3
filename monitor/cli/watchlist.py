"""`monitor watchlist`: the configurations that were in force, what changed between them, and taking one back.

Effects: those of its verbs.
"""

import argparse

from monitor.cli import (
    watchlist_add_name,
    watchlist_audit,
    watchlist_diff,
    watchlist_import,
    watchlist_log,
    watchlist_rollback,
)

NAME = "watchlist"
SUMMARY = (
    "Configurations that were in force: list them, see what changed, take one back; what topics nearly found, a name "
    "more, lists of other tools."
)
EXAMPLE = "monitor watchlist log\n  monitor watchlist diff file\n  monitor watchlist rollback"
VERBS = (
    watchlist_log,
    watchlist_diff,
    watchlist_rollback,
    watchlist_import,
    watchlist_audit,
    watchlist_add_name,
)
"""Each is a module with NAME, `add_parser(subparsers)` and `run(args) -> int`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    verbs = parser.add_subparsers(dest="action", metavar="|".join(verb.NAME for verb in VERBS), required=True)
    for verb in VERBS:
        verb.add_parser(verbs)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    return int(next(verb for verb in VERBS if args.action == verb.NAME).run(args))
