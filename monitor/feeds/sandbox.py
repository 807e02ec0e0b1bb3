"""Parse in a child process with a deadline and a memory limit; kill it and start another.

A feed or a page can be built so that reading it takes minutes or gigabytes. In a child it costs its deadline and
itself: the daemon goes on, the next one is read by a fresh child. The child is a plain `python -m`, not a forked or
re-imported copy of the daemon, so it carries none of its modules, files, threads or secrets.

Effects: starts and kills one child process, talks to it over a socket pair, reads the monotonic clock.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from datetime import datetime
from pathlib import Path

import monitor
from monitor.errors import ParseError, ParseReason
from monitor.feeds.wire import Answer, FeedRequest, HeadlinesRequest, PageRequest, Request, pack_request, unpack_answer
from monitor.model import PageHeadlines, PageText, ParsedFeed

DEADLINE_S = 10.0
"""Ten times the slowest real feed seen, on a slow machine."""
MEMORY_BYTES_MAX = 1 << 30
"""Address space: the libraries map 250 MB, a 5 MB feed takes up to 300 MB on the tolerant road."""
IDLE_S = 60.0
START_S = 30.0
"""How long a child may take to load its parsers: 0.3 s of work, on a machine that may be busy or cold."""
END_S = 0.5
"""How long a child that was told to end is waited for before it is killed."""
ANSWER_BYTES_MAX = 64 << 20
"""Longest answer taken: ten times what the longest body that is fetched can hold."""
EXIT_TOO_BIG = 70
"""The child's word that it ran out of memory where it could not answer any more."""
_LENGTH_BYTES = 4
_CHILD_MODULE = "monitor.feeds.parser_child"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "PYTHONPATH")
"""The whole environment of the child: what an interpreter needs to start. No token is among it."""


class _Child:
    """One running parser process and our end of its socket."""

    def __init__(self, memory_bytes_max: int) -> None:
        ours, theirs = socket.socketpair()
        try:
            self._process = _start(theirs, memory_bytes_max)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._link = ours
        # Also at the interpreter's end, so that a daemon that forgets to close leaves no process and no warning.
        self.end = weakref.finalize(self, _end, self._process, ours)
        self.receive(time.monotonic() + START_S)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: bytes, deadline_at: float) -> None:
        self._link.settimeout(max(deadline_at - time.monotonic(), 0.001))
        self._link.sendall(len(message).to_bytes(_LENGTH_BYTES, "big"))
        self._link.sendall(message)

    def receive(self, deadline_at: float) -> bytes:
        length = int.from_bytes(self._read(_LENGTH_BYTES, deadline_at), "big")
        if length > ANSWER_BYTES_MAX:
            raise _too_big(f"its entries come to {length} bytes")
        return self._read(length, deadline_at)

    def _read(self, count: int, deadline_at: float) -> bytes:
        buffer = bytearray(count)
        view = memoryview(buffer)
        done = 0
        while done < count:
            self._link.settimeout(max(deadline_at - time.monotonic(), 0.001))
            got = self._link.recv_into(view[done:])
            if not got:
                raise EOFError("the parser process ended")
            done += got
        return bytes(buffer)

    def kill(self, *, ended: bool) -> int | None:
        """End it now and say how it ended; a negative number is the signal that did it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S if ended else 0)  # one that ended by itself has its own story to tell
        ended_as = self._process.poll()
        self._process.kill()
        self.end()
        return ended_as


class ParserProcess:
    """A parser in a child process, started at the first feed. One feed at a time; safe to call from many threads.

    A feed that takes longer than `deadline_s` or more than `memory_bytes_max` of address space, or that breaks the
    process, costs that feed a `ParseError` and nobody else anything: the next feed gets a new process.
    """

    def __init__(
        self, deadline_s: float = DEADLINE_S, memory_bytes_max: int = MEMORY_BYTES_MAX, idle_s: float = IDLE_S
    ) -> None:
        self._deadline_s = deadline_s
        self._memory_bytes_max = memory_bytes_max
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._used_at = 0.0

    def parse(
        self, body: bytes, base_url: str = "", charset: str | None = None, now: datetime | None = None
    ) -> ParsedFeed:
        """What `parse_feed` says of these bytes, within the limits. Blocks; waits its turn behind other threads.

        Raises `ParseError`, also with the reasons too slow, too big and crashed.
        """
        answer = self._answer_to(FeedRequest(body, base_url, charset, now))
        if not isinstance(answer, ParsedFeed):
            raise _not_asked_for()
        return answer

    def read_page(self, body: bytes, charset: str | None = None, *, longer_than: int = 0) -> PageText:
        """What `read_page` says of these bytes, within the same limits. Blocks and raises as `parse` does."""
        answer = self._answer_to(PageRequest(body, charset, longer_than))
        if not isinstance(answer, PageText):
            raise _not_asked_for()
        return answer

    def read_headlines(self, body: bytes, charset: str | None = None) -> PageHeadlines:
        """What `read_headlines` says of these bytes, within the same limits. Blocks and raises as `parse` does."""
        answer = self._answer_to(HeadlinesRequest(body, charset))
        if not isinstance(answer, PageHeadlines):
            raise _not_asked_for()
        return answer

    def _answer_to(self, request: Request) -> Answer:
        packed = pack_request(request)
        with self._lock:
            try:
                answer = self._ask(packed)
            finally:
                self._used_at = time.monotonic()
        if isinstance(answer, ParseError):
            raise answer
        return answer

    def close_if_idle(self, now_monotonic_s: float) -> bool:
        """End the process if it was not used for `idle_s`, and say whether it was. Never waits for a feed."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._child is None or now_monotonic_s - self._used_at < self._idle_s:
                return False
            self._drop()
            return True
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process, after the feed it is reading. The next `parse` would start another."""
        with self._lock:
            self._drop()

    def _ask(self, request: bytes) -> Answer:
        try:
            child = self._running()
        except (OSError, EOFError) as error:
            raise ParseError(
                f"the parser process does not start ({error})",
                reason=ParseReason.CRASHED,
                remedy=f"Try: {sys.executable} -P -c 'import {_CHILD_MODULE}'",
            ) from error
        deadline_at = time.monotonic() + self._deadline_s
        try:
            child.send(request, deadline_at)
            is_last, answer = unpack_answer(child.receive(deadline_at))
        except TimeoutError as error:
            self._kill(child, ended=False)
            raise ParseError(
                f"reading it takes longer than {self._deadline_s:g} s", reason=ParseReason.TOO_SLOW
            ) from error
        except ParseError:  # an answer too long to take
            self._kill(child, ended=False)
            raise
        except (OSError, EOFError, ValueError) as error:
            ended_as = self._kill(child, ended=True)
            if ended_as == EXIT_TOO_BIG:
                raise _too_big("the process ran out of it") from error
            raise ParseError(
                f"it broke the parser process (exit code {ended_as})", reason=ParseReason.CRASHED
            ) from error
        except BaseException:  # an interrupt: what the child would answer now belongs to no question
            self._kill(child, ended=False)
            raise
        if is_last:
            self._drop()
        return answer

    def _running(self) -> _Child:
        if self._child is not None and not self._child.is_alive():
            self._drop()  # ended while idle, by the system or a person: no feed's fault
        if self._child is None:
            self._child = _Child(self._memory_bytes_max)
        return self._child

    def _kill(self, child: _Child, *, ended: bool) -> int | None:
        self._child = None
        return child.kill(ended=ended)

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _start(theirs: socket.socket, memory_bytes_max: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    root = str(Path(monitor.__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module, two numbers
        # -P: the working directory is no place to load parsers from.
        [sys.executable, "-P", "-W", "ignore", "-m", _CHILD_MODULE, str(theirs.fileno()), str(memory_bytes_max)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        pass_fds=(theirs.fileno(),),
        start_new_session=True,  # a Ctrl-C in the terminal is for the parent, which drains
    )


def _end(process: subprocess.Popen[bytes], link: socket.socket) -> None:
    link.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _too_big(why: str) -> ParseError:
    return ParseError(f"reading it takes too much memory: {why}", reason=ParseReason.TOO_BIG)


def _not_asked_for() -> ParseError:
    return ParseError("the parser process answered another question", reason=ParseReason.CRASHED)
