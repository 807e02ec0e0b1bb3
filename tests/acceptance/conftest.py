"""What the acceptance tests ask for."""

from pathlib import Path

import pytest

from tests.acceptance.program import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of its own for a configuration and a database."""
    return Place(tmp_path)
