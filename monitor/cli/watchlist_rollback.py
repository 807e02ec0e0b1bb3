"""`monitor watchlist rollback`: write a file back as it was in a configuration that was in force.

Effects: reads and writes files, database, prints.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.edited import cli_author
from monitor.cli.opening import opened_store
from monitor.cli.watchlist_diff import find_revision, latest_revision
from monitor.clock import SystemClock
from monitor.config.edit_restore import restore_file
from monitor.config.load import load_settings
from monitor.errors import MonitorError
from monitor.storage.revisions import Revision, body_hash
from monitor.storage.store import Store
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
        target, latest = _choose(store, args.revision, folder / name)

        def note(body: bytes) -> None:
            if body == latest.bodies[name]:
                return  # no new revision comes of it: the file is as it is in force again
            with store.write() as tx:
                said, now = f"rollback to {target.id}", SystemClock().now()
                tx.revisions.note_edit(body_hash(body), cli_author(), now, note=said, planned=True)

        def is_known(body: bytes) -> bool:
            with store.read() as tx:
                return tx.revisions.knows(body_hash(body))

        restored = restore_file(
            folder,
            name,
            target.bodies[name],
            environ=os.environ,
            lexicon=load_lexicon(),
            is_known=is_known,
            note=note,
            force=args.force,
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


def _choose(store: Store, wanted: str | None, path: Path) -> tuple[Revision, Revision]:
    """The revision to go back to, and the latest."""
    name = path.name
    with store.read() as tx:
        latest = latest_revision(tx)
        target: Revision | None
        if wanted is not None:
            target = find_revision(tx, wanted)
        elif path.exists() and path.read_bytes() == latest.bodies[name]:
            target = tx.revisions.other(latest, name)
        else:
            target = latest  # the latest edit is one that never counted, be it good, broken or an emptied file
    if target is None:
        raise MonitorError(
            f"there is no earlier {name} to go back to", remedy="Name a revision; see: monitor watchlist log"
        )
    return target, latest
