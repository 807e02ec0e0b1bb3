"""`monitor demo`: the two-minute tour.

Effects: those of `monitor.demo`, prints.
"""

import argparse
import sys

from monitor.clock import SystemClock
from monitor.demo import run_demo
from monitor.logs import setup_logging

NAME = "demo"
SUMMARY = "A tour: recorded feeds on loopback, a digest on screen; no network, no token, nothing left behind."
EXAMPLE = "monitor demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes no arguments of its own."""


def run(args: argparse.Namespace) -> int:
    """Show the tour; 1 if nothing was told, which would be our own fault."""
    setup_logging("WARNING")

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    return 0 if run_demo(SystemClock(), say) else 1
