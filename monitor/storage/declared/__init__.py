"""What the tables are: a SQLModel class each, from which migrations are written and the schema is judged.

To declare a table takes four times as long as to make it of columns, and loads what maps rows to objects, which nobody
here needs: a third of the time of every start. So `make tables` writes them as columns into the modules that the rest
of `storage` imports, a test holds the two equal, and only a migration loads these.

Effects: none.
"""

from monitor.storage.declared import care, delivery, news, run, story, web
from monitor.storage.declared.row import Row

__all__ = ["MODULES", "metadata"]

metadata = Row.metadata
MODULES = {
    "care_tables": care,
    "delivery_tables": delivery,
    "run_tables": run,
    "story_tables": story,
    "tables": news,
    "web_tables": web,
}
"""By the module into which its tables are written."""
