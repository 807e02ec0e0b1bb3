"""The queue as the bench `scale` looks at it: jobs that do nothing, and how long jobs wait.

Effects: database.
"""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from monitor.queue import SCHEMA
from monitor.storage.store import Store

_WATCH = f"""
CREATE TABLE {SCHEMA}.bench_event AS
    SELECT event.job_id, event.type::text AS type, event.at, job.task_name
    FROM {SCHEMA}.procrastinate_events event JOIN {SCHEMA}.procrastinate_jobs job ON job.id = event.job_id WITH NO DATA;
CREATE FUNCTION {SCHEMA}.bench_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO {SCHEMA}.bench_event
        SELECT NEW.job_id, NEW.type::text, clock_timestamp(), task_name
        FROM {SCHEMA}.procrastinate_jobs WHERE id = NEW.job_id;
    RETURN NULL;
END $$;
CREATE TRIGGER bench_note AFTER INSERT ON {SCHEMA}.procrastinate_events
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.bench_note();
"""
"""Jobs and their events are gone once they have run."""


def watch_jobs(store: Store) -> None:
    """Note the events of all jobs from now on, for `starts`."""
    with store.write() as tx:
        tx.connection.exec_driver_sql(_WATCH)


def starts(store: Store, task: str) -> list[float]:
    """Seconds from the moment each job was written to its start; the claim that wrote it commits a little later."""
    asked = f"""SELECT extract(epoch FROM min(began.at) - min(asked.at)) FROM {SCHEMA}.bench_event asked
        JOIN {SCHEMA}.bench_event began ON began.job_id = asked.job_id AND began.type = 'started'
        WHERE asked.type = 'deferred' AND asked.task_name = :task GROUP BY asked.job_id"""
    with store.read() as tx:
        return [float(one) for one in tx.connection.execute(sa.text(asked), {"task": task}).scalars()]


def count_jobs(store: Store, task: str) -> int:
    """How many jobs of a task wait or run."""
    asked = sa.text(f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs WHERE task_name = :task")
    with store.read() as tx:
        return int(tx.connection.execute(asked, {"task": task}).scalar_one())


def defer_nothing(store: Store, jobs: int, feeds: int) -> None:
    """So many batches whose claim nobody holds, written as the lead writes its own."""
    import procrastinate

    within = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    with store.write() as tx:
        tx.connection.exec_driver_sql(f'SET LOCAL search_path TO {SCHEMA}, "$user", public')
        raw = tx.connection.connection.driver_connection
        asked = within.configure_task("poll_batch", queue="poll", connection=raw, allow_unknown=True)
        nothing: list[dict[str, Any]] = [
            {"claim": uuid4().hex, "feed_ids": list(range(1, feeds + 1))} for _ in range(jobs)
        ]
        asked.batch_defer(*nothing)
