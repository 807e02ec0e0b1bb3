"""The queue alone: what it carries stands and falls with a transaction, with processes, and with its schema."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.errors import StorageError
from monitor.queue import SCHEMA, TRIES_MAX, QueueRunner, prepare_queue
from monitor.runner import EmbeddedRunner, Queue
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.contracts.conftest import Queues
from tests.contracts.units import Noted, run
from tests.fakes.postgres import fresh_database

pytestmark = pytest.mark.postgres
JOBS = [{"claim": "a", "feed_ids": [1, 2]}, {"claim": "b", "feed_ids": [3]}]


def lose(queues: Queues, name: str, *, attempts: int = 1) -> None:
    """Have a process that stopped beating a minute ago hold a unit."""
    queues.rows(
        "WITH lost AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
        " RETURNING id) INSERT INTO procrastinate_jobs"
        " (queue_name, task_name, lock, queueing_lock, status, attempts, worker_id)"
        " SELECT 'poll', name, name, name, 'doing', :attempts, id"
        " FROM lost, (SELECT CAST(:name AS text) AS name) AS named",
        name=name,
        attempts=attempts,
    )


def test_what_is_asked_for_while_it_runs_runs_once_more(queues: Queues) -> None:
    """Nobody asks again: it is noted, once, whoever asks and however often."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with queues(noted.unit, processes=2) as runners:
            runners[0].submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            for _ in range(3):
                for runner in runners:
                    runner.submit("work")
                    await asyncio.gather(*runner._asking.values())
            assert queues.states() == ["doing", "todo"]
            noted.go.set()
            await noted.until(lambda: noted.ended["work"] == 2)
        assert queues.states() == []
        assert noted.began["work"] == 2

    run(work())


def test_what_is_deferred_stands_and_falls_with_its_transaction(queues: Queues) -> None:
    """A claim that is rolled back leaves no job behind, one that is committed never lacks its own."""

    async def work() -> None:
        noted = Noted()
        async with queues(noted.unit) as (runner,):

            def defer(*, fails: bool) -> None:
                with queues.store.write() as tx:
                    runner.defer_in(tx, "work", [])
                    runner.defer_in(tx, "work", JOBS)
                    assert tx.handed.waiting().feeds == 0  # our own tables are found behind the queue's
                    if fails:
                        raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await asyncio.to_thread(defer, fails=True)
            assert queues.states() == []
            await asyncio.to_thread(defer, fails=False)
            await noted.until(lambda: noted.ended.total() == 2)
        assert sorted(noted.arguments, key=lambda args: str(args["claim"])) == JOBS

    run(work())


def test_what_waits_when_all_stop_waits_for_who_starts_next(queues: Queues) -> None:
    """A queue outlives its processes."""

    async def work() -> None:
        noted = Noted()
        async with queues(noted.unit) as (runner,):
            runner.stop()
            with queues.store.write() as tx:
                runner.defer_in(tx, "work", JOBS)
        assert not noted.began
        assert queues.states() == ["todo", "todo"]
        async with queues(noted.unit):
            await noted.until(lambda: noted.ended.total() == 2)

    run(work())


def test_what_a_lost_process_had_in_hand_is_taken_up_by_another(queues: Queues) -> None:
    """Once, and not from one that beats."""

    async def work() -> None:
        lost, held = Noted("lost"), Noted("held", is_held=True)
        async with queues(held.unit, lost.unit) as (runner,):
            runner.submit("held")
            await held.until(lambda: held.began["held"] == 1)
            lose(queues, "lost")
            assert await runner.take_up_lost() == 1
            await lost.until(lambda: lost.ended["lost"] == 1)
            assert await runner.take_up_lost() == 0
            assert held.began["held"] == 1
            held.go.set()
        assert queues.states() == []

    run(work())


def test_what_was_lost_too_often_is_given_up(queues: Queues, caplog: pytest.LogCaptureFixture) -> None:
    """What kills each process that takes it up would kill them all."""

    async def work() -> None:
        noted, other = Noted(), Noted("other")
        async with queues(noted.unit, other.unit) as (rescuer,):
            lose(queues, "work", attempts=TRIES_MAX)
            assert await rescuer.take_up_lost() == 1
            assert await rescuer.take_up_lost() == 0
            await other.asked_until(rescuer, lambda: other.ended["other"] > 0)
        assert not noted.began

    with caplog.at_level(logging.ERROR, "monitor"):
        run(work())
    assert [one.getMessage().split()[0] for one in caplog.records if one.name.startswith("monitor")] == [
        "unit.given_up"
    ]


def test_what_is_lost_and_waits_already_is_run_once(queues: Queues) -> None:
    """The one that waits stands for both, and its lock is free again."""

    async def work() -> None:
        noted = Noted()
        async with queues(noted.unit) as (runner,):
            lose(queues, "work")
            runner.submit("work")
            await asyncio.gather(*runner._asking.values())
            assert queues.states() == ["doing", "todo"]
            assert await runner.take_up_lost() == 1
            await noted.until(lambda: noted.ended["work"] == 1)
        assert queues.states() == []
        assert noted.began["work"] == 1

    run(work())


def test_a_job_that_was_left_as_running_is_ended(queues: Queues) -> None:
    """Found so at two looks, since one that only begins looks the same; what is in hand goes on."""

    async def work() -> None:
        noted = Noted(is_held=True)
        async with queues(noted.unit) as (runner,):
            runner.submit("work")
            await noted.until(lambda: noted.began["work"] == 1)
            queues.rows(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, worker_id)"
                " SELECT 'poll', 'work', 'other', 'doing', max(id) FROM procrastinate_workers"
            )
            assert await runner.finish_left_behind() == 0
            assert await runner.finish_left_behind() == 1
            assert await runner.finish_left_behind() == 0
            assert queues.states() == ["doing"]
            noted.go.set()
        assert noted.ended["work"] == 1

    run(work())


def test_a_queue_that_is_dropped_is_made_again_while_they_work(queues: Queues) -> None:
    """What was in it is in rows; nobody starts anything anew."""

    async def work() -> None:
        noted = Noted()
        async with queues(noted.unit) as (runner,):

            def look() -> None:
                runner.mend()
                with queues.store.write() as tx:
                    runner.defer_in(tx, "work", JOBS)

            await asyncio.to_thread(look)
            await noted.until(lambda: noted.ended.total() == 2)
            queues.rows(f"DROP SCHEMA {SCHEMA} CASCADE")
            with pytest.raises(StorageError, match="takes nothing"):
                await asyncio.to_thread(look)
            await asyncio.to_thread(look)
            await noted.until(lambda: noted.ended.total() == 4)

    run(work())


def test_processes_that_start_at_once_make_one_queue(postgres_server: str, postgres_template: str) -> None:
    """They wait for each other; one of another version is made anew, and what waited in it is dropped."""
    with fresh_database(postgres_server, template=postgres_template) as url:
        store = Store(open_engine(url))
        queues = Queues(store)

        def prepare_at_once() -> None:
            with ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda _: prepare_queue(store), range(6)))

        prepare_at_once()
        queues.rows("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('poll', 'work')")
        prepare_at_once()
        assert queues.states() == ["todo"]
        queues.rows(f"COMMENT ON SCHEMA {SCHEMA} IS 'procrastinate 0.1'")
        prepare_at_once()
        assert queues.states() == []
        store.close()


def test_a_rescue_that_the_database_refuses_is_no_fault_of_ours(queues: Queues) -> None:
    """It is said as what it is, before the queue was opened and when its tables are away; passwords stay unsaid."""

    async def work() -> None:
        noted = Noted()
        early = QueueRunner(queues.store, [noted.unit], EmbeddedRunner([noted.unit]), list(Queue))
        with pytest.raises(StorageError, match="the queue takes nothing"):
            await early.rescue(leads=True)
        async with queues(noted.unit) as (runner,):
            await runner.rescue(leads=True)
            queues.rows("ALTER TABLE procrastinate_jobs RENAME TO away")
            with pytest.raises(StorageError, match="the queue takes nothing"):
                await runner.rescue(leads=True)
            queues.rows("ALTER TABLE away RENAME TO procrastinate_jobs")

    run(work())


def test_that_the_queue_was_away_and_is_back_is_said(queues: Queues, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever read that it is away need not ask whether it still is."""
    caplog.set_level(logging.INFO, "monitor")

    async def work() -> None:
        noted = Noted()
        async with queues(noted.unit) as (runner,):
            queues.rows("ALTER TABLE procrastinate_jobs RENAME TO away")
            while "queue.away" not in caplog.text:
                with pytest.raises(StorageError):
                    await runner.rescue(leads=True)
            assert "queue.back" not in caplog.text
            queues.rows("ALTER TABLE away RENAME TO procrastinate_jobs")
            while "queue.back" not in caplog.text:
                await runner.rescue(leads=True)

    run(work())


def test_a_password_of_any_signs_is_taken_as_it_is(queues: Queues) -> None:
    """What an address could not hold reaches the server all the same."""

    async def work() -> None:
        url = queues.store.database.url.set(password="a b%/@:?#&'\\")
        store = Store(open_engine(url.render_as_string(hide_password=False)))
        noted = Noted()
        runner = QueueRunner(store, [noted.unit], EmbeddedRunner([noted.unit]), [])
        await runner.start()
        await runner.drain(1.0)
        store.close()

    run(work())
