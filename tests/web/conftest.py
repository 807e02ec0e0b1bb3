"""A newsroom with three days behind it, made once; each test has a copy of its files."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from monitor.app import build_app
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.topics.lexicon import load_lexicon
from tests.fakes.clock import START, FakeClock
from tests.web.browser import chromium_path, running_browser
from tests.web.newsroom import ENVIRON, Newsroom, client_of, live_three_days, open_newsroom
from tests.web.payloads import PAYLOADS


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a newsroom after its three days."""
    folder = tmp_path_factory.mktemp("newsroom")
    with open_newsroom(folder) as room:
        live_three_days(room)
    return folder


@pytest.fixture(scope="session")
def lived_in_hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, where every feed writes markup and scripts into everything."""
    folder = tmp_path_factory.mktemp("hostile")
    outlets = [f"Outlet {number} {PAYLOADS[number]}" for number in range(6)]
    with open_newsroom(folder, outlets=outlets) as room:
        live_three_days(room, PAYLOADS)
    return folder


@pytest.fixture
def newsroom(lived_in: Path, tmp_path: Path) -> Iterator[Newsroom]:
    """A newsroom of one's own, with three days behind it."""
    yield from _reopen(lived_in, tmp_path / "room")


@pytest.fixture
def hostile_newsroom(lived_in_hostile: Path, tmp_path: Path) -> Iterator[Newsroom]:
    """One whose feeds are hostile."""
    yield from _reopen(lived_in_hostile, tmp_path / "room")


@pytest.fixture(scope="session")
def shown_newsroom(lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """The newsroom for tests that only look: made once, and changed by nobody."""
    yield from _reopen(lived_in, tmp_path_factory.mktemp("shown") / "room")


@pytest.fixture(scope="session")
def shown_hostile_newsroom(lived_in_hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """The hostile one, to be looked at."""
    yield from _reopen(lived_in_hostile, tmp_path_factory.mktemp("shown-hostile") / "room")


def _reopen(lived_in: Path, folder: Path) -> Iterator[Newsroom]:
    shutil.copytree(lived_in, folder)
    monitor = (folder / "monitor.toml").read_text(encoding="utf-8").replace(str(lived_in), str(folder))
    (folder / "monitor.toml").write_text(monitor, encoding="utf-8")
    clock, shown = FakeClock(START), []  # type: FakeClock, list[str]
    loaded = load(folder, ENVIRON, load_lexicon())
    app = build_app(loaded, clock, write=shown.append)
    try:
        watcher = Watcher(folder, ENVIRON, loaded, clock)
        watcher.look()
        with client_of(app, watcher, clock) as client:
            yield Newsroom(app, watcher, clock, folder, client, shown, [])
    finally:
        app.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium without a window, or a visible skip where none is installed.

    Ask for it after the newsroom: while it is open, this thread's loop is its own, and nothing else can run one here.
    """
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium is installed; name one with MONITOR_CHROMIUM")
    with running_browser(path) as running:
        yield running
