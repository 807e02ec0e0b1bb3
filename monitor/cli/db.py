"""`monitor db`: the database's schema, its copies, its retention, and whether it holds together.

Effects: database, files, prints.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from monitor.cli.lines import write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import load_config, opened_store
from monitor.cli.progress import bar_line, shown_progress
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.errors import ConfigError, MonitorError
from monitor.pipeline.sweep import DAYS_MIN, Retention, sweep
from monitor.storage.backup import PG_RESTORE, backup, draft_of
from monitor.storage.checking import Checked, check, repair
from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade
from monitor.storage.restore import Restored, restore
from monitor.storage.revision import head_revision
from monitor.storage.store import Store

EXAMPLE = "monitor db backup backups/monitor-2026-03-14.db"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="upgrade|backup|restore|prune|check", required=True)
    actions.add_parser("upgrade", help="bring the schema up; `run` and `once` do so by themselves")
    copying = actions.add_parser("backup", help="a whole, checked copy of a SQLite archive, in one piece")
    copying.add_argument("path", type=Path, help="where the copy goes; an older copy of that name is replaced")
    putting = actions.add_parser("restore", help="put a copy in the archive's place; the one before is kept beside it")
    putting.add_argument("path", type=Path, help="a file of `monitor db backup`, or one that a restore kept")
    putting.add_argument(
        "--as-it-stood", action="store_true",
        help="let it tell what waits in it: to take a restore back at once, before anything was told meanwhile",
    )  # fmt: skip
    pruning = actions.add_parser("prune", help="remove articles past the retention; the daemon does so every hour")
    pruning.add_argument("--days", type=int, help="keep articles this many days (default: retention.articles_days)")
    checking = actions.add_parser("check", help="whether the file is whole and its rows hold together; exit 1 if not")
    checking.add_argument("--json", action="store_true", help="one JSON object")
    checking.add_argument("--repair", action="store_true", help="mend what can be made of the rest")


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
    if args.action == "restore":
        return _restore(loaded, args.path, as_it_stood=args.as_it_stood)
    with opened_store(loaded) as store:
        if args.action == "check":
            return _check(store, as_json=args.json, mends=args.repair)
        if args.action == "backup":
            size = _copy(store, args.path)
            print(f"{args.path}: {size / 1_000_000:.1f} MB, checked.")
            return 0
        return _prune(store, loaded, args.days)


def _copy(store: Store, target: Path) -> int:
    path, draft = store.database.path, draft_of(target)

    def look() -> str:
        whole, done = (file.stat().st_size if file is not None and file.exists() else 0 for file in (path, draft))
        return bar_line("copied", done / max(1, whole))

    with shown_progress(look, sys.stderr, is_shown=sys.stderr.isatty()):
        return backup(store.database, target)


def _prune(store: Store, loaded: Loaded, asked: int | None) -> int:
    kept = loaded.settings.retention
    days = kept.articles_days if asked is None else asked
    if days < DAYS_MIN:
        remedy = "Copies are looked for that long."
        raise ConfigError(f"--days {days} is too short: at least {DAYS_MIN} are kept", remedy=remedy)
    swept = sweep(store, Retention(days, kept.polls_days, kept.size_max_bytes), SystemClock().now())
    print(f"Removed {swept.articles} articles, {swept.visits} visits and the text of {swept.payloads} deliveries.")
    if swept.over_bytes:
        over = f"{swept.over_bytes / 1_000_000:.0f} MB beyond size_max"
        print(f"The archive is {over}: all it has is younger than {DAYS_MIN} days.")
    return 0


def _restore(loaded: Loaded, copy: Path, *, as_it_stood: bool) -> int:
    database = open_engine(loaded.database_url, makes_folder=False)
    path = database.path
    database.close()
    if path is None:
        raise MonitorError("PostgreSQL is not restored by this command", remedy=PG_RESTORE)
    done = restore(path, copy, SystemClock().now(), as_it_stood=as_it_stood)
    print("\n".join(_say_restored(path, copy, done)))
    return 0


def _say_restored(path: Path, copy: Path, done: Restored) -> Iterator[str]:
    yield f"{path} is now what {copy} holds, checked and at revision {head_revision()}."
    newest = f"came {say_time(done.newest_at)}" if done.newest_at is not None else "is none: it is empty"
    yield f"  Its newest article {newest}."
    if done.lost_from is not None:
        yield f"  The newest article of the archive before came {say_time(done.lost_from)}; what came between is lost."
    if done.kept is not None:
        yield f"  The archive before is kept as {done.kept}. To take this back: monitor db restore {done.kept}"
    quieted = done.quieted
    if quieted is None:
        yield "  It tells what waits in it."
        return
    yield (
        f"  Nothing from before now is told by itself, since it may have been told: {quieted.matches} matches that "
        f"waited are silent, {quieted.deliveries} deliveries wait for you (monitor outbox list), and what "
        f"{quieted.feeds} feeds show at their next visit is stored and not told."
    )
    yield "  See what that was: monitor preview TOPIC --since 24h, or monitor search QUERY --since 24h"
    yield "  Mutes, marks, corrections and who left a mailing list since the copy was made are lost: set them again."


def _check(store: Store, *, as_json: bool, mends: bool) -> int:
    done = repair(store) if mends else []
    now, behind = "", 0.0

    def tell(what: str, share: float) -> None:
        nonlocal now, behind
        now, behind = what, share

    def look() -> str:
        return f"{bar_line('checked', behind)}, now {now}"

    with shown_progress(look, sys.stderr, is_shown=sys.stderr.isatty()):
        found = check(store, tell)
    if as_json:
        write_line(_record(found, done))
    else:
        print("\n".join(_lines(found, done)))
    return 0 if found.is_well else 1


def _record(found: Checked, done: list[str]) -> dict[str, object]:
    return {
        "ok": found.is_well,
        "findings": [
            {"name": one.name, "wrong": one.wrong, "said": one.said, "remedy": one.remedy} for one in found.findings
        ],
        "tables": [{"table": one.table, "rows": one.rows, "bytes": one.size_bytes} for one in found.sizes],
        "free_bytes": found.free_bytes,
        "repaired": done,
    }


def _lines(found: Checked, done: list[str]) -> Iterator[str]:
    for what in done:
        yield f"mended: {what}"
    for one in found.findings:
        remedy = f". {one.remedy}" if one.remedy else ""
        yield f"{'WRONG' if one.wrong else 'ok':6}{one.name}: {one.said}{remedy}"
    yield ""
    for size in found.sizes:
        if size.rows:
            how_large = "" if size.size_bytes is None else f"{size.size_bytes / 1_000_000:10.1f} MB"
            yield f"{size.table:18} {size.rows:>12,} rows {how_large}"
    if found.free_bytes is not None:
        yield f"{found.free_bytes / 1_000_000:.1f} MB of the file are free for what comes."
    yield "" if found.is_well else "Something is wrong: see above."
