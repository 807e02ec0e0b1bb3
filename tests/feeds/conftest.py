"""What the tests of feeds share."""

from collections.abc import Iterator

import pytest

from tests.fakes.http import Scripted, serve_scripts


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on loopback."""
    with serve_scripts() as served:
        yield served
