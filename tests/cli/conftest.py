"""What the commands' tests ask for."""

import gc
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.newsroom import Newsroom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A command sets up logging and the collector for its process; the tests' process gets both back."""
    root, ours = logging.getLogger(), logging.getLogger("monitor")
    before = (root.handlers[:], root.level, ours.level, gc.get_threshold())
    yield
    root.handlers[:], level, own_level, threshold = before
    root.setLevel(level)
    ours.setLevel(own_level)
    gc.set_threshold(*threshold)


@pytest.fixture
def newsroom(sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Newsroom:
    """A config folder with three feeds and two topics, and a database with the schema and nothing else."""
    shutil.copy(sqlite_template, tmp_path / "monitor.db")
    return Newsroom(tmp_path, capsys)
