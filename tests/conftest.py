"""What every test may ask for."""

import gc
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from monitor.storage.engine import open_engine
from monitor.storage.migrate import upgrade
from monitor.storage.store import Store
from tests.fakes.postgres import fresh_database, running_server
from tests.fakes.stores import open_store

os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(_name, None)


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


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of captured feeds and labelled articles, or a visible skip where there is none."""
    folder = os.environ.get("MONITOR_CORPUS", "")
    if not folder:
        pytest.skip("MONITOR_CORPUS is not set: captured feeds are not at hand")
    return Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL; a visible skip where none can be, which fails in CI."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running_server())
        except RuntimeError as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A database with the whole schema, to be copied: a copy takes a tenth of the migrations' time."""
    with fresh_database(postgres_server) as url:
        database = open_engine(url)
        upgrade(database)
        database.close()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the whole schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "monitor.db"
    database = open_engine(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the whole schema: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "monitor.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    with fresh_database(server, template=request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store over a fresh database, on SQLite and on PostgreSQL."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A store over a fresh SQLite file, for tests that are not about the database."""
    path = tmp_path / "monitor.db"
    shutil.copy(sqlite_template, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


SLOW = ("acceptance", "web", "kill", "properties")
"""Folders with files that take long: browsers, processes, many examples."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with slow files first, in this order: a long file that begins last keeps one core waiting."""
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: min((places[part] for part in item.path.parts if part in places), default=len(SLOW)))
