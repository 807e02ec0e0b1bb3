"""What a start costs: commands over an empty archive beside `import sqlmodel` alone, and values beside dataclasses.

Processor time, the least of five, each in turn with its baseline. No limit: docs/decisions/0009-starts.md says what the
figures decided, and `years` holds commands to a second over a million articles.

Effects: files in a temporary folder, child processes.
"""

import shutil
import tempfile
import time
import timeit
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from bench.years import BASELINE, timed_child

ROUNDS = 5
COMMANDS = (["--version"], ["fetch", "--help"], ["check"], ["status"], ["search", "harbour strike"], ["outbox", "list"])
OF_FILES = Path(__file__).resolve().parent.parent / "config"
CLASSES = 200
_BODY = """class One{0}{1}:
    number: int
    name: str
    share: float = 1.0
    note: str | None = None
    count: int = 3
    reason: str = ""
    parts: tuple[int, ...] = ()
    is_new: bool = False
"""
"""Eight fields, about what a value has here."""
_MAKE = "One0(1, 'a', 2.0, None, 3, 'x', (), True)"


def run() -> int:
    """Print both tables."""
    time_commands()
    time_values()
    return 0


def time_commands() -> None:
    """Each command beside the baseline of its own rounds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary) / "config"
        shutil.copytree(OF_FILES, folder)
        body = (folder / "monitor.toml").read_text()
        (folder / "monitor.toml").write_text(body.replace("sqlite:///data/", f"sqlite:///{temporary}/"))
        timed_child(["-m", "monitor", "db", "check", "--config", str(folder)])  # makes the archive
        for line in COMMANDS:
            given = ["-m", "monitor", *line, *([] if line[0] == "--version" else ["--config", str(folder)])]
            bare, took = [], []
            for _ in range(ROUNDS):
                bare.append(timed_child(BASELINE)[0])
                took.append(timed_child(given)[0])
            name = "monitor " + " ".join(line)
            print(f"{name:30} {min(took):.3f} s = {min(took) / min(bare):.2f} of `import sqlmodel`", flush=True)


def time_values() -> None:
    """Defining, making and changing a value of eight fields."""
    kinds = {
        "frozen dataclass": ("@dataclass(frozen=True, slots=True)\n", "", replace),
        "struct": ("", "(msgspec.Struct, frozen=True)", msgspec.structs.replace),
    }
    for name, (head, bases, change) in kinds.items():
        names: dict[str, Any] = {"dataclass": dataclass, "msgspec": msgspec, "change": change}
        source = compile("".join(head + _BODY.format(count, bases) for count in range(CLASSES)), name, "exec")
        began = time.process_time()
        exec(source, names)
        define_us = (time.process_time() - began) / CLASSES * 1e6
        names["one"] = eval(_MAKE, names)
        make_us, change_us = (
            min(timeit.repeat(said, globals=names, number=20_000, repeat=ROUNDS, timer=time.process_time))
            / 20_000
            * 1e6
            for said in (_MAKE, "change(one, number=2)")
        )
        print(f"{name:17} define {define_us:7.1f} us, make {make_us:.2f} us, change a copy {change_us:.2f} us")
