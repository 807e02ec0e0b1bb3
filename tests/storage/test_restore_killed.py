"""A restore that is killed: the archive is the old one or the new one, whole, and the next restore goes through."""

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.storage.backup import backup
from monitor.storage.restore import restore
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import articles_of
from tests.storage.given import an_article, store_articles
from tests.storage.test_restore import HOUR, path_of, reopened

KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.storage.restore import restore

step, path, copy = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
swapped = []

def look(event, found):
    if event == step and (step != "os.rename" or str(found[1]) == str(path)) and (step != "os.remove" or swapped):
        os.kill(os.getpid(), 9)
    if event == "os.rename" and str(found[1]) == str(path):
        swapped.append(True)

sys.addaudithook(look)
restore(path, copy, datetime(2026, 3, 14, 9, tzinfo=UTC))
"""


@pytest.mark.parametrize(("step", "left"), [("os.link", [1, 2]), ("os.rename", [1, 2]), ("os.remove", [1])])
def test_a_kill_at_any_name_it_changes_leaves_a_whole_archive(
    sqlite_store: Store, tmp_path: Path, step: str, left: list[int]
) -> None:
    """Before the old one is kept, before the new one takes its place, and behind that."""
    path, copy = path_of(sqlite_store), tmp_path / "copy.db"
    store_articles(sqlite_store, [an_article(1)])
    backup(sqlite_store.database, copy)
    store_articles(sqlite_store, [an_article(2)])
    sqlite_store.close()

    child = [sys.executable, "-c", KILLED, step, str(path), str(copy)]
    assert subprocess.run(child, check=False, capture_output=True, timeout=60).returncode == -9

    store = reopened(path)
    assert [one.article.id for one in articles_of(store)] == left
    store.close()
    restore(path, copy, START + HOUR)
    store = reopened(path)
    assert [one.article.id for one in articles_of(store)] == [1]
    store.close()
    assert sorted(one.name for one in path.parent.glob(".*restoring*")) == []
