"""What the commands' tests ask for."""

import shutil
from pathlib import Path

import pytest

from tests.cli.newsroom import Newsroom


@pytest.fixture
def newsroom(sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Newsroom:
    """A config folder with three feeds and two topics, and a database with the schema and nothing else."""
    shutil.copy(sqlite_template, tmp_path / "monitor.db")
    return Newsroom(tmp_path, capsys)
