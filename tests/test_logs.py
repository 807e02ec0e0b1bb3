"""The log: one event is one line, whoever wrote it."""

import json
import logging
from collections.abc import Iterator

import pytest

from monitor.logs import setup_logging


@pytest.fixture
def own_logging() -> Iterator[None]:
    """What a test sets up is taken back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    loggers = [logging.getLogger(name) for name in ("monitor", "psycopg.pool")]
    levels = [logger.level for logger in loggers]
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger, before in zip(loggers, levels, strict=True):
        logger.setLevel(before)


@pytest.mark.usefixtures("own_logging")
def test_a_message_of_a_library_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A line without a stamp would belong to nothing."""
    setup_logging()
    logging.getLogger("library").warning("refused\n\tIs the server running?")
    assert capsys.readouterr().err.endswith("WARN  refused Is the server running?\n")

    setup_logging(as_json=True)
    logging.getLogger("library").warning("refused\n\tIs the server running?")
    assert json.loads(capsys.readouterr().err)["event"] == "refused Is the server running?"


@pytest.mark.usefixtures("own_logging")
def test_the_pool_of_connections_is_not_heard(capsys: pytest.CaptureFixture[str]) -> None:
    """It would say each second what a unit of work says once."""
    setup_logging()
    logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1'")
    assert capsys.readouterr().err == ""
