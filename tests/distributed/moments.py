"""Moments at which a worker can be made to die or to stop, reached in the real process, by its own hand.

A test names a moment in a file of the fleet's folder. The first worker to come to it takes the file away, so that it is
one worker and no other, and sends itself the signal. Only the libraries below the product are wrapped: the product
holds nothing for tests.

Effects: changes library classes of this process for good; may end it or stop it.
"""

import functools
import http.client
import os
import re
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

When = Literal["statement", "commit", "answer"]
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
ARMED = "armed"
"""The file that names a moment, how it goes on, and how many times it is let pass before."""
TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is: after a statement that reads so, after the commit of one, or after an answer to such a request."""

    when: When
    pattern: re.Pattern[str]


def _after(when: When, pattern: str) -> Moment:
    return Moment(when, re.compile(pattern, re.IGNORECASE | re.DOTALL))


MOMENTS: dict[str, Moment] = {
    "batch claimed": _after("commit", r"^UPDATE feed SET lease_owner=.*WHERE feed\.id IN .*lease_until IS NULL OR"),
    "batch taken over": _after("commit", r"^UPDATE feed SET .*lease_owner LIKE"),
    "visited, not handed over": _after("statement", r"INSERT INTO handed\b"),
    "handed over": _after("commit", r"INSERT INTO handed\b"),
    "articles written, not committed": _after("statement", r"INSERT INTO article\b"),
    "articles committed": _after("commit", r"INSERT INTO article\b"),
    "digest closing": _after("statement", r"INSERT INTO delivery\b"),
    "digest closed": _after("commit", r"INSERT INTO delivery\b"),
    "delivery claimed": _after("commit", r"UPDATE delivery SET .*lease_owner"),
    "delivery sent, not settled": _after("answer", r"chat\.postMessage"),
}


def arm(folder: Path, name: str, then: str, *, passes: int = 0, only: int = 0) -> None:
    """Have the next worker that comes to this moment die (`kill`) or sleep (`stop`) there; `only` is a process."""
    assert name in MOMENTS, f"no such moment: {name}. There are: {'; '.join(MOMENTS)}"
    draft = folder / f".{ARMED}"
    draft.write_text(f"{name}\n{then}\n{passes}\n{only}\n", encoding="utf-8")
    draft.replace(folder / ARMED)


class Watch:
    """Looks for the armed moment in everything this process does."""

    def __init__(self, folder: Path) -> None:
        self._armed, self._taken = folder / ARMED, folder / TAKEN
        self._lock = threading.Lock()
        self._waiting: dict[int, set[str]] = {}
        """Of each connection: the moments whose statement ran in the transaction that is open."""

    def begin(self) -> None:
        """Look from here on."""
        event.listen(Engine, "after_cursor_execute", self._note_statement)
        self._wrap_commit()
        self._wrap_requests()

    def _note_statement(self, _: object, cursor: Any, statement: str, *rest: object) -> None:
        for name, moment in MOMENTS.items():
            if moment.when == "answer" or not moment.pattern.search(statement):
                continue
            if moment.when == "statement":
                self._reach(name)
            else:
                self._waiting.setdefault(id(cursor.connection), set()).add(name)

    def _wrap_commit(self) -> None:
        commit: Any = DefaultDialect.do_commit
        rollback: Any = DefaultDialect.do_rollback

        @functools.wraps(commit)
        def committed(dialect: Any, connection: Any) -> None:
            commit(dialect, connection)
            for name in self._waiting.pop(id(connection.driver_connection), ()):
                self._reach(name)

        @functools.wraps(rollback)
        def rolled_back(dialect: Any, connection: Any) -> None:
            self._waiting.pop(id(connection.driver_connection), None)
            rollback(dialect, connection)

        DefaultDialect.do_commit = committed  # type: ignore[method-assign]
        DefaultDialect.do_rollback = rolled_back  # type: ignore[method-assign]

    def _wrap_requests(self) -> None:
        ask, answer = http.client.HTTPConnection.putrequest, http.client.HTTPConnection.getresponse

        @functools.wraps(ask)
        def asked(connection: Any, method: str, url: str, *rest: Any, **named: Any) -> None:
            connection.asked_for = url
            ask(connection, method, url, *rest, **named)

        @functools.wraps(answer)
        def answered(connection: Any) -> http.client.HTTPResponse:
            found = answer(connection)
            for name, moment in MOMENTS.items():
                if moment.when == "answer" and moment.pattern.search(connection.asked_for):
                    self._reach(name)
            return found

        http.client.HTTPConnection.putrequest = asked  # type: ignore[method-assign,assignment]
        http.client.HTTPConnection.getresponse = answered  # type: ignore[method-assign,assignment]

    def _reach(self, name: str) -> None:
        with self._lock:
            try:
                wanted, then, passes, only = self._armed.read_text(encoding="utf-8").splitlines()
            except (OSError, ValueError):
                return  # nothing is armed, which is nearly always so
            if wanted != name or int(only) not in (0, os.getpid()):
                return
            if int(passes):
                arm(self._armed.parent, name, then, passes=int(passes) - 1, only=int(only))
                return
            try:
                self._armed.rename(self._taken.with_name(f"{TAKEN}-{os.getpid()}"))
            except OSError:
                return  # another worker was sooner
            os.write(2, f"moment.reached pid={os.getpid()} moment={name!r} then={then}\n".encode())
            # To this thread, so that it goes no step further; to the process, whichever thread is idle would take it.
            signal.pthread_kill(threading.get_ident(), SIGNALS[then])
