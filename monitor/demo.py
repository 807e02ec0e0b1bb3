"""The two-minute tour: recorded feeds of our own on loopback, a watchlist, a digest on the console.

Everything is real but the feeds: the same fetching, parsing, grouping, matching and delivering as the daemon's. Kept in
a folder, the tour's configuration, archive and feeds are there to be played with.

Effects: those of `app`, a temporary folder or the one that is named.
"""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from monitor.app import build_app
from monitor.clock import Clock
from monitor.config.load import load
from monitor.cycle import run_once
from monitor.errors import MonitorError
from monitor.feeds.replay import Replay, load_recorded, serve_recorded
from monitor.pipeline.visits import PollSummary
from monitor.topics.lexicon import load_lexicon

WATCHLIST = '''timezone = "UTC"

# The desk's first topic. A name is enough; `also` are other names for the same thing.
[topics.hostage-negotiations]
name = "Hostage negotiations"
also = ["captive release", "prisoner swap"]
exclude = 'film OR "video game" OR drama'
channels = ["console"]
schedule = "now"
settle = "0s"

# A query says exactly what matches.
[topics.gulf-shipping]
name = "Attacks on Gulf shipping"
query = """(tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz* OR missile)"""
channels = ["console"]
schedule = "now"
settle = "0s"
'''


KEPT_LISTEN = "127.0.0.1:8080"


def run_demo(clock: Clock, say: Callable[[str], None]) -> int:
    """Show the whole way in two rounds; returns the number of stories told. Leaves nothing behind."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-demo-")))
        replay = stack.enter_context(serve_recorded({}))
        told = _show(folder, replay, clock, say, listen="")
    say("\nNext: put your own topics into config/watchlist.toml, then `make run`.\n")
    return told


def keep_demo(folder: Path, clock: Clock, say: Callable[[str], None], wait: Callable[[], None]) -> int:
    """The same tour in a folder that stays, its feeds served until `wait` returns; returns the stories told.

    In a folder where the tour was kept before nothing is told or changed: its feeds are served again, under the
    addresses they had. Raises MonitorError where the folder holds anything else, or the port is taken.
    """
    told = 0
    feeds = folder / "feeds.toml"
    with contextlib.ExitStack() as stack:
        if feeds.exists():
            replay = stack.enter_context(_serve_again(feeds))
            for path, body in load_recorded("after", clock.now()).items():
                replay.replace(path, body)
            say(f"The tour's feeds are served again on {replay.base_url}.\n")
        else:
            _make_folder(folder)
            replay = stack.enter_context(serve_recorded({}))
            told = _show(folder.resolve(), replay, clock, say, listen=KEPT_LISTEN)
        say(
            f"\nIt is all kept in {folder}/ and its feeds are served until you press Ctrl-C. In another terminal:\n"
            f"  export MONITOR_CONFIG={folder.resolve()}\n"
            "  monitor run\n"
        )
        wait()
    return told


def _show(folder: Path, replay: Replay, clock: Clock, say: Callable[[str], None], *, listen: str) -> int:
    """Both rounds, told as they go; returns the number of stories told."""
    before = load_recorded("before", clock.now())
    for path, body in before.items():
        replay.replace(path, body)
    _write_config(folder, replay, list(before), listen)
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
    return second.stories


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise MonitorError(f"{folder} cannot be made ({error.strerror})", remedy="Name another folder.") from error
    if not is_empty:
        raise MonitorError(f"{folder} holds other files", remedy="Name an empty folder, or one that is not there yet.")


def _serve_again(feeds: Path) -> contextlib.AbstractContextManager[Replay]:
    """The server of a kept tour, on the port that its feeds name."""
    for line in feeds.read_text(encoding="utf-8").split("\n"):
        url = urlsplit(line.partition('"')[2].rstrip('"'))
        if line.startswith("url = ") and url.hostname == "127.0.0.1" and url.port:
            try:
                return serve_recorded({}, port=url.port)
            except OSError as error:
                raise MonitorError(
                    f"port {url.port}, on which the tour's feeds are served, is taken ({error.strerror})",
                    remedy="Is the tour running in another terminal? Else name another folder.",
                ) from error
    raise MonitorError(f"{feeds} is not of a tour", remedy="Name an empty folder, or one that is not there yet.")


class _Round(Struct, frozen=True):
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


def _write_config(folder: Path, replay: Replay, paths: list[str], listen: str) -> None:
    (folder / "monitor.toml").write_text(
        f'[database]\nurl = "sqlite:///{folder}/data/monitor.db"\n\n'
        f'[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n\n[web]\nlisten = "{listen}"\n',
        encoding="utf-8",
    )
    named = {path: Path(path).stem.replace("-", " ").title() for path in paths}
    feeds = "\n".join(f'[[feeds]]\nname = "{name}"\nurl = "{replay.base_url}{path}"\n' for path, name in named.items())
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    (folder / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
