"""One day is the same whoever does the work: one process on SQLite or on PostgreSQL, or three that share it out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import copy

import pytest

from tests.acceptance.program import Place
from tests.distributed.day import Day, Outcome, a_day, play
from tests.distributed.fleet import Fleet
from tests.distributed.server import OwnServer

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
SHARES = {"one": "poll,ingest", "two": "ingest,deliver", "three": "poll,ingest,deliver"}


@contextmanager
def one_process(folder: Path, database: str) -> Iterator[Day]:
    """`monitor run`."""
    with a_day(folder, database, "embedded") as day, Place(folder).daemon() as daemon:
        day.fails, day.said = lambda: "\n".join(daemon.log.since()[-60:]), daemon.log
        yield day
        assert daemon.stop() == 0


@contextmanager
def three_workers(folder: Path, database: str, port: int) -> Iterator[Day]:
    """`monitor worker`, three times, none of which does what both others do."""
    fleet = Fleet(folder, folder / "config", port)
    with a_day(folder, database, "distributed") as day:
        day.fails, day.said = lambda: str(fleet.journal), fleet.journal
        try:
            for name, queues in SHARES.items():
                fleet.start(name, "--queues", queues)
            yield day
            assert [worker.stop() for worker in fleet.workers.values()] == [0, 0, 0]
        finally:
            fleet.end()


@pytest.fixture(scope="module")
def outcomes(
    server: OwnServer, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outcome]]:
    """The day, played to all three at the same time."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("sqlite", "postgres", "workers")}
    file = folders["sqlite"] / "monitor.db"
    copy(sqlite_template, file)
    with server.fresh_database() as alone, server.fresh_database() as shared:
        stages = {
            "sqlite": partial(one_process, folders["sqlite"], f"sqlite:///{file}"),
            "postgres": partial(one_process, folders["postgres"], server.url(alone)),
            "workers": partial(three_workers, folders["workers"], server.url(shared), server.port),
        }

        def run(name: str) -> Outcome:
            with stages[name]() as day:
                return play(day)

        with ThreadPoolExecutor(len(stages)) as pool:
            yield dict(zip(stages, pool.map(run, stages), strict=True))


def test_the_day_has_all_that_it_is_about(outcomes: dict[str, Outcome]) -> None:
    """Copies, reports of one's own, stories of several outlets, a feed that is gone."""
    alone = outcomes["sqlite"]
    assert set(alone.relations) >= {"new", "copy", "report"}
    assert max(len(story) for story in alone.stories) >= 4
    assert ("Outlet 4", "gone") in {(name, outcome) for name, outcome, _ in alone.feeds}
    assert {topic for _, topic, _, _ in alone.told} == {"ferries", "ports"}


@pytest.mark.parametrize("name", ["postgres", "workers"])
def test_decisions_are_those_of_one_process(outcomes: dict[str, Outcome], name: str) -> None:
    """Where the order of arrival is the same, so are ids, stories, relations and the evidence for them."""
    assert outcomes[name].in_order == outcomes["sqlite"].in_order


@pytest.mark.parametrize("name", ["postgres", "workers"])
def test_what_is_stored_and_told_is_the_same(outcomes: dict[str, Outcome], name: str) -> None:
    """In whatever order it arrived."""
    alone, other = outcomes["sqlite"], outcomes[name]
    assert other.stories == alone.stories
    assert other.relations == alone.relations
    assert other.matches == alone.matches
    assert other.told == alone.told
    assert other.feeds == alone.feeds


def test_nothing_is_told_twice(outcomes: dict[str, Outcome]) -> None:
    """Each message that reached a channel names a story that the channel had not been told."""
    for outcome in outcomes.values():
        assert set(outcome.slack.values()) <= {0, 1}
        assert outcome.slack == outcomes["sqlite"].slack
        assert outcome.hook == outcomes["sqlite"].hook
