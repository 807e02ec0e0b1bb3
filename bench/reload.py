"""How long a reload takes after one topic was added, for 100 and for 1,000 topics, beside a cold load.

A reload is what a running monitor does once it saw the edit: all three files loaded with what was compiled before, and
the whole put in force in the database. The baseline "cold load" reads the same folder with nothing to build on. From
the writing of the file to the noticing is outside: a look every second and one to confirm it. Limits: a reload within
0.5 s for 100 topics and 1.5 s for 1,000, and no slower than the cold load. Exit code 1 above a limit.

Effects: files and a database in a temporary folder.
"""

import gc
import os
import tempfile
from functools import partial
from pathlib import Path

from bench.search import timed
from monitor.app import App, build_app
from monitor.clock import SystemClock
from monitor.config.load import Loaded, load
from monitor.topics.lexicon import load_lexicon

LIMITS_S = {100: 0.5, 1_000: 1.5}
"""Seconds of a reload, by how many topics there are."""
ROUNDS = 5
_MONITOR = '[database]\nurl = "sqlite:///{}"\n[web]\nlisten = ""\n'
_FEEDS = '[[feeds]]\nname = "One"\nurl = "https://one.example/rss"\n'
_TOPIC = (
    '[topics.topic-{0}]\nname = "Harbour works {0}"\n'
    'query = "(harbour{0} OR ferry*) NEAR/8 (strike OR talks) NOT cruise"\n'
)


def run() -> int:
    """Print both for each size. Exit 1 where a limit is not kept."""
    gc.set_threshold(20_000, 10, 10)  # as the command has it
    print(f"one topic more, the best of {ROUNDS}; load {os.getloadavg()[0]:.1f}")
    return max([measure_size(count, limit) for count, limit in LIMITS_S.items()])


def measure_size(count: int, limit_s: float) -> int:
    """One size; 1 where a limit is not kept."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary) / "config"
        folder.mkdir()
        (folder / "monitor.toml").write_text(_MONITOR.format(Path(temporary) / "monitor.db"))
        (folder / "feeds.toml").write_text(_FEEDS)
        write_topics(folder, count)
        lexicon = load_lexicon()
        app = build_app(load(folder, {}, lexicon), SystemClock())
        try:
            loads, applies, colds = [], [], []
            for number in range(ROUNDS):
                write_topics(folder, count + 1 + number)
                earlier = app.in_force.loaded.compiled
                took, loaded = timed(partial(load, folder, {}, earlier.lexicon, earlier=earlier))
                loads.append(took)
                applies.append(apply(app, loaded))
                colds.append(timed(partial(load, folder, {}, lexicon))[0])
        finally:
            app.close()
    whole, cold = min(loads) + min(applies), min(colds)
    is_kept = whole <= limit_s and min(loads) <= cold
    print(
        f"  {count} topics: load {min(loads):.3f} s + in force {min(applies):.3f} s = {whole:.3f} s (limit {limit_s});"
        f" cold load {cold:.3f} s, loading takes {min(loads) / cold:.2f} of it{'' if is_kept else ': NOT KEPT'}"
    )
    return 0 if is_kept else 1


def write_topics(folder: Path, count: int) -> None:
    """A watchlist of so many topics."""
    (folder / "watchlist.toml").write_text("".join(_TOPIC.format(number) for number in range(count)))


def apply(app: App, loaded: Loaded) -> float:
    """Seconds to put it in force."""
    return timed(partial(app.apply, loaded, "1 topic added"))[0]
