"""The schema: from nothing to what the tables say, down and up again, on both databases."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from monitor.errors import StorageError, StorageReason
from monitor.model import DeliveryKind
from monitor.storage.columns import ARTICLE_WORDS
from monitor.storage.declared import metadata
from monitor.storage.engine import Database, open_engine
from monitor.storage.migrate import current_revision, downgrade, upgrade
from monitor.storage.revision import ensure_schema, head_revision, is_current
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.fakes.postgres import fresh_database
from tests.storage.given import a_delivery


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        opened = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        yield opened
        opened.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        opened = open_engine(url)
        yield opened
        opened.close()


def differences(database: Database) -> list[object]:
    """What the database lacks or has beyond the tables of the code."""
    with database.reader.connect() as connection:
        # The index of words is a table of another kind on either database, and none of ours.
        opts = {"compare_type": True, "include_name": lambda name, kind, _: not str(name).startswith(ARTICLE_WORDS)}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, metadata))


def test_migrations_from_empty_equal_the_tables(empty_database: Database) -> None:
    """What the migrations build is what the code expects, column by column and index by index."""
    assert not is_current(empty_database)
    assert ensure_schema(empty_database)
    assert differences(empty_database) == []
    assert current_revision(empty_database) == head_revision()
    assert not ensure_schema(empty_database)
    assert not upgrade(empty_database)


def test_down_and_up_again(empty_database: Database) -> None:
    """Each step can be taken back and taken again."""
    upgrade(empty_database)
    downgrade(empty_database, "base")
    with empty_database.reader.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    assert upgrade(empty_database)
    assert differences(empty_database) == []


def test_starting_together_upgrades_once(empty_database: Database) -> None:
    """Processes that start at the same moment wait for each other instead of failing."""
    failures: list[BaseException] = []
    url = empty_database.url.render_as_string(hide_password=False)

    def start() -> None:
        database = open_engine(url.replace("+psycopg", ""))
        try:
            upgrade(database)
        except BaseException as error:  # noqa: BLE001  # whatever went wrong in the thread is what the test is about
            failures.append(error)
        finally:
            database.close()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()

    assert failures == []
    assert differences(empty_database) == []


def test_a_newer_database_is_refused(empty_database: Database) -> None:
    """An older program does not touch what a newer one has changed."""
    upgrade(empty_database)
    with empty_database.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError) as caught:
        upgrade(empty_database)
    assert caught.value.reason is StorageReason.NEWER
    assert "9999" in str(caught.value)


def test_the_revision_before_finds_no_edit_that_it_would_post(empty_database: Database) -> None:
    """To a program that knows no edits, one that waits is a message; it goes when the schema goes back."""
    upgrade(empty_database)
    store = Store(empty_database)
    with store.write() as tx:
        tx.outbox.add([a_delivery(1), a_delivery(2, kind=DeliveryKind.EDIT)], START, due_at=START)

    downgrade(empty_database, "0009")

    with empty_database.reader.connect() as connection:
        assert [row.key for row in connection.execute(sa.text("SELECT key FROM delivery"))] == [a_delivery(1).key]
