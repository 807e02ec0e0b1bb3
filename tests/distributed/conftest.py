"""What the tests of several workers ask for."""

import os
from collections.abc import Iterator

import pytest

from tests.distributed.server import OwnServer, own_server


@pytest.fixture(scope="session")
def server() -> Iterator[OwnServer]:
    """A PostgreSQL that may be stopped; a visible skip where there can be none, which fails in CI."""
    try:
        context = own_server()
        started = context.__enter__()
    except RuntimeError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        yield started
    finally:
        context.__exit__(None, None, None)
