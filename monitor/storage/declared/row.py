"""What every table is declared as.

Effects: none.
"""

from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import SQLModel

from monitor.storage.columns import NAMING

SQLModel.metadata.naming_convention = NAMING


class Row(DeferredReflection, SQLModel):
    """A row of a table. Only the table is made of it: no row is ever built or checked as one.

    So neither a mapping nor a check is made of it.
    """

    __abstract__ = True
    model_config = {"defer_build": True}
