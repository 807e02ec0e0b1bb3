"""The moments at which a sender can be killed, counted in a real process, which ends itself by SIGKILL at one of them.

They are before and after each statement, commit, connection, portion sent and answer. Only the libraries
below the product are wrapped, in the process that is to die: the product holds nothing for tests.

Effects: changes library classes of this process for good; may kill it.
"""

import functools
import http.client
import json
import os
import signal
import smtplib
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

_WRAPPED: tuple[tuple[type, str, str], ...] = (
    (DefaultDialect, "do_commit", "COMMIT"),
    (http.client.HTTPConnection, "connect", "connect"),
    (http.client.HTTPConnection, "send", "send"),
    (http.client.HTTPConnection, "getresponse", "answer"),
    (smtplib.SMTP, "connect", "connect"),
    (smtplib.SMTP, "send", "send"),
    (smtplib.SMTP, "getreply", "answer"),
)


def say(record: dict[str, object]) -> None:
    """One line to whoever runs the trial, in one write, so that it is out before anything else happens."""
    os.write(1, json.dumps(record).encode() + b"\n")


class Points:
    """Counts moments; at number `kill_at` (from 1) the process dies, and has said where. 0 is never."""

    def __init__(self, kill_at: int) -> None:
        self.passed = 0
        self._kill_at = kill_at

    def reach(self, name: str) -> None:
        """A moment has come."""
        self.passed += 1
        if self.passed == self._kill_at:
            say({"killed": name})
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count everything from here on."""
        for owner, method, name in _WRAPPED:
            self._wrap(owner, method, name)

        def before(_: object, __: object, statement: str, *rest: object) -> None:
            self.reach(f"before {_name(statement)}")

        def after(_: object, __: object, statement: str, *rest: object) -> None:
            self.reach(f"after {_name(statement)}")

        event.listen(Engine, "before_cursor_execute", before)
        event.listen(Engine, "after_cursor_execute", after)

    def _wrap(self, owner: type, method: str, name: str) -> None:
        original = getattr(owner, method)

        @functools.wraps(original)
        def watched(*arguments: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            try:
                return original(*arguments, **named)
            finally:
                self.reach(f"after {name}")

        setattr(owner, method, watched)


def _name(statement: str) -> str:
    """What a statement is called in a report: its verb and the table of deliveries where it is about that."""
    verb = statement.split(None, 1)[0].upper()
    return f"{verb} delivery" if "delivery" in statement else verb
