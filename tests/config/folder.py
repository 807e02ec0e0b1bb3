"""Config folders for tests."""

from pathlib import Path

FEEDS = """\
# our feeds
[[feeds]]
name = "Gulf Wire"
url = "https://wire.example.org/rss.xml"
language = "en"

[[feeds]]
name = "Harbour Daily"
url = "https://harbour.example.org/feed"
weight = 2
"""
WATCHLIST = """\
timezone = "Europe/Berlin"

[topics.hostage-negotiations]
name = "Hostage negotiations"
"""


def write_folder(folder: Path, *, monitor: str | None = None, feeds: str = FEEDS, watchlist: str = WATCHLIST) -> Path:
    """A config folder that is good but for what is given."""
    folder.mkdir(exist_ok=True)
    if monitor is not None:
        (folder / "monitor.toml").write_text(monitor, encoding="utf-8")
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    (folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")
    return folder
