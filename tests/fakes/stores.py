"""A real store whose statements need not be compiled anew: to do so for each database takes a fifth of most tests."""

from typing import Any

import sqlalchemy as sa

from monitor.storage.engine import open_engine
from monitor.storage.store import Store

_DIALECTS: dict[str, sa.Dialect] = {}
_STATEMENTS: dict[Any, Any] = {}
"""As many as there are in the code, some of them at several lengths."""
STATEMENTS_MAX = 20_000


def open_store(url: str) -> Store:
    """As the product opens one; its engines share the dialect, and so what was compiled, with those before."""
    database = open_engine(url)
    if len(_STATEMENTS) > STATEMENTS_MAX:
        _STATEMENTS.clear()
    for engine in (database.writer, database.reader):
        name = engine.dialect.name
        if name not in _DIALECTS:
            engine.connect().close()  # what a dialect has to ask of its server it asks at its first connection
            _DIALECTS[name] = engine.dialect
        engine.dialect = _DIALECTS[name]
        engine.update_execution_options(compiled_cache=_STATEMENTS)
    return Store(database)
