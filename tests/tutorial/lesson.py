"""A page of the documentation as a lesson: prose, commands with their output, and edits of files.

A block ```console holds commands after `$ ` and what each prints; ```toml add FILE is put at the end of a file, and
```diff change FILE replaces lines of it. All else is prose.
"""

import contextlib
import io
import itertools
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from monitor.cli.main import main
from monitor.clock import SystemClock
from monitor.demo import keep_demo
from tests.acceptance.program import Daemon, Place

TOUR = "tour"
FENCE = "```"
SAID = ("config.reloaded", "config.waits", "config.rejected")
MASKS = (
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b,? ", ""),
    (r"\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", "DAY"),
    (r"\b\d{4}-\d\d-\d\d\b", "DAY"),
    (r"(DAY )+(?=\d\d:\d\d)", ""),
    (r"\b\d\d:\d\d(:\d\d)?\b", "TIME"),
    (r"\b(article|story|digest|delivery) \d+", r"\1 N"),
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"\bcli(:[\w.-]+)?", "cli"),
    (r"/[\w./-]*/tour\b", "/tour"),
    (r"\b\d+ (seconds?|minutes?|s|ms)\b", "SPAN"),
    # The newest of its articles stands for a story; three came in the same second.
    (r"\+ Hostage negotiations resume [\w ]+ list \([\w ]+", "+ STORY (OUTLET"),
    (r"told \d+ times", "told N times"),
    (r"[ \t]+", " "),
)
"""What differs from one run to the next."""


@dataclass
class Block:
    """A fenced block of the page."""

    info: str
    lines: list[str]

    @property
    def text(self) -> str:
        """What stands in it."""
        return "\n".join(self.lines) + "\n"


def read_page(text: str) -> list[str | Block]:
    """Prose and blocks, in order."""
    parts: list[str | Block] = []
    block: Block | None = None
    for line in text.split("\n"):
        if block is None and line.startswith(FENCE):
            block = Block(line.removeprefix(FENCE).strip(), [])
        elif block is not None and line == FENCE:
            parts.append(block)
            block = None
        elif block is not None:
            block.lines.append(line)
        else:
            parts.append(line)
    assert block is None, f"the block ```{block.info if block else ''} has no end"
    return parts


def write_page(parts: list[str | Block]) -> str:
    """The page again."""
    return "\n".join(p if isinstance(p, str) else f"{FENCE}{p.info}\n{p.text}{FENCE}" for p in parts)


def mask(text: str) -> list[str]:
    """The lines without what differs from one run to the next."""
    for pattern, put in MASKS:
        text = re.sub(pattern, put, text)
    lines = [line.rstrip() for line in text.split("\n")]
    # What came in the same second may stand in either order.
    runs = [list(run) for _, run in itertools.groupby(lines, lambda line: line.startswith(" + "))]
    return [line for run in runs for line in (sorted(run) if run[0].startswith(" + ") else run)]


class TourPlace(Place):
    """The tour's folder, with the daemon at work on it."""

    @property
    def config(self) -> Path:
        """The folder of the three files."""
        return self.folder / TOUR


class Lesson:
    """One reader, going through the page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / TOUR
        self._place = TourPlace(folder)
        self._daemon: Daemon | None = None

    def go_through(self, parts: list[str | Block]) -> list[str | Block]:
        """The page with the outputs that came."""
        done: list[str | Block] = []

        def read() -> None:
            with self._place.daemon() as daemon, self._seat():
                self._daemon = daemon
                done.extend(self._do(part) if isinstance(part, Block) else part for part in parts)
                self._daemon = None
                daemon.stop()

        keep_demo(self._folder, SystemClock(), lambda _: None, read)
        return done

    @contextlib.contextmanager
    def _seat(self) -> Iterator[None]:
        before = os.environ.get("MONITOR_CONFIG")
        os.environ["MONITOR_CONFIG"] = TOUR
        try:
            with contextlib.chdir(self._place.folder):
                yield
        finally:
            if before is None:
                del os.environ["MONITOR_CONFIG"]
            else:
                os.environ["MONITOR_CONFIG"] = before

    def _do(self, block: Block) -> Block:
        kind, *words = block.info.split()
        if kind == "console":
            return Block(block.info, list(self._console(block.lines)))
        if words[:1] == ["add"]:
            with self._edited(), (self._folder / words[1]).open("a", encoding="utf-8") as file:
                file.write("\n" + block.text)
        elif words[:1] == ["change"]:
            old = "".join(line[1:] + "\n" for line in block.lines if not line.startswith("+"))
            new = "".join(line[1:] + "\n" for line in block.lines if not line.startswith("-"))
            path = self._folder / words[1]
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{words[1]} does not hold, once:\n{old}\nbut:\n{text}"
            with self._edited():
                path.write_text(text.replace(old, new), encoding="utf-8")
        return block

    def _console(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            if not line.startswith("$ "):
                continue  # what was printed when the page was written
            yield line
            words = shlex.split(line.removeprefix("$ "), comments=True)
            assert words[0] == "monitor", f"not a command of ours: {line}"
            out = io.StringIO()
            quiet = redirect_stdout(out), redirect_stderr(out), contextlib.suppress(SystemExit)
            with self._edited(is_taken="--apply" in words), quiet[0], quiet[1], quiet[2]:
                main(words[1:])  # it exits by itself on wrong use
            yield from out.getvalue().rstrip("\n").split("\n") if out.getvalue() else ()

    @contextlib.contextmanager
    def _edited(self, *, is_taken: bool = False) -> Iterator[None]:
        """Where a config file is another afterwards, or `is_taken`, wait until the daemon said what came of it."""
        assert self._daemon is not None
        log, mark, before = self._daemon.log, self._daemon.log.mark, self._files()
        yield
        if is_taken or self._files() != before:
            log.wait_where(lambda line: any(said in line for said in SAID), "what came of the edit", since=mark)

    def _files(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self._folder.glob("*.toml"))]
