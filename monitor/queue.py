"""The queue: which units of work wait for which process, over PostgreSQL. It carries wake-ups alone.

All that counts is in rows, so the queue lives in a schema of its own that may be dropped whole. Ticks are not its own
periodic tasks: those go by each machine's clock, and a machine whose clock is ahead would use up the slots of others.

Effects: database, threads, writes the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from monitor.errors import ConfigError, StorageError, StorageReason
from monitor.logs import get_log
from monitor.runner import EmbeddedRunner, Queue, Unit, key_of
from monitor.storage.engine import APPLICATION, CONNECTION
from monitor.storage.schemas import enter_schema, make_schema
from monitor.storage.store import Store, Transaction

try:
    import procrastinate
    from procrastinate.exceptions import AlreadyEnqueued, AppNotOpen, ConnectorException, UniqueViolation
    from procrastinate.job_context import JobContext
    from procrastinate.jobs import Job, Status
    from procrastinate.schema import SchemaManager
    from procrastinate.sync_psycopg_connector import wrap_exceptions
    from procrastinate.worker import Worker
except ImportError:  # the extra `postgres` is not installed: `QueueRunner` says so
    procrastinate = None  # type: ignore[assignment]

SCHEMA = "monitor_queue"
LOST_S = 30.0
"""A process that has not beaten for so long is lost, and what it had in hand is taken up again."""
BEAT_S = 5.0
LOOK_S = 2.0
"""How often a process looks for work by itself: a wake-up may be lost with its connection."""
AT_ONCE: Mapping[Queue, int] = {Queue.POLL: 24, Queue.INGEST: 8, Queue.DELIVER: 64}
"""Units of each kind that one process has in hand: batches wait for servers, deliveries for channels."""
TRIES_MAX = 3
"""How often work is taken up again whose process was lost: what kills each is given up, and its rows' leases end."""
STALLED_MAX = 1_000
AGAIN_S = 1.0
"""Between two tries to work while the database is away."""
POOL_MAX = 6
END_S = 15.0
"""How long a stop lets units end by themselves; what is left then is cancelled, and gives its leases back."""
OPEN_S = 30.0
"""How long a start waits for the first connection of the queue."""
_END_STUCK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS session
WHERE application_name = %(application)s AND datname = current_database() AND pid <> pg_backend_pid()
    AND wait_event = 'ClientRead' AND xact_start IS NOT NULL
    AND state_change < clock_timestamp() - make_interval(secs => %(seconds)s)
    AND (backend_xid IS NOT NULL
        OR EXISTS (SELECT 1 FROM pg_locks WHERE pg_locks.pid = session.pid AND locktype = 'advisory'))
"""

log = get_log()


def prepare_queue(store: Store) -> None:
    """Make the queue's schema where it is missing or of another version. Raises ConfigError without the extra.

    Processes that start at the same moment wait for each other. What waits in a queue of another version is dropped:
    it is in rows, and found again within seconds.
    """
    if procrastinate is None:
        raise ConfigError(
            "workers need the extra `postgres`", remedy="Install it: pip install 'news-monitor[postgres]'."
        )
    wanted = f"procrastinate {_version()}"
    with store.write() as tx:
        is_made = make_schema(tx.connection, SCHEMA, wanted, SchemaManager.get_schema())
    if is_made:
        log.info("queue.made", version=wanted)


def _version() -> str:
    try:
        return version("procrastinate")
    except PackageNotFoundError:
        return "unknown"


class QueueRunner:
    """Hands units over to whichever process is free, and runs what others handed over.

    All methods but `defer_in` belong to one event loop.
    """

    def __init__(self, store: Store, units: Iterable[Unit], runner: EmbeddedRunner, queues: Sequence[Queue]) -> None:
        """Units run through `runner`, so that what they raise ends there; `queues` are those this process works on."""
        assert procrastinate is not None, "prepare_queue says so first"
        self._store = store
        # By name and not as one address: a fault that the driver finds in an address is told with its password.
        _, where = store.database.writer.dialect.create_connect_args(store.database.url)
        connector = procrastinate.PsycopgConnector(
            min_size=1,
            max_size=POOL_MAX,
            timeout=OPEN_S,
            configure=_configure,
            kwargs={**where, **CONNECTION, "application_name": f"{APPLICATION} queue"},
        )
        self._app = procrastinate.App(connector=connector)
        # Apart: once the one above is open it cannot be asked from a thread, and this one never is.
        self._within = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        self._runner = runner
        self._queues = queues
        self._units = {unit.name: unit for unit in units}
        for unit in self._units.values():
            self._app.task(name=unit.name, queue=unit.queue.value, pass_context=True)(self._job(unit))
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._workers: list[Worker] = []
        self._serving: list[asyncio.Task[None]] = []
        self._is_stopping = False
        self._in_hand: dict[int | None, asyncio.Task[Any] | None] = {}
        self._left_behind: set[int] = set()
        self._is_missing = False
        self._is_away = False
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # we say ourselves what counts

    @property
    def is_stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._is_stopping

    @property
    def busy(self) -> int:
        """Units of the queue that this process has in hand."""
        return len(self._in_hand)

    async def start(self) -> None:
        """Connect, and begin to work on the queues. Raises StorageError."""
        with _translated(), wrap_exceptions():  # opening is the one call that lets the driver's own errors out
            await self._app.connector.open_async()
        for queue in self._queues:
            self._serving.append(asyncio.create_task(self._serve(queue), name=f"queue {queue}"))

    def submit(self, name: str, **args: str) -> bool:
        """Have one process run a unit, once more at most while it runs; False while this process asks for it already.

        Waits for nobody. What the database refuses is said, and asked for at the next tick.
        """
        key = key_of(name, args)
        if self._is_stopping or key in self._asking:
            return False
        task = asyncio.get_running_loop().create_task(self._ask(key, name, args))
        self._asking[key] = task
        task.add_done_callback(lambda _: self._asking.pop(key, None))
        return True

    def defer_in(self, tx: Transaction, name: str, jobs: Sequence[Mapping[str, Any]]) -> None:
        """Have these units run once this transaction is committed, and not if it is not. For the database's thread."""
        if not jobs:
            return
        raw = enter_schema(tx.connection, SCHEMA)
        asked = self._within.configure_task(name, queue=self._units[name].queue.value, connection=raw)
        try:
            asked.batch_defer(*map(dict, jobs))
        except ConnectorException as error:
            self._is_missing = True
            raise _as_storage_error(error) from error

    def mend(self) -> None:
        """Make the queue again where it took nothing. For the database's thread."""
        if self._is_missing:
            prepare_queue(self._store)
            self._is_missing = False

    async def rescue(self, *, leads: bool) -> None:
        """End and take up what stands still; all of it where this process leads. Raises StorageError."""
        with _translated():
            # By each of them, and first: who holds the lead may be the one that was stopped.
            await self.end_stuck()
            await self.finish_left_behind()
            if leads:
                await self.take_up_lost()

    async def take_up_lost(self) -> int:
        """Have what lost processes had in hand run again, or give it up after some tries; how much that was."""
        manager = self._app.job_manager
        found = list(await manager.get_stalled_jobs(seconds_since_heartbeat=LOST_S))[:STALLED_MAX]
        for job in found:
            if job.attempts < TRIES_MAX:
                try:
                    await manager.retry_job(job)
                except UniqueViolation:  # the same waits already, behind the lock that this one has
                    await manager.finish_job(job, status=Status.FAILED, delete_job=True)
            else:
                await manager.finish_job(job, status=Status.FAILED, delete_job=True)
                log.error(
                    "unit.given_up", unit=job.task_name, attempts=job.attempts, hint="its leases end by themselves"
                )
        if found:
            log.warning("units.taken_up", units=len(found))
        return len(found)

    async def end_stuck(self) -> int:
        """End sessions of ours whose process says nothing more within a transaction that writes; how many they were.

        A process that is stopped keeps all others waiting for what it holds. The server has a limit of its own for
        that, which a flush behind the last statement switches off, as the driver sends one after many rows (seen).
        """
        rows = await self._app.connector.execute_query_all_async(_END_STUCK, application=APPLICATION, seconds=LOST_S)
        if rows:
            log.warning("sessions.ended", sessions=len(rows), hint="their process was stopped in a transaction")
        return len(rows)

    async def finish_left_behind(self) -> int:
        """End jobs of this process that it has not in hand; how many they were.

        A connection that breaks just when a job is over leaves it as running for good, and its lock with it. What is
        found so at two looks is none that only begins.
        """
        ids = [worker.worker_id for worker in self._workers if worker.worker_id is not None]
        if not ids:
            return 0
        rows = await self._app.connector.execute_query_all_async(
            "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(ids)s)", ids=ids
        )
        if self._is_away:  # this was the first question that its tables answered
            self._is_away = False
            log.info("queue.back")
        found = {int(row["id"]) for row in rows}.difference(self._in_hand)
        over, self._left_behind = found & self._left_behind, found
        for job_id in over:
            await self._app.job_manager.finish_job_by_id_async(job_id, status=Status.FAILED, delete_job=True)
        if over:
            log.warning("units.finished_late", units=len(over))
        return len(over)

    def stop(self) -> None:
        """Take nothing more from now on."""
        self._is_stopping = True
        for worker in self._workers:
            worker.stop()  # type: ignore[no-untyped-call]  # the library types most of itself

    async def drain(self, timeout_s: float) -> None:
        """Take nothing more and wait for what runs, at most `timeout_s`; what is left then is cancelled."""
        self.stop()
        tasks = [*self._serving, *self._asking.values()]
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=timeout_s)
            # Units themselves: a worker that is cancelled would first wait for them, as long as for any stop.
            for task in (*self._in_hand.values(), *left):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        await self._app.connector.close_async()

    def _job(self, unit: Unit) -> Callable[..., Awaitable[None]]:
        async def run(context: JobContext, **args: Any) -> None:
            key = unit.name if any(not isinstance(value, str) for value in args.values()) else key_of(unit.name, args)
            job_id = context.job.id
            self._in_hand[job_id] = asyncio.current_task()
            try:
                await self._runner.perform(key, unit.work, args)
            finally:
                self._in_hand.pop(job_id, None)

        return run

    async def _ask(self, key: str, name: str, args: Mapping[str, str]) -> None:
        queue = self._units[name].queue.value
        asked = self._app.configure_task(name, queue=queue, lock=key, queueing_lock=key)
        try:
            await asked.defer_async(**args)
        except AlreadyEnqueued:
            return  # it waits already
        except ConnectorException as error:
            log.warning("unit.unasked", unit=key, reason=_cause(error), hint="it is asked for again at the next tick")

    async def _serve(self, queue: Queue) -> None:
        """Work on one queue until the end is asked for; while the database is away, try again each second."""
        while not self._is_stopping:
            worker = _Steady(
                app=self._app,
                queues=[queue.value],
                name=queue.value,
                concurrency=AT_ONCE[queue],
                fetch_job_polling_interval=LOOK_S,
                abort_job_polling_interval=60.0,
                shutdown_graceful_timeout=END_S,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=BEAT_S,
                stalled_worker_timeout=LOST_S,
            )
            self._workers.append(worker)
            try:
                await worker.run()  # type: ignore[no-untyped-call]  # as above
            except ConnectorException as error:
                log.error("queue.away", queue=queue, reason=_cause(error), hint="it is tried again each second")
                self._is_missing = self._is_away = True
            except Exception as error:  # noqa: BLE001  # the edge of all units: a queue that ends would stand still here
                log.error("queue.broke", queue=queue, error=error, hint="please report this; it is begun anew")
            finally:
                self._workers.remove(worker)
            if not self._is_stopping:
                await asyncio.sleep(AGAIN_S)


if procrastinate is not None:

    class _Steady(Worker):
        """One that ends when any of its parts fails, so that it is begun anew whole."""

        async def _periodic_deferrer(self) -> None:
            # Without periodic tasks the library's ends at once, and the others are watched no more.
            await asyncio.Event().wait()

        async def _persist_job_status(self, job: Job, *args: Any, **kwargs: Any) -> None:
            try:
                await super()._persist_job_status(job, *args, **kwargs)
            except ConnectorException as error:  # nobody would look at it: the library's own task ends here
                log.warning("unit.unfinished", unit=job.task_name, reason=_cause(error), hint="finished within seconds")
                return
            if job.lock is not None:
                self._new_job_event.set()  # what waited behind it is taken now, not at the next look


async def _configure(connection: Any) -> None:
    # Each of the queue's changes is one statement: a transaction around it is two more to wait for.
    await connection.set_autocommit(True)
    connection.prepare_threshold = None  # a plan that was kept is refused once the queue's tables were made anew
    await connection.execute(f'SET search_path TO {SCHEMA}, "$user", public')


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the queue's connection could not do into ours."""
    try:
        yield
    except (ConnectorException, AppNotOpen) as error:
        raise _as_storage_error(error) from error


def _as_storage_error(error: Exception) -> StorageError:
    what = f"the queue takes nothing ({_cause(error)})"
    return StorageError(what, reason=StorageReason.UNREACHABLE, remedy="Check that PostgreSQL runs; it is tried again.")


def _cause(error: Exception) -> str:
    """The first line of what the driver said; it names no password."""
    return str(error.__cause__ or error).strip().split("\n")[0][:200]
