"""The tables as they are used, beside the rows that declare them."""

from importlib import import_module

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from monitor.storage.columns import metadata
from monitor.storage.declared import MODULES
from monitor.storage.declared import metadata as declared


def _said(table: sa.Table) -> list[tuple[object, ...]]:
    """All that a statement asks of a table."""
    return [
        (
            column.name,
            *(column.type.compile(dialect=dialect) for dialect in (sqlite.dialect(), postgresql.dialect())),  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
            column.primary_key,
            column.nullable,
            column.autoincrement is False,
            getattr(column.default, "arg", None),
            getattr(column.server_default, "arg", None),
        )
        for column in table.columns
    ]


def test_each_is_as_it_is_declared() -> None:
    """After a change of a declaration `make tables` writes them anew."""
    for name in MODULES:
        import_module(f"monitor.storage.{name}")
    assert sorted(metadata.tables) == sorted(declared.tables)
    for name, table in metadata.tables.items():
        assert _said(table) == _said(declared.tables[name]), name


def test_each_module_says_what_it_was_written_from() -> None:
    """Whoever opens one learns where to change it."""
    for name, module in MODULES.items():
        written = import_module(f"monitor.storage.{name}")
        assert f"declared/{module.__name__.rpartition('.')[2]}.py" in str(written.__doc__)
