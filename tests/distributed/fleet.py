"""Real `monitor worker` processes over one configuration: started, stopped, killed, put to sleep and woken by a test.

All that they write is kept, line by line, and stands in the message of a test that fails.

Effects: child processes, threads.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tests.acceptance.forks import Forked, Forker
from tests.acceptance.program import ROOT, SECRETS, Ended
from tests.distributed.moments import ARMED, arm

WAIT_S = 45.0
"""How long a test waits for what comes within seconds on an idle machine."""
LOOK_S = 0.1
"""How often a test looks at what tells nobody that it changed, such as a row."""
LINES_SHOWN = 60
FORKER = Forker("tests.distributed.forked")


class Journal:
    """What every worker wrote, in the order it came; a test can wait for a line of any of them."""

    def __init__(self, patience_s: float = WAIT_S) -> None:
        self.patience_s = patience_s
        self.changed = threading.Condition()
        self._lines: list[tuple[str, str]] = []

    def follow(self, name: str, pipe: IO[str]) -> threading.Thread:
        """Keep what comes out of this pipe as the words of `name`."""
        thread = threading.Thread(target=self._read, args=(name, pipe), daemon=True)
        thread.start()
        return thread

    def _read(self, name: str, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                with self.changed:
                    self._lines.append((name, line.rstrip("\n")))
                    self.changed.notify_all()

    @property
    def mark(self) -> int:
        """How many lines there are; what comes later is `since` this."""
        with self.changed:
            return len(self._lines)

    def await_more(self, mark: int, at_most_s: float) -> None:
        """Return with the next line after a mark, or when that time is over."""
        with self.changed:
            self.changed.wait_for(lambda: len(self._lines) > mark, timeout=at_most_s)

    def since(self, mark: int = 0, name: str | None = None) -> list[str]:
        """The lines since a mark: of one worker, or of all."""
        with self.changed:
            return [line for who, line in self._lines[mark:] if name in (None, who)]

    def wait(self, *words: str, since: int = 0, name: str | None = None) -> tuple[str, str]:
        """Who wrote the first line since the mark that holds all the words, and the line; waits for it."""

        def found() -> tuple[str, str] | None:
            lines = ((who, line) for who, line in self._lines[since:] if name in (None, who))
            return next(((who, line) for who, line in lines if all(word in line for word in words)), None)

        with self.changed:
            self.changed.wait_for(lambda: found() is not None, timeout=self.patience_s)
            line = found()
        assert line is not None, f"no line with {words}\n{self}"
        return line

    def __str__(self) -> str:
        with self.changed:
            return "\n".join(f"{who:>8} | {line}" for who, line in self._lines[-LINES_SHOWN:])


@dataclass
class Worker:
    """One `monitor worker`."""

    name: str
    process: "subprocess.Popen[str] | Forked"
    reading: threading.Thread

    @property
    def pid(self) -> int:
        """Its process number."""
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives; one that was stopped by a signal does."""
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.process.kill()
        self.wait_end()

    def sleep(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait_end()

    def wait_end(self) -> int:
        """Its exit code, once it ended; below zero where a signal ended it."""
        code = self.process.wait(WAIT_S)
        self.reading.join(WAIT_S)
        return code


@dataclass
class Fleet:
    """The workers of one test. `port` is where PostgreSQL answers, for those that are given no other."""

    folder: Path
    config: Path
    port: int
    settings: Sequence[str] = ()
    """Times of the product that are shorter here, as `launch` takes them."""
    journal: Journal = field(default_factory=Journal)
    workers: dict[str, Worker] = field(default_factory=dict)

    def start(
        self,
        name: str,
        *words: str,
        port: int | None = None,
        host: str = "127.0.0.1",
        skew_s: float = 0.0,
        code: Path | None = None,
        inside: Sequence[str] = (),
        waits: bool = True,
    ) -> Worker:
        """Start a worker in a folder of its own, and return once it works.

        `port` and `host` are its way to PostgreSQL, `code` another version's checkout, and `inside` the command that
        starts it elsewhere, as in a network namespace. With `waits=False` it returns at once.
        """
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        environ = self._environ(host, port or self.port, code)
        command = ["worker", "--config", str(self.config), *words]
        options = [*self._options(), "--moments", str(self.folder), *(["--skew", str(skew_s)] if skew_s else [])]
        mark = self.journal.mark
        out, out_end = os.pipe()
        try:
            if code or inside:
                process: subprocess.Popen[str] | Forked = subprocess.Popen(
                    [*inside, sys.executable, "-m", "tests.distributed.launch", *options, *command],
                    env=environ, cwd=folder, stdout=out_end, stderr=out_end, text=True,
                )  # fmt: skip
            else:
                process = FORKER.start([*options, *command], environ, folder, out_end, out_end)
        finally:
            os.close(out_end)
        pipe = os.fdopen(out, encoding="utf-8", errors="replace")
        worker = Worker(name, process, self.journal.follow(name, pipe))
        self.workers[name] = worker
        if waits:
            self.journal.wait("worker.started", since=mark, name=name)
        return worker

    def arm(self, moment: str, then: str, *, passes: int = 0, only: int = 0) -> int:
        """Have the next worker that comes to a moment die (`kill`) or sleep (`stop`); a mark for `wait_reached`."""
        mark = self.journal.mark
        arm(self.folder, moment, then, passes=passes, only=only)
        return mark

    def wait_reached(self, mark: int) -> Worker:
        """The worker that came to the armed moment."""
        name, _ = self.journal.wait("moment.reached", since=mark)
        assert not (self.folder / ARMED).exists()
        return self.workers[name]

    def run(self, command: str, *words: str) -> Ended:
        """Another command over the same configuration, to its end."""
        with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as err:
            line = [*self._options(), command, "--config", str(self.config), *words]
            environ = self._environ("127.0.0.1", self.port)
            process = FORKER.start(line, environ, self.folder, out.fileno(), err.fileno())
            code = process.wait(WAIT_S)
            out.seek(0)
            err.seek(0)
            return Ended(code, out.read(), err.read())

    def status(self) -> dict[str, Any]:
        """`monitor status --json`, its records put together."""
        done = self.run("status", "--json")
        assert done.code in (0, 1), done.err
        return {key: value for line in done.out.splitlines() for key, value in json.loads(line).items()}

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Look until something is so; a test that waits in vain fails with what every worker wrote."""
        until = time.monotonic() + self.journal.patience_s
        while not is_so():
            assert time.monotonic() < until, f"never came: {what}\n{self.journal}"
            with self.journal.changed:
                self.journal.changed.wait(LOOK_S)

    def end(self) -> None:
        """Kill whoever still runs, also who sleeps."""
        for worker in self.workers.values():
            worker.kill()

    def metrics(self, worker: Worker) -> str:
        """What a worker tells who collects numbers, of all of them."""
        opened = [line for line in self.journal.since(name=worker.name) if "web.opened" in line]
        address = opened[-1].split("address=")[1].strip('"')
        with urllib.request.urlopen(f"{address}metrics", timeout=WAIT_S) as answer:
            return str(answer.read().decode())

    def _options(self) -> list[str]:
        return [word for setting in self.settings for word in ("--set", setting)]

    def _environ(self, host: str, port: int, code: Path | None = None) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        path = os.pathsep.join(str(one) for one in (code, ROOT) if one)
        own = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "PGHOST": host, "PGPORT": str(port)}
        return {**kept, **own, **SECRETS}
