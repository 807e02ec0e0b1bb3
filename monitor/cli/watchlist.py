"""`monitor watchlist`: the configurations that were in force, what changed between them, and taking one back.

Effects: those of its verbs.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

EXAMPLE = "monitor watchlist log\n  monitor watchlist diff file\n  monitor watchlist rollback"
VERBS = ("log", "diff", "rollback", "import", "audit", "add-name")
"""Each is a module of this package with NAME, `add_parser(subparsers)` and `run(args) -> int`.

Only the one asked for is loaded: an import reads other tools' lists, and a log has no use for that.
"""


def add_arguments(parser: argparse.ArgumentParser, words: Sequence[str] | None = None) -> None:
    """The command's own arguments; of its verbs, all where the one asked for is not sure."""
    given = sys.argv[1:] if words is None else words
    asked = given[1] if given[:1] == ["watchlist"] and len(given) > 1 else ""
    verbs = parser.add_subparsers(dest="action", metavar="|".join(VERBS), required=True)
    for verb in (asked,) if asked in VERBS else VERBS:
        load_verb(verb).add_parser(verbs)


def load_verb(name: str) -> ModuleType:
    """The module of a verb."""
    return import_module(f"monitor.cli.watchlist_{name.replace('-', '_')}")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    return int(load_verb(args.action).run(args))
