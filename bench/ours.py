"""Our side: the command a user runs, on a configuration a user could write.

Effects: files.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

WATCHLIST = """timezone = "Europe/Berlin"
[topics.hostage-negotiations]
name = "Hostage negotiations"
also = ["captive release", "prisoner swap"]
exclude = 'film OR "video game"'
schedule = "now"
[topics.gulf-shipping]
name = "Attacks on Gulf shipping"
query = \'\'\'(tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz* OR missile) NOT source:example.com\'\'\'
schedule = "every 1h"
[topics.interest-rates]
name = "Interest rates"
also = ["central bank raises rate"]
schedule = "daily 08:00"
[topics.earthquakes]
name = "Earthquake"
also = ["seismic shock"]
level = "broad"
schedule = "mon,thu 07:30"
"""


def write_config(folder: Path, urls: Sequence[str], *, interval: str = "") -> Path:
    """The three files in `folder`/config, the database beside them; returns the database's path.

    With `interval` every feed is visited so often, whatever its rhythm.
    """
    fixed = f'interval = "{interval}"\n' if interval else ""
    database = folder / "ours.db"
    config = folder / "config"
    config.mkdir()
    (config / "monitor.toml").write_text(
        f'[database]\nurl = "sqlite:///{database}"\n[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n'
        '[web]\nlisten = ""\n[channels.console]\nkind = "console"\n'
    )
    (config / "watchlist.toml").write_text(WATCHLIST)
    feeds = (f'[[feeds]]\nname = "Outlet {number}"\nurl = "{url}"\n{fixed}' for number, url in enumerate(urls))
    (config / "feeds.toml").write_text("".join(feeds))
    return database


def command(folder: Path, name: str, *more: str) -> list[str]:
    """A `monitor` command on that configuration."""
    return [sys.executable, "-m", "monitor", name, *more, "--config", str(folder / "config")]


def summarise(output: str) -> str:
    """What a run of `once --json` did, in a few words: outcomes of the feeds, new articles, deliveries."""
    records = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    outcomes = Counter(str(record["outcome"]) for record in records if "outcome" in record)
    states = Counter(str(record["state"]) for record in records if "state" in record)
    new = sum(int(record.get("new", 0)) for record in records)
    words = [f"{count} {name}" for name, count in sorted(outcomes.items())] + [f"{new} articles"]
    return ", ".join(words + [f"{count} deliveries {name}" for name, count in sorted(states.items())])
