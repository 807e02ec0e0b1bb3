"""What the acceptance tests ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.program import Place
from tests.acceptance.world import World, a_world


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of its own for a configuration and a database."""
    return Place(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two feeds that were read while empty, a Slack, and a place to run the daemon in."""
    with a_world(tmp_path) as made:
        yield made
