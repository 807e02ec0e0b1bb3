"""`monitor watchlist diff`: what changed between two configurations, line by line.

Effects: reads files, database, prints.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.moments import say_time
from monitor.cli.opening import opened_store
from monitor.config.files import read_bounded
from monitor.config.load import load_settings
from monitor.pipeline.rollback import find_revision, latest_revision
from monitor.storage.revisions import Revision
from monitor.storage.store import Store
from monitor.views.difference import difference_lines

if TYPE_CHECKING:
    from argparse import _SubParsersAction

NAME = "diff"
FILE = "file"


def add_parser(verbs: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's own arguments."""
    parser = verbs.add_parser(
        NAME,
        help="what changed between two of them, or since the latest in the file as it stands",
        description="The lines that changed: by the latest edit that counted; between revision A and the latest, or B; "
        "or, with the word `file`, between what was in force last and the file as it stands.",
        epilog="example:\n  monitor watchlist diff\n  monitor watchlist diff 3 5\n  monitor watchlist diff file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("one", metavar="A", nargs="?", help="a number of `monitor watchlist log`, or file")
    parser.add_argument("other", metavar="B", nargs="?", help="the same")
    parser.add_argument("--feeds", action="store_true", help="of feeds.toml, and not of watchlist.toml")


def run(args: argparse.Namespace) -> int:
    """Print the lines that changed. Raises MonitorError for a revision that is not there."""
    name = "feeds.toml" if args.feeds else "watchlist.toml"
    folder = Path(args.config)
    with opened_store(load_settings(folder, os.environ)) as store:
        before, after = (_side(one, folder, name) for one in _chosen(store, args.one, args.other, name))
    lines = list(difference_lines(before[1], after[1], before[0], after[0]))
    print("\n".join(lines) if lines else f"{name}: no difference between {before[0]} and {after[0]}.")
    return 0


def _chosen(store: Store, one: str | None, other: str | None, name: str) -> tuple[Revision | None, Revision | None]:
    """The two sides, None for the file as it stands."""
    with store.read() as tx:
        latest = latest_revision(tx)
        if one is None:
            before = tx.revisions.other(latest, name)
            return (before or latest), latest
        if other is None:
            return (latest, None) if one == FILE else (find_revision(tx, one), latest)
        return tuple(None if wanted == FILE else find_revision(tx, wanted) for wanted in (one, other))  # type: ignore[return-value]  # of two come two


def _side(revision: Revision | None, folder: Path, name: str) -> tuple[str, str]:
    """What it is called, and its text."""
    if revision is None:
        path = folder / name
        return f"{path} as it stands", read_bounded(path, str(path), "").decode("utf-8", "replace")
    text = revision.bodies[name].decode()
    return f"revision {revision.id} ({say_time(revision.at)}, {revision.author})", text
