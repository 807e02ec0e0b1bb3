"""The command in a process of its own, forked from one that has loaded it: `python -m tests.acceptance.forks SOCKET`.

A start spends more time on loading than on all that most tests want of it, and it loads the same each time. What is
forked is a process like any other: its own number, folder, environment and pipes, its own signals and exit.

Effects: child processes.
"""

import atexit
import contextlib
import gc
import io
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from monitor.cli.main import load_command, run_main
from monitor.cli.summaries import COMMANDS
from monitor.topics.lexicon import load_lexicon

REQUEST_BYTES_MAX = 65_536
LOADED_LATER = ("monitor.daemon", "monitor.reception", "monitor.storage.migrate", "monitor.web.app", "monitor.web.site")
"""What commands load only when they need it."""
_NUMBER = struct.Struct("q")


class Forked:
    """A process as `subprocess.Popen` shows one, as far as the tests look."""

    def __init__(self, said: int) -> None:
        self._said = said
        self.pid = self._read()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it runs; where a signal ended it, the signal's number below zero."""
        return self._look(0.0)

    def wait(self, timeout: float) -> int:
        """Its exit code once it ended. Raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float) -> int | None:
        if self.returncode is None and select.select([self._said], [], [], timeout)[0]:
            self.returncode = self._read()
            os.close(self._said)
        return self.returncode

    def _read(self) -> int:
        said = os.read(self._said, _NUMBER.size)
        assert said, "the process that has loaded the command fell over"
        return int(_NUMBER.unpack(said)[0])


class Forker:
    """The process that has loaded the command: started when the first is wanted, and ended with this one.

    Another `module` than this one may do something of its own in each child before it is the command.
    """

    def __init__(self, module: str = "tests.acceptance.forks") -> None:
        self._module = module
        self._link: socket.socket | None = None

    def start(self, words: Sequence[str], environ: Mapping[str, str], folder: Path, out: int, err: int) -> Forked:
        """`monitor WORDS` in a folder, with these two descriptors to write to; they stay open here."""
        if self._link is None:
            self._link = _load(self._module, environ["PYTHONPATH"])
        request = json.dumps({"words": list(words), "environ": dict(environ), "folder": str(folder)}).encode()
        assert len(request) <= REQUEST_BYTES_MAX
        said, theirs = os.pipe()
        socket.send_fds(self._link, [request], [out, err, theirs])
        os.close(theirs)
        return Forked(said)


def _load(module: str, path: str) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd=path,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def main(run: Callable[[], None] = run_main) -> None:
    """Load everything, then fork a process for each request until the other side is gone; each then runs `run`."""
    link = socket.socket(fileno=int(sys.argv[1]))
    for command in COMMANDS:
        load_command(command)
    for module in LOADED_LATER:
        import_module(module)
    load_lexicon()
    gc.collect()
    gc.freeze()
    while True:
        request, descriptors, *_ = socket.recv_fds(link, REQUEST_BYTES_MAX, 3)
        if not request:
            return
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            link.close()
            _watch_one(json.loads(request), run, *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _watch_one(request: dict[str, object], run: Callable[[], None], out: int, err: int, said: int) -> None:
    """Fork once more: the child is the command, and this process tells its number and how it ended."""
    child = os.fork()
    if child == 0:
        os.close(said)
        _become(request, out, err)
        run()
        return
    os.close(out)
    os.close(err)
    try:
        os.write(said, _NUMBER.pack(child))
        _, status = os.waitpid(child, 0)
        os.write(said, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
    finally:
        os._exit(0)


def _become(request: dict[str, object], out: int, err: int) -> None:
    words, environ = request["words"], request["environ"]
    assert isinstance(words, list)
    assert isinstance(environ, dict)
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(environ)
    for descriptor, place in ((out, 1), (err, 2)):
        os.dup2(descriptor, place)
        os.close(descriptor)
    # As the interpreter opens them at a start: whether one can seek in them is asked when they are opened.
    sys.stdout = _opened(1, "strict")
    sys.stderr = _opened(2, "backslashreplace")
    sys.argv = ["monitor", *words]


def _opened(descriptor: int, errors: str) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True)


if __name__ == "__main__":
    main()
