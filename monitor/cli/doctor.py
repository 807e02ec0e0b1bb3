"""`monitor doctor`: try what the monitor stands on, one part after the other, and say what is wrong with each.

Effects: reads files, database, runs a model, network and threads through the channels, prints.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from monitor.archive import database_path
from monitor.cli.doctor_channels import Finding, try_channels
from monitor.cli.lines import write_line
from monitor.cli.moments import say_time, shown_zone
from monitor.cli.opening import find_channel, opened_store
from monitor.clock import SystemClock
from monitor.config.load import ConfigFaults, Loaded, load, load_settings
from monitor.errors import MonitorError
from monitor.pipeline.room import FREE_BYTES_MIN
from monitor.text import plural
from monitor.topics.lexicon import load_lexicon
from monitor.topics.vectors import INSTALL, find_model, load_meanings

EXAMPLE = "monitor doctor --channel desk --send-test"

CLOCK_BACK = timedelta(minutes=2)
"""The daemon was seen so far in the future: the clock stands wrong, or stood wrong then."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("--json", action="store_true", help="one object per part")
    parser.add_argument("--send-test", action="store_true", help="send each channel a short message")
    parser.add_argument("--channel", action="append", metavar="NAME", help="try this channel alone; may be repeated")


def run(args: argparse.Namespace) -> int:
    """Try every part, also when one before it is not well; 1 when one is not."""
    is_well = True
    for finding in _examine(args):
        is_well = is_well and finding.is_well
        if args.json:
            write_line({"part": finding.part, "well": finding.is_well, "said": finding.said})
        else:
            print(f"{finding.part:13} {'well' if finding.is_well else 'NOT WELL'}: {finding.said}")
    return 0 if is_well else 1


def _examine(args: argparse.Namespace) -> Iterator[Finding]:
    folder = Path(args.config)
    loaded: Loaded | None = None
    try:
        loaded = load(folder, os.environ, load_lexicon())
        counts = f"{plural(len(loaded.feeds), 'feed')}, {plural(len(loaded.watchlist.topics), 'topic')}"
        yield Finding("configuration", True, " ".join((f"{counts}.", *loaded.notes)))
    except ConfigFaults as faults:
        more = f" (and {len(faults.problems) - 1} more)" if len(faults.problems) > 1 else ""
        yield Finding("configuration", False, f"{faults.problems[0]}{more} See all of it: monitor check.")
        try:
            loaded = load_settings(folder, os.environ)
        except ConfigFaults:
            return  # without monitor.toml it is not known where anything else is
    names = [find_channel(loaded, name) for name in dict.fromkeys(args.channel or sorted(loaded.settings.channels))]
    for part, look in (("database", _look_at_database), ("disk", _look_at_disk), ("semantic", _look_at_model)):
        try:
            yield from look(loaded)
        except MonitorError as error:
            yield Finding(part, False, str(error))
    # With --json the lines on standard output are ours alone.
    out = sys.stderr if args.json else sys.stdout
    yield from try_channels(loaded, names, lambda text: print(text, end="", file=out), sends=args.send_test)


def _look_at_database(loaded: Loaded) -> Iterator[Finding]:
    path = database_path(loaded)
    if path is not None and not path.exists():
        yield Finding("database", True, f"{path} is not there yet: monitor run makes it.")
        return
    now = SystemClock().now()
    with opened_store(loaded) as store:
        with store.read() as tx:
            articles, beat = tx.articles.count(), tx.topics.heartbeats().get("daemon")
        with store.write():
            pass  # taking the lock and giving it back is what is tried
    yield Finding("database", True, f"{path or 'PostgreSQL'} can be read and written: {plural(articles, 'article')}.")
    if beat is not None and beat.at > now + CLOCK_BACK:
        said = f"it is {say_time(now)}, but the daemon was seen at {say_time(beat.at)}. Set the clock right."
        yield Finding("clock", False, said)
    else:
        yield Finding("clock", True, f"it is {say_time(now)} ({shown_zone()}).")


def _look_at_disk(loaded: Loaded) -> Iterator[Finding]:
    path = database_path(loaded)
    if path is None:
        return
    folder = next(one for one in path.absolute().parents if one.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free // 1_000_000} MB are free in {folder}"
    if free < FREE_BYTES_MIN:
        said += f"; below {FREE_BYTES_MIN // 1_000_000} MB polling rests. Make room"
    yield Finding("disk", free >= FREE_BYTES_MIN, f"{said}.")


def _look_at_model(loaded: Loaded) -> Iterator[Finding]:
    found = find_model(loaded.semantic_folder)
    if not loaded.settings.matching.semantic:
        yield Finding("semantic", True, "switched off by [matching] semantic.")
    elif found is None:
        yield Finding("semantic", True, f"not installed; names are judged by their words. {INSTALL}")
    else:
        sha256 = found.sha256()
        numbers = len(load_meanings(found).encode("hostage negotiations"))
        size = found.model.stat().st_size // 1_000_000
        said = f"{found.model} ({size} MB, SHA-256 {sha256}) gives vectors of {numbers} numbers"
        yield Finding("semantic", True, f"{said}{_count_read(loaded)}.")


def _count_read(loaded: Loaded) -> str:
    path = database_path(loaded)
    if path is not None and not path.exists():
        return ""
    with opened_store(loaded) as store, store.read() as tx:
        return f"; {plural(tx.vectors.count(), 'article')} read"
