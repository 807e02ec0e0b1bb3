"""`monitor watchlist log`: every configuration that was in force, by whom, and what it changed.

Effects: database, prints.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import opened_store
from monitor.config.load import load_settings
from monitor.storage.revisions import KEPT_MAX, RevisionHead
from monitor.text import plural
from monitor.views.revisions import say_change

if TYPE_CHECKING:
    from argparse import _SubParsersAction

NAME = "log"
SHOWN = 20


def add_parser(verbs: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's own arguments."""
    parser = verbs.add_parser(
        NAME,
        help="configurations that were in force, the newest first",
        description="Every configuration that was in force, the newest first: when, by whom, and what it changed.",
        epilog="example:\n  monitor watchlist log --limit 5",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--limit", type=_count, default=SHOWN, metavar="N", help=f"at most so many (default: {SHOWN})")
    parser.add_argument("--json", action="store_true", help="one object per line")


def run(args: argparse.Namespace) -> int:
    """Print them."""
    with opened_store(load_settings(Path(args.config), os.environ)) as store, store.read() as tx:
        heads = tx.revisions.listed(args.limit + 1)
    shown = heads[: args.limit]
    for place, head in enumerate(shown):
        if args.json:
            write_line(_record(head, in_force=place == 0))
        else:
            print(say_revision(head) + ("  (the latest)" if place == 0 else ""))
            change = say_change(head, heads[place + 1] if place + 1 < len(heads) else None)
            print(f"      {change}{f' ({head.note})' if head.note else ''}")
    if args.json:
        return 0
    if not shown:
        print("No configuration was in force yet. Begin with: monitor run")
    elif len(heads) > len(shown):
        print(f"{plural(len(shown), 'revision')}; there are older ones (--limit N, at most {KEPT_MAX:,} are kept).")
    return 0


def say_revision(head: RevisionHead) -> str:
    """Its number, time and author."""
    return f"{head.id:>4}  {say_time(head.at)}  {head.author}"


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return min(number, KEPT_MAX)


def _record(head: RevisionHead, *, in_force: bool) -> dict[str, object]:
    return {
        "id": head.id,
        "at": format_time(head.at),
        "author": head.author,
        "note": head.note or None,
        "change": head.change or None,
        "latest": in_force,
        "watchlist_hash": head.watchlist_hash,
        "feeds_hash": head.feeds_hash,
        "monitor_hash": head.monitor_hash,
    }
