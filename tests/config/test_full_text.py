"""For which feeds pages are read, and what that needs."""

import subprocess
import sys
from pathlib import Path

from monitor.config.load import load
from monitor.model import FullText
from tests.config.folder import FEEDS, write_folder

DEFAULT = '[polling]\nfull_text = "matched"\n'


def test_a_feed_may_differ_from_the_default(tmp_path: Path) -> None:
    """The default stands in monitor.toml, the exception at its feed."""
    loaded = load(write_folder(tmp_path, monitor=DEFAULT, feeds=FEEDS + 'full_text = "never"\n'), {})
    assert loaded.settings.polling.full_text == "matched"
    assert [feed.full_text for feed in loaded.feeds] == [None, FullText.NEVER]


def test_without_the_extra_each_wish_is_a_fault_that_names_it(tmp_path: Path) -> None:
    """Nobody waits for pages that nothing can read."""
    folder = write_folder(tmp_path, monitor=DEFAULT, feeds=FEEDS + 'full_text = "all"\n')
    script = (
        "import sys, pathlib\nsys.modules['trafilatura'] = None\nfrom monitor.config.load import ConfigFaults, load\n"
        "try:\n    load(pathlib.Path(sys.argv[1]), {})\n"
        "except ConfigFaults as faults:\n    print(*faults.problems, sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "monitor.toml:2: [polling] `full_text` needs" in first
    assert "pip install 'news-monitor[fulltext]'" in first
    assert "feeds.toml:11: " in second
