"""`monitor watchlist rollback`: write a file back as it was in a configuration that was in force.

Effects: reads and writes files, database, prints.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.opening import cli_author, opened_store
from monitor.clock import SystemClock
from monitor.config.edit import NoteEdit
from monitor.config.load import load, load_settings
from monitor.pipeline.rollback import choose_target, roll_back
from monitor.storage.revisions import body_hash
from monitor.topics.lexicon import load_lexicon

if TYPE_CHECKING:
    from argparse import _SubParsersAction

NAME = "rollback"


def add_parser(verbs: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's own arguments."""
    parser = verbs.add_parser(
        NAME,
        help="write the file back as it was before, comments and all",
        description="Writes watchlist.toml back as it was in a revision, byte for byte; without one, as it was before "
        "the latest edit: where that never counted, as it is in force. A running monitor takes it within two seconds, "
        "with no further plan.",
        epilog="example:\n  monitor watchlist rollback\n  monitor watchlist rollback 3",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("revision", metavar="REVISION", nargs="?", help="a number of `monitor watchlist log`")
    parser.add_argument("--feeds", action="store_true", help="feeds.toml, and not watchlist.toml")
    parser.add_argument(
        "--force", action="store_true", help="also over an edit that was never in force; it is kept beside as .bak"
    )


def run(args: argparse.Namespace) -> int:
    """Write it back. Raises MonitorError where there is nothing to go back to, ConfigError where it is refused."""
    folder = Path(args.config)
    name = "feeds.toml" if args.feeds else "watchlist.toml"
    with opened_store(load_settings(folder, os.environ)) as store:
        target, latest = choose_target(store, args.revision, folder / name)
        lexicon = load_lexicon()

        def load_instead(bodies: Mapping[str, bytes]) -> object:
            return load(folder, os.environ, lexicon, needs_channels=False, instead=bodies)

        def noting(said: str) -> NoteEdit:
            def note(body: bytes) -> None:
                with store.write() as tx:
                    now = SystemClock().now()
                    tx.revisions.note_edit(body_hash(body), cli_author(), now, note=said, planned=True)

            return note

        restored = roll_back(
            store, folder / name, target, latest, load_instead=load_instead, noting=noting, force=args.force
        )
    if not restored.is_changed:
        print(f"{folder / name} is as in revision {target.id} already; nothing was written.")
        return 0
    print(f"{folder / name} is as in revision {target.id} again. A running monitor takes it within two seconds.")
    if restored.backup is not None:
        print(f"What stood in it is kept as {restored.backup}.")
    if target.id != latest.id:
        print(f"Take this back: monitor watchlist rollback {latest.id}{' --feeds' if args.feeds else ''}")
    return 0
