"""Of the copies that are made by themselves the newest two stay; a person's own files are never touched."""

from datetime import timedelta
from pathlib import Path

from monitor.storage.backup import backup
from monitor.storage.migrate import downgrade, upgrade
from monitor.storage.restore import restore
from monitor.storage.revision import head_revision
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.storage.given import an_article, store_articles
from tests.storage.test_restore import path_of


def test_of_archives_before_a_restore_the_newest_two_stay(sqlite_store: Store, tmp_path: Path) -> None:
    """With what is of another name, and the very copy that is put back."""
    path, copy = path_of(sqlite_store), tmp_path / "monitor.before-my-own.db"
    store_articles(sqlite_store, [an_article(1)])
    backup(sqlite_store.database, copy)
    sqlite_store.close()
    kept = [restore(path, copy, START + timedelta(hours=hour)).kept for hour in range(4)]
    left = sorted(path.parent.glob("monitor.before-*"))
    assert left == sorted([copy, *(one for one in kept[2:] if one is not None)])
    oldest = kept[2]
    assert oldest is not None
    restore(path, oldest, START + timedelta(hours=4))
    assert oldest.exists()
    assert len(list(path.parent.glob("monitor.before-2*"))) == 3


def test_of_copies_before_a_change_of_the_schema_the_newest_two_stay(sqlite_store: Store) -> None:
    """A person's own copy of nearly such a name stays too."""
    path = path_of(sqlite_store)
    named = [path.with_name(f"{path.name}.before-{end}") for end in ("0007", "0008", "0009", "0010.gz", "summer")]
    for one in named:
        one.write_bytes(b"a copy")
    downgrade(sqlite_store.database, "0012")
    assert upgrade(sqlite_store.database)
    left = sorted(one.name.removeprefix(f"{path.name}.before-") for one in path.parent.glob("*.before-*"))
    assert left == ["0009", "0010.gz", head_revision(), "summer"]
