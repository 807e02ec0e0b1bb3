"""Is the daemon at work? `python -m monitor.health` answers for a container's health check.

It looks at a file that the daemon touches only after its loop has turned and its database has taken a write; so a
daemon that hangs, or whose disk is full, is as unhealthy as one that is dead. Standard library only, because it runs
every half minute.

Effects: reads files, prints, exits.
"""

import argparse
import os
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

STALE_S = 60.0
"""Six missed beats. A long transaction or a full queue may cost one or two."""
DEFAULT_URL = "sqlite:///data/monitor.db"


def heartbeat_path(database_url: str) -> Path:
    """The file the daemon touches: beside a SQLite database, else in `data/` of the working directory."""
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite":
        database = Path(unquote(parts.path[1:]))
        return database.with_name(f"{database.name}.heartbeat")
    return Path("data") / "monitor.heartbeat"


def beat(path: Path) -> None:
    """Touch the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def age_s(path: Path, now_s: float) -> float | None:
    """Seconds since the last beat, or None when there was none."""
    try:
        return max(0.0, now_s - path.stat().st_mtime)
    except OSError:
        return None


def configured_url(folder: Path) -> str:
    """The database's URL in the configuration, read as lightly as can be; the default where none is written."""
    try:
        values = tomllib.loads((folder / "monitor.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return DEFAULT_URL
    database = values.get("database")
    url = database.get("url") if isinstance(database, dict) else None
    return url if isinstance(url, str) else DEFAULT_URL


def main() -> int:
    """Print one line and return 0 when the daemon beat within a minute, else 1."""
    parser = argparse.ArgumentParser(prog="python -m monitor.health", description="Is the daemon at work?")
    parser.add_argument("--config", default=os.environ.get("MONITOR_CONFIG", "config"), metavar="DIR")
    path = heartbeat_path(configured_url(Path(parser.parse_args().config)))
    seconds = age_s(path, time.time())
    if seconds is None:
        print(f"no heartbeat at {path}: the daemon has not started, or works elsewhere")  # noqa: T201  # its answer
        return 1
    healthy = seconds <= STALE_S
    print(f"last heartbeat {seconds:.0f} s ago{'' if healthy else ': the daemon hangs or is dead'}")  # noqa: T201  # as above
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
