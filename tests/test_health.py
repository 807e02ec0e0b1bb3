"""Healthy means: the loop turned and the database took a write within the minute."""

import os
from pathlib import Path

import pytest

from monitor import health
from monitor.health import DEFAULT_URL, STALE_S, age_s, beat, configured_url, heartbeat_path
from tests.config.folder import write_folder


def ask(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    """The check as a container runs it."""
    monkeypatch.setattr("sys.argv", ["health", "--config", str(folder)])
    return health.main()


def test_a_fresh_beat_is_healthy_and_an_old_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stale is as bad as dead; the line says which."""
    database = tmp_path / "data" / "monitor.db"
    folder = write_folder(tmp_path / "config", monitor=f'[database]\nurl = "sqlite:///{database}"\n')
    assert ask(monkeypatch, folder) == 1
    assert "has not started" in capsys.readouterr().out

    path = heartbeat_path(f"sqlite:///{database}")
    beat(path)
    assert ask(monkeypatch, folder) == 0

    now = path.stat().st_mtime
    os.utime(path, (now - STALE_S - 5, now - STALE_S - 5))
    capsys.readouterr()
    assert ask(monkeypatch, folder) == 1
    assert "hangs or is dead" in capsys.readouterr().out


def test_the_age_is_never_negative(tmp_path: Path) -> None:
    """A clock set back does not make a beat come from the future."""
    path = tmp_path / "beat"
    assert age_s(path, 0) is None
    beat(path)
    assert age_s(path, path.stat().st_mtime - 100) == 0
    assert age_s(path, path.stat().st_mtime + 7) == pytest.approx(7)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///data/monitor.db", "data/monitor.db.heartbeat"),
        ("sqlite:////data/my%20news.db", "/data/my news.db.heartbeat"),
        ("postgresql://monitor@db/monitor", "data/monitor.heartbeat"),
    ],
)
def test_where_the_beat_is(url: str, expected: str) -> None:
    """Beside a SQLite file; with PostgreSQL in the data folder."""
    assert heartbeat_path(url) == Path(expected)


@pytest.mark.parametrize("monitor", [None, "", "not toml [", "database = 3\n", "[database]\nurl = 3\n"])
def test_a_broken_configuration_falls_back(tmp_path: Path, monitor: str | None) -> None:
    """The check reads as lightly as can be: while somebody edits the file, the daemon in force is still asked for."""
    assert configured_url(write_folder(tmp_path / "config", monitor=monitor)) == DEFAULT_URL
