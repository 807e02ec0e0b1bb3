"""A machine whose clock is wrong: `python -m tests.distributed.skewed SECONDS worker …` is `monitor worker …` there.

Every time of day that the process reads is off by so many seconds, also those that it stamps on files. Times that only
measure how long something takes are right, as they are on such a machine.

Effects: changes library functions of this process for good; then those of the command.
"""

import os
import sys
import time
from datetime import datetime, tzinfo
from pathlib import Path

from monitor import clock
from monitor.cli.main import run_main

_true_time, _true_time_ns, _true_touch = time.time, time.time_ns, Path.touch


def skew(seconds: float) -> None:
    """Have this process read a clock that is off by so many seconds."""

    class Skewed(datetime):
        """Tells the time of that machine, in times like any other."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(_true_time() + seconds, tz)

    def touch(path: Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        _true_touch(path, mode, exist_ok)
        at = time.time()
        os.utime(path, (at, at))

    time.time = lambda: _true_time() + seconds
    time.time_ns = lambda: _true_time_ns() + int(seconds * 1e9)
    Path.touch = touch  # type: ignore[method-assign,assignment]
    vars(clock)["datetime"] = Skewed  # the only "now" of the program


def main() -> None:
    """Skew this process, then be the command."""
    skew(float(sys.argv[1]))
    sys.argv = ["monitor", *sys.argv[2:]]
    run_main()


if __name__ == "__main__":
    main()
