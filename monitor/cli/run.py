"""`monitor run`: the daemon.

Effects: those of `app`.
"""

import argparse
import logging
import os
import sys
import threading
from functools import partial
from pathlib import Path

from monitor.app import App, build_app
from monitor.cli.opening import load_config, load_instead
from monitor.clock import SystemClock
from monitor.config.watch import Watcher
from monitor.daemon import run_daemon
from monitor.errors import ConfigError
from monitor.logs import setup_logging
from monitor.pipeline.example_articles import stored_article
from monitor.starting import is_planned, is_wanted_here

EXAMPLE = "monitor run --config config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    add_log_arguments(parser)


def add_log_arguments(parser: argparse.ArgumentParser) -> None:
    """How a process that stays writes its log."""
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="log lines for people or collectors"
    )
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info", help="default: info"
    )


def run(args: argparse.Namespace) -> int:
    """Work until a signal; 0 after a clean stop. A bad configuration at the start is 2, and nothing was started."""
    setup_logging(args.log_level.upper(), as_json=args.log_format == "json")
    loaded = load_config(args, needs_channels=True)
    if loaded.settings.is_distributed:
        raise ConfigError(
            "in distributed mode workers share the work out, and there is no one daemon",
            where=str(loaded.folder / "monitor.toml"),
            remedy='Start as many as you want: monitor worker. Or write mode = "embedded" under [run].',
        )
    app = build_app(loaded, SystemClock(), load_instead=load_instead(args))
    try:
        run_daemon(app, watcher_of(args, app))
    finally:
        app.close()
    return end_process()


def watcher_of(args: argparse.Namespace, app: App) -> Watcher:
    """What looks for edits of the files while the process stays."""
    stored = partial(stored_article, app.store)
    planned = partial(is_planned, app.store)
    wanted = partial(is_wanted_here, app.store)
    return Watcher(
        Path(args.config),
        os.environ,
        app.in_force.loaded,
        app.clock,
        stored=stored,
        is_planned=planned,
        passed=app.passed,
        is_wanted=wanted,
    )


def end_process() -> int:
    """The exit code after a clean stop; ends the process at once where a channel hangs with a message in hand."""
    if any(thread.name.startswith("sender") and thread.is_alive() for thread in threading.enumerate()):
        # The interpreter joins every pool's thread at its end and would wait for a channel that hangs until the
        # container is killed. All that counts is in rows by now, and the lock is given back.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0
