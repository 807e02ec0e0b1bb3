"""Write the tables that the program uses from their declarations in `monitor.storage.declared`.

Only what a statement asks of a table is written: columns, types, keys and defaults. Indexes and constraints are made by
the migrations and judged against the declarations.

Run it as `make tables` after every change of a declaration. Effects: files.
"""

import pathlib
from types import ModuleType

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from monitor.storage.columns import BIG
from monitor.storage.declared import MODULES, metadata
from monitor.storage.declared.row import Row

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "monitor" / "storage"
HEAD = '''"""{first}

Written by `make tables` from declared/{name}.py, which says what each column means. Change that, not this.

Effects: none.
"""

import sqlalchemy as sa

from monitor.storage.columns import {imports}
'''
PLAIN = {sa.Integer: "sa.Integer", sa.SmallInteger: "sa.SmallInteger", sa.Boolean: "sa.Boolean", sa.Float: "sa.Float",
         sa.LargeBinary: "sa.LargeBinary"}  # fmt: skip


def write_type(kind: sa.types.TypeEngine[object]) -> str:
    """A column's type as it is written; a KeyError for one that no table had yet."""
    if kind is BIG:
        return "BIG"
    if isinstance(kind, UTCDateTime):
        return "MOMENT"
    if isinstance(kind, AutoString):
        length = repr(kind).partition("length=")[2].rstrip(")")
        return f"sa.String({length})" if length else "sa.String"
    if isinstance(kind, sa.Text):
        return "LONG"
    if isinstance(kind, sa.BigInteger):
        return "sa.BigInteger"
    return PLAIN[type(kind)]


def write_column(column: sa.Column[object]) -> str:
    """One column with what a statement asks of it."""
    said = [f'"{column.name}"', write_type(column.type)]
    if column.primary_key:
        said.append("primary_key=True")
    elif not column.nullable:
        said.append("nullable=False")
    if column.autoincrement is False:
        said.append("autoincrement=False")
    if isinstance(column.default, sa.ColumnDefault):
        said.append(f"default={column.default.arg!r}")
    if isinstance(column.server_default, sa.DefaultClause):
        said.append(f"server_default={column.server_default.arg!r}")
    return f"    sa.Column({', '.join(said)}),"


def write_module(name: str, module: ModuleType) -> str:
    """The tables declared in a module, in their order."""
    tables = [
        metadata.tables[str(row.__tablename__)]
        for row in vars(module).values()
        if isinstance(row, type) and issubclass(row, Row) and row.__module__ == module.__name__
    ]
    blocks = [
        "\n".join([f'{table.name.upper()} = sa.Table(', f'    "{table.name}",', "    metadata,",
                   *map(write_column, table.columns), ")"])
        for table in tables
    ]  # fmt: skip
    body = "\n".join(blocks)
    words = [word for word in ("BIG", "LONG", "MOMENT") if f", {word}" in body]
    first = (module.__doc__ or "").split("\n\n")[0]
    head = HEAD.format(first=first, name=module.__name__.rpartition(".")[2], imports=", ".join([*words, "metadata"]))
    return f"{head}\n{body}\n"


def main() -> None:
    """Write each module of tables."""
    for name, module in MODULES.items():
        (FOLDER / f"{name}.py").write_text(write_module(name, module))


if __name__ == "__main__":
    main()
