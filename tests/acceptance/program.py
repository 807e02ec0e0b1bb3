"""The real command in a process of its own: its configuration, what it prints and logs, how it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import monitor
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.acceptance.forks import Forked, Forker
from tests.fakes.slack import TOKEN
from tests.fakes.webhook import SECRET

ROOT = Path(monitor.__file__).parent.parent
WAIT_S = 30.0
"""How long a test waits for something that comes within a few seconds on an idle machine."""
FORKER = Forker()
"""What the processes of this one's tests are forked from."""
SECRETS = {"SLACK_BOT_TOKEN": TOKEN, "HOOK_SECRET": SECRET}


@dataclass
class Ended:
    """A command that ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines; a line that is none fails the test."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def visits(self) -> dict[str, dict[str, Any]]:
        """The records of feeds by the feed's name."""
        return {record["feed"]: record for record in self.records if "feed" in record}

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """The records of deliveries, in order."""
        return [record for record in self.records if "channel" in record]


class Stream:
    """The lines a process writes to one pipe, read as they come; a test can wait for one."""

    def __init__(self, pipe: IO[str]) -> None:
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self.thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self.thread.start()

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def mark(self) -> int:
        """How many lines there are; what comes later is `since` this."""
        with self._changed:
            return len(self._lines)

    def await_more(self, mark: int, at_most_s: float) -> None:
        """Return with the next line after a mark, or when that time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) > mark, timeout=at_most_s)

    def since(self, mark: int = 0) -> list[str]:
        """The lines since a mark."""
        with self._changed:
            return self._lines[mark:]

    def wait(self, *words: str, since: int = 0) -> str:
        """The first line since the mark that holds all the words; waits for it, and fails when it does not come."""
        return self.wait_where(lambda line: all(word in line for word in words), str(words), since=since)

    def wait_where(self, is_wanted: Callable[[str], bool], what: str, *, since: int = 0) -> str:
        """The first such line since the mark; waits for it, and fails when it does not come."""

        def found() -> str | None:
            return next((line for line in self._lines[since:] if is_wanted(line)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or self._is_closed, timeout=WAIT_S)
            line = found()
        assert line is not None, f"no line with {what} in:\n" + "\n".join(self.since(since))
        return line


@dataclass
class Daemon:
    """`monitor run`, running."""

    process: subprocess.Popen[str] | Forked
    log: Stream
    out: Stream

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait_end(self) -> int:
        """Its exit code, once it ended."""
        code = self.process.wait(WAIT_S)
        self.log.thread.join(WAIT_S)
        self.out.thread.join(WAIT_S)
        return code

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_end()

    def kill(self) -> None:
        """SIGKILL, which nothing can catch."""
        self.process.kill()
        self.process.wait(WAIT_S)


@dataclass
class Place:
    """A folder with a configuration and a database, and the commands run over them."""

    folder: Path
    environ: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    @property
    def config(self) -> Path:
        """The folder of the three files."""
        return self.folder / "config"

    @property
    def database(self) -> Path:
        """The SQLite file; it exists once something ran."""
        return self.folder / "monitor.db"

    def configure(
        self,
        feeds: Mapping[str, str],
        topics: str,
        *,
        polling: str = "",
        channels: str = "",
        listen: str = "",
    ) -> None:
        """Write the three files; `feeds` are addresses by name. Feeds may be on loopback, visited every second."""
        self.config.mkdir(exist_ok=True)
        self.write(
            "monitor.toml",
            f'[database]\nurl = "sqlite:///{self.database}"\n'
            f'[polling]\nallow_private_hosts = ["127.0.0.0/8"]\ninterval_min = "1s"\ninterval_max = "1s"\n{polling}\n'
            f'[web]\nlisten = "{listen}"\n{channels}\n',
        )
        self.write("feeds.toml", "".join(f'[[feeds]]\nname = "{n}"\nurl = "{url}"\n' for n, url in feeds.items()))
        self.write("watchlist.toml", f'timezone = "UTC"\n{topics}\n')

    def write(self, name: str, text: str) -> None:
        """Put a config file in place at one stroke, as editors and deployments do."""
        draft = self.config / f".{name}.draft"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.config / name)

    def run(self, command: str, *arguments: str) -> Ended:
        """Run a command to its end."""
        with TemporaryFile("w+", encoding="utf-8") as out, TemporaryFile("w+", encoding="utf-8") as err:
            process = self._fork(command, arguments, out.fileno(), err.fileno())
            try:
                code = process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            out.seek(0)
            err.seek(0)
            return Ended(code, out.read(), err.read())

    def run_on_terminal(self, command: str) -> Ended:
        """Start and run a command whose standard error is a terminal; `err` is what it was given, at most a page."""
        ours, theirs = os.openpty()
        try:
            done = subprocess.run(
                self._command(command, ()),
                env=self._environ(),
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=theirs,
                text=True,
                encoding="utf-8",
                timeout=WAIT_S,
                check=False,
            )
            return Ended(done.returncode, done.stdout, os.read(ours, 4096).decode())
        finally:
            os.close(ours)
            os.close(theirs)

    def once(self) -> Ended:
        """`monitor once --json`."""
        return self.run("once", "--json")

    @contextmanager
    def daemon(self, *arguments: str, is_loaded: bool = True) -> Iterator[Daemon]:
        """`monitor run`, once it says that it started; killed at the end of the block if it still runs.

        Its process is forked from one that has loaded all it needs, or loads that itself (`is_loaded=False`).
        """
        daemon = self._start_loaded(arguments) if is_loaded else self._start(arguments)
        try:
            daemon.log.wait("daemon.started")
            yield daemon
        finally:
            daemon.kill()
            daemon.log.thread.join(WAIT_S)
            daemon.out.thread.join(WAIT_S)

    def _start(self, arguments: Sequence[str]) -> Daemon:
        process = subprocess.Popen(
            self._command("run", arguments),
            env=self._environ(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        assert process.stderr is not None
        return Daemon(process, Stream(process.stderr), Stream(process.stdout))

    def _start_loaded(self, arguments: Sequence[str]) -> Daemon:
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        process = self._fork("run", arguments, out_end, err_end)
        os.close(out_end)
        os.close(err_end)
        return Daemon(process, Stream(open(err, encoding="utf-8")), Stream(open(out, encoding="utf-8")))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database, open beside whatever works on it."""
        opened = Store(open_engine(f"sqlite:///{self.database}"))
        try:
            yield opened
        finally:
            opened.close()

    def _fork(self, command: str, arguments: Sequence[str], out: int, err: int) -> Forked:
        words = self._command(command, arguments)[3:]
        return FORKER.start(words, self._environ(), self.folder, out, err)

    def _command(self, command: str, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "monitor", command, "--config", str(self.config), *arguments]

    def _environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **self.environ}


def wait_until(changed: threading.Condition, is_so: Callable[[], bool], what: str) -> None:
    """Block on the condition until something is so; fail when it never is."""
    with changed:
        assert changed.wait_for(is_so, timeout=WAIT_S), f"never came: {what}"
