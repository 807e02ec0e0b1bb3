"""A worker with something wrong about it: `python -m tests.distributed.launch [OPTIONS] worker …`.

`--skew SECONDS` gives it a wrong clock, `--moments FOLDER` lets a test end or stop it at a moment, and `--set
MODULE:NAME=SECONDS` changes one of the product's times, so that a test need not wait for minutes. Several of the last
may be given. What follows is the command line of `monitor`.

Effects: those of the options; then those of the command.
"""

import re
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from monitor.cli.main import run_main
from tests.distributed.moments import Watch
from tests.distributed.skewed import skew


def change(setting: str) -> None:
    """Give a time of the product another length, also where another module has it by import."""
    place, _, value = setting.partition("=")
    module_name, _, path = place.partition(":")
    module = import_module(module_name)
    *owners, name = path.split(".")
    if owners:
        owner = getattr(module, owners[0])
        if isinstance(owner, dict):  # a time of the server, among the options of a connection
            owner["options"] = re.sub(rf"(?<={name}=)\d+s", f"{value}s", owner["options"])
        else:
            setattr(owner, name, float(value))
        return
    before = getattr(module, name)
    after = timedelta(seconds=float(value)) if isinstance(before, timedelta) else type(before)(float(value))
    for one in [module, *sys.modules.values()]:
        if getattr(one, "__name__", "").startswith("monitor.") and getattr(one, name, None) is before:
            setattr(one, name, after)


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
