"""The two-minute tour: recorded feeds of our own on loopback, a watchlist, a digest on the console.

Everything is real but the feeds: the same fetching, parsing, grouping, matching and delivering as the daemon's.

Effects: those of `app`, a temporary folder.
"""

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.app import build_app
from monitor.clock import Clock
from monitor.config.load import load
from monitor.cycle import run_once
from monitor.feeds.replay import Replay, load_recorded, serve_recorded
from monitor.pipeline.visits import PollSummary
from monitor.topics.lexicon import load_lexicon

WATCHLIST = '''timezone = "UTC"

[topics.hostage-negotiations]
name = "Hostage negotiations"
also = ["captive release", "prisoner swap"]
exclude = 'film OR "video game" OR drama'
channels = ["console"]
schedule = "now"
settle = "0s"

[topics.gulf-shipping]
name = "Attacks on Gulf shipping"
query = """(tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz* OR missile)"""
channels = ["console"]
schedule = "now"
settle = "0s"
'''


def run_demo(clock: Clock, say: Callable[[str], None]) -> int:
    """Show the whole way in two rounds; returns the number of stories told. Leaves nothing behind."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-demo-")))
        before = load_recorded("before", clock.now())
        replay = stack.enter_context(serve_recorded(before))
        _write_config(folder, replay, list(before))
        say(f"{len(before)} recorded feeds of invented outlets on {replay.base_url}, two topics.\n")
        first = _round(folder, clock)
        say(
            f"First reading: {first.articles} articles are kept as the baseline. "
            "What was there before you came is not told.\n"
        )
        for path, body in load_recorded("after", clock.now()).items():
            replay.replace(path, body)
        second = _round(folder, clock)
    say(f"\nAn hour later there are {second.articles} new articles. This is what a reader is told:\n\n")
    for digest in second.digests:
        say(digest)
    say("\nNext: put your own topics into config/watchlist.toml, then `make run`.\n")
    return second.stories


@dataclass(frozen=True, slots=True)
class _Round:
    articles: int
    stories: int
    digests: tuple[str, ...]


def _round(folder: Path, clock: Clock) -> _Round:
    """One full cycle of an app of its own: between two rounds the demo restarts, as a daemon may at any time."""
    visits: list[PollSummary] = []
    digests: list[str] = []
    app = build_app(load(folder, {}, load_lexicon()), clock, write=digests.append, report_poll=visits.append)
    try:
        closed = run_once(app).closed
    finally:
        app.close()
    return _Round(
        articles=sum(visit.new for visit in visits),
        stories=sum(done.stories for done in closed),
        digests=tuple(digests),
    )


def _write_config(folder: Path, replay: Replay, paths: list[str]) -> None:
    (folder / "monitor.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/monitor.db"\n'
        '[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n[web]\nlisten = ""\n',
        encoding="utf-8",
    )
    named = {path: Path(path).stem.replace("-", " ").title() for path in paths}
    feeds = "".join(f'[[feeds]]\nname = "{name}"\nurl = "{replay.base_url}{path}"\n' for path, name in named.items())
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    (folder / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
