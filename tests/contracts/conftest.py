"""A runner of each kind, over units that a test writes."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

import pytest
import sqlalchemy as sa

from monitor.queue import QueueRunner, prepare_queue
from monitor.runner import EmbeddedRunner, Queue, Runner, Unit
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.fakes.postgres import fresh_database

END_S = 20.0


class Open(Protocol):
    """Opens runners of one kind."""

    def __call__(self, *units: Unit, processes: int = 1) -> AbstractAsyncContextManager[Sequence[Runner]]:
        """As many as there are processes, over the same units; they are drained in the end."""


@asynccontextmanager
async def open_embedded(*units: Unit, processes: int = 1) -> AsyncIterator[Sequence[EmbeddedRunner]]:
    """There is one process, whatever is asked for."""
    runner = EmbeddedRunner(units)
    yield [runner]
    await runner.drain(END_S)


class Queues:
    """Runners over one queue."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @asynccontextmanager
    async def __call__(self, *units: Unit, processes: int = 1) -> AsyncIterator[Sequence[QueueRunner]]:
        """Each with a pool and workers of its own, as processes have them."""
        async with AsyncExitStack() as stack:
            runners = [QueueRunner(self.store, units, EmbeddedRunner(units), list(Queue)) for _ in range(processes)]
            for runner in runners:
                await runner.start()
                stack.push_async_callback(runner.drain, END_S)
            yield runners

    def rows(self, statement: str, **values: object) -> list[sa.Row[tuple[object, ...]]]:
        """What a statement gives, in the queue's schema."""
        with self.store.write() as tx:
            tx.connection.exec_driver_sql("SET LOCAL search_path TO monitor_queue")
            found = tx.connection.execute(sa.text(statement), values)
            return list(found.all()) if found.returns_rows else []

    def states(self) -> list[str]:
        """How each job stands."""
        return [str(row[0]) for row in self.rows("SELECT status FROM procrastinate_jobs ORDER BY id")]


@pytest.fixture(scope="module")
def queue_store(postgres_server: str, postgres_template: str) -> Iterator[Store]:
    """A store on PostgreSQL with a queue beside it."""
    with fresh_database(postgres_server, template=postgres_template) as url:
        store = Store(open_engine(url))
        prepare_queue(store)
        yield store
        store.close()


@pytest.fixture
def queues(queue_store: Store) -> Queues:
    """Runners over a queue in which nothing waits."""
    prepare_queue(queue_store)
    made = Queues(queue_store)
    made.rows("DELETE FROM procrastinate_jobs")
    made.rows("DELETE FROM procrastinate_workers")
    return made


@pytest.fixture(params=["embedded", pytest.param("queue", marks=pytest.mark.postgres)])
def open_runners(request: pytest.FixtureRequest) -> Open:
    """Runners of each kind."""
    if request.param == "embedded":
        return open_embedded
    found: Open = request.getfixturevalue("queues")
    return found
