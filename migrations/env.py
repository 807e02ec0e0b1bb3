"""How Alembic reaches the database: over the connection that `monitor.storage.migrate` opened, under its lock.

Effects: database.
"""

from alembic import context

from monitor.storage.declared import metadata

connection = context.config.attributes["connection"]
# Batch mode, because SQLite changes a table by building it anew; one transaction for all steps, so that a failed
# upgrade leaves the schema it found.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
