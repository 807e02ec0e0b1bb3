"""What the tables share: ids out of a counter, inserts that skip what is there, rows in bounded portions.

Effects: database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.storage.tables import COUNTER

T = TypeVar("T")

PORTION = 500
"""Values in one IN list: far under SQLite's 32,766 parameters, and one cached statement."""
_TIME_CHARS = len("2026-01-01 00:00:00.000000")


def portions(values: Sequence[T], size: int = PORTION) -> Iterator[Sequence[T]]:
    """The values in runs of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def take_ids(connection: Connection, name: str, count: int) -> range:
    """`count` ids never given out before, in one step that two writers cannot share."""
    if count == 0:
        return range(0)
    last = connection.execute(
        sa.update(COUNTER)
        .where(COUNTER.c.name == name)
        .values(value=COUNTER.c.value + count)
        .returning(COUNTER.c.value)
    ).scalar()
    if last is None:
        insert_new(connection, COUNTER, [{"name": name, "value": 0}])
        return take_ids(connection, name, count)
    return range(last - count + 1, last + 1)


def insert_into(connection: Connection, table: sa.Table) -> Any:
    """An INSERT of the connected dialect, which knows what to do about a key that is there."""
    # Of the two dialects only the one that is connected is loaded: the other takes a tenth of the whole start.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not there yet; the others stay as they are."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), list(rows))


def upsert(
    connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]
) -> None:
    """Insert the rows; where the key is there, set the columns `update` to the new values."""
    if rows:
        statement = insert_into(connection, table)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in update}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def insert_rows(
    connection: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    skips_known: bool = True,
) -> None:
    """Insert rows many at a time; those whose key is there already stay as they are, or are an error.

    Straight to the driver: a first reading brings a quarter of a million names and keys, and preparing each row by
    the library takes three times as long as writing it (measured). So the values are what the driver takes: numbers,
    texts, and times through `driver_time`.
    """
    if not rows:
        return
    quote = connection.dialect.identifier_preparer.quote
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(quote(column) for column in columns)
    marks = ", ".join(mark for _ in columns)
    tail = " ON CONFLICT DO NOTHING" if skips_known else ""
    # The names are our own tables' and columns'; every value goes in as a parameter.
    text = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks}){tail}"  # noqa: S608
    connection.exec_driver_sql(text, list(rows))


def update_rows(
    connection: Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Set the columns `names` of many rows, each found by its id under `b_id`; an id stands there once.

    On PostgreSQL in one statement: one for each row costs the server three times as much (measured).
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        change = sa.update(table).where(table.c.id == sa.bindparam("b_id"))
        connection.execute(change.values({name: sa.bindparam(name) for name in names}), list(rows))
        return
    quote = connection.dialect.identifier_preparer.quote
    kinds = [table.c.id.type.compile(connection.dialect)]
    kinds += [table.c[name].type.compile(connection.dialect) for name in names]
    sets = ", ".join(f"{quote(name)} = given.{quote(name)}" for name in names)
    lists = ", ".join(f"%s::{kind}[]" for kind in kinds)
    given = ", ".join(("b_id", *map(quote, names)))
    # The names are our own tables' and columns'; every value goes in as a parameter.
    text = f"UPDATE {quote(table.name)} SET {sets} FROM unnest({lists}) AS given({given}) WHERE id = given.b_id"  # noqa: S608
    values = tuple([row[name] for row in rows] for name in ("b_id", *names))
    connection.exec_driver_sql(text, values)


def driver_time(connection: Connection) -> Callable[[datetime | None], Any]:
    """How a moment goes to the driver, in the very form that the library gives it."""
    return _as_text if connection.dialect.name == "sqlite" else _as_it_is


def _as_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:_TIME_CHARS]


def _as_it_is(value: datetime | None) -> datetime | None:
    return value
