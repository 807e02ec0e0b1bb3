"""`monitor demo`: the two-minute tour.

Effects: those of `monitor.demo`, prints.
"""

import argparse
import signal
import sys
from pathlib import Path

from monitor.clock import SystemClock
from monitor.demo import keep_demo, run_demo
from monitor.logs import setup_logging

EXAMPLE = "monitor demo; monitor demo --keep tour"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--keep",
        metavar="DIR",
        help="keep configuration and archive in DIR, empty or not there yet, and serve its feeds until Ctrl-C: "
        "to try every command on",
    )


def run(args: argparse.Namespace) -> int:
    """Show the tour; 1 if nothing was told, which would be our own fault."""
    setup_logging("WARNING")

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    if args.keep is not None:
        keep_demo(Path(args.keep), SystemClock(), say, _wait)
        return 0
    return 0 if run_demo(SystemClock(), say) else 1


def _wait() -> None:
    """Until Ctrl-C or SIGTERM."""
    ends = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    signal.sigwait(ends)
