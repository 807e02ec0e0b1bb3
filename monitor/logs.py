"""One log line format: logfmt for people, JSON for collectors; secrets never in either.

An event is a constant `noun.past_participle`; its fields follow in the order given. Use:
`log = get_log(); log.info("feed.polled", feed=name, outcome="new")`.

Effects: writes to standard error.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import Enum

_bound: ContextVar[dict[str, object] | None] = ContextVar("bound", default=None)

# Slack tokens, webhook paths and credentials in addresses: a secret that strays into an error text stays out of logs.
_SECRETS = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|whsec_[\w+/=-]+|(?<=hooks\.slack\.com/)\S+|(?<=://)[^/\s@]+(?=@)")
_VALUE_MAX = 500
"""Longest field value in characters: a log line is a line, not a body."""


def redact(text: str) -> str:
    """The text with tokens, signing secrets and credentials in addresses replaced by `***`."""
    return _SECRETS.sub("***", text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return redact(str(value))[:_VALUE_MAX]


def _logfmt(value: object) -> str:
    text = _plain(value)
    if text and not re.search(r'[\s"=]', text):
        return text
    return json.dumps(text, ensure_ascii=False)


class _Formatter(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        fields = {**(_bound.get() or {}), **getattr(record, "fields", {})}
        level = {"WARNING": "WARN", "CRITICAL": "ERROR"}.get(record.levelname, record.levelname)
        event = " ".join(record.getMessage().split())  # a library's message may have many lines
        if record.exc_info and record.exc_info[1] is not None:
            fields["exception"] = repr(record.exc_info[1])
            fields["at"] = _where(record.exc_info[1])
        if self._as_json:
            plain = {key: _plain(value) for key, value in fields.items()}
            return json.dumps({"time": stamp, "level": level, "event": event, **plain}, ensure_ascii=False)
        tail = " ".join(f"{key}={_logfmt(value)}" for key, value in fields.items())
        return f"{stamp} {level:<5} {event} {tail}".rstrip()


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class Log:
    """Writes events with fields; a thin layer over the standard logger of the program."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("monitor")

    def debug(self, event: str, **fields: object) -> None:
        """A decision, for the curious."""
        self._logger.debug(event, extra={"fields": fields})

    def info(self, event: str, **fields: object) -> None:
        """Work done."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """Retried or degraded; nothing is lost."""
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """A person must act; `hint` says how."""
        trail = (type(error), error, error.__traceback__) if error else None
        self._logger.error(event, extra={"fields": fields}, exc_info=trail)


def get_log() -> Log:
    """The program's log."""
    return Log()


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Put `fields` on every line written inside the block, in this task or thread."""
    token = _bound.set({**(_bound.get() or {}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def setup_logging(level: str = "INFO", *, as_json: bool = False) -> None:
    """Send the program's log to standard error in one format; libraries are heard from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(as_json=as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # it repeats each second what a unit says once
    logging.getLogger("monitor").setLevel(level)
