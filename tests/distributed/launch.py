"""A worker with something wrong about it: `python -m tests.distributed.launch [OPTIONS] worker …`.

`--skew SECONDS` gives it a wrong clock, `--moments FOLDER` lets a test end or stop it at a moment, and `--set
MODULE:NAME=NUMBER` changes one of the product's times, so that a test need not wait for minutes. Several of the last
may be given. What follows is the command line of `monitor`.

Effects: those of the options; then those of the command.
"""

import sys
from importlib import import_module
from pathlib import Path

from monitor.cli.main import run_main
from tests.distributed.moments import Watch
from tests.distributed.skewed import skew


def change(setting: str) -> None:
    """Give a number of the product another value, also where another module has it by import."""
    place, _, value = setting.partition("=")
    module_name, _, name = place.partition(":")
    module = import_module(module_name)
    before = getattr(module, name)
    for one in [module, *sys.modules.values()]:
        if getattr(one, "__name__", "").startswith("monitor.") and getattr(one, name, None) is before:
            setattr(one, name, type(before)(float(value)))


def run() -> None:
    """Do what the options say, then be the command."""
    words = sys.argv[1:]
    while words and words[0].startswith("--"):
        option, value, *words = words
        if option == "--skew":
            skew(float(value))
        elif option == "--moments":
            Watch(Path(value)).begin()
        elif option == "--set":
            change(value)
        else:
            sys.exit(f"no such option: {option}")
    sys.argv = ["monitor", *words]
    run_main()


if __name__ == "__main__":
    run()
