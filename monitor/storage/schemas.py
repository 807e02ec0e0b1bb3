"""A schema beside ours in one PostgreSQL database, for a library that brings tables of its own.

Effects: database.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_MAKING = 0x6E6D_5155
"""Of this program: one number among the advisory locks of a database."""


def make_schema(connection: Connection, name: str, version: str, script: str) -> bool:
    """Make the schema where it is missing or of another version, from an SQL script; whether it was made.

    Processes that do so at the same moment wait for each other. What stood in one of another version is dropped.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
    found = connection.execute(
        sa.text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"), {"name": name}
    ).scalar()
    if found == version:
        return False
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
    connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    enter_schema(connection, name)
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(script)  # past the library: it would take each % in it for a parameter
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {name} IS '{version}'")
    return True


def enter_schema(connection: Connection, name: str) -> object:
    """Have the rest of the transaction find its tables first, and ours behind them; returns the driver's connection."""
    connection.exec_driver_sql(f'SET LOCAL search_path TO {name}, "$user", public')
    return connection.connection.driver_connection
