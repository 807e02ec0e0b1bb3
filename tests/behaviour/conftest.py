"""The world every behaviour begins with."""

from collections.abc import Iterator

import pytest

from tests.behaviour.given import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world with one topic that takes everything and one channel, on SQLite and on PostgreSQL."""
    made = World(database_url)
    yield made
    made.store.close()
