"""`monitor db`: the database's schema, its copy, its retention.

Effects: database, files, prints.
"""

import argparse
from pathlib import Path

from monitor.cli.opening import load_config, opened_store
from monitor.clock import SystemClock
from monitor.errors import ConfigError
from monitor.pipeline.sweep import DAYS_MIN, Retention, sweep
from monitor.storage.backup import backup
from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade
from monitor.storage.revision import head_revision

NAME = "db"
SUMMARY = "Bring the schema up, copy the archive while the daemon runs, remove what is older than the retention."
EXAMPLE = "monitor db backup backups/monitor-2026-03-14.db"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="upgrade|backup|prune", required=True)
    actions.add_parser("upgrade", help="bring the schema up; `run` and `once` do so by themselves")
    copying = actions.add_parser("backup", help="a whole, checked copy of a SQLite archive, in one piece")
    copying.add_argument("path", type=Path, help="where the copy goes; an older copy of that name is replaced")
    pruning = actions.add_parser("prune", help="remove articles past the retention; the daemon does so every hour")
    pruning.add_argument("--days", type=int, help="keep articles this many days (default: retention.articles_days)")


def run(args: argparse.Namespace) -> int:
    """Do the one thing asked for and say what came of it."""
    loaded = load_config(args)
    if args.action == "upgrade":
        database = open_engine(loaded.database_url)
        try:
            done = upgrade(database)
        finally:
            database.close()
        print(f"The database {'is now' if done else 'was already'} at revision {head_revision()}.")
        return 0
    with opened_store(loaded) as store:
        if args.action == "backup":
            size = backup(store.database, args.path)
            print(f"{args.path}: {size / 1_000_000:.1f} MB, checked.")
            return 0
        kept = loaded.settings.retention
        days = kept.articles_days if args.days is None else args.days
        if days < DAYS_MIN:
            remedy = "Copies are looked for that long."
            raise ConfigError(f"--days {days} is too short: at least {DAYS_MIN} are kept", remedy=remedy)
        swept = sweep(store, Retention(days, kept.polls_days, kept.size_max_bytes), SystemClock().now())
    print(f"Removed {swept.articles} articles, {swept.visits} visits and the text of {swept.payloads} deliveries.")
    return 0
