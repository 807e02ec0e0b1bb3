"""A stream of news through kills, restarts, other databases and batches cut otherwise: the same is told, once."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model import Entry, Polled
from monitor.storage.articles import StoredArticle
from tests.behaviour.given import MINUTES, World, an_entry
from tests.behaviour.texts import NEWS, WIRE, News, as_printed
from tests.fakes.channel import Crash
from tests.fakes.clock import START
from tests.fakes.postgres import fresh_database
from tests.pipeline.given import TOWNS, a_context, ingest
from tests.pipeline.test_kill_between_steps import STATEMENTS_MAX, Kill

OUTLETS = 8
EVENTS = [*NEWS, WIRE]
Poll = dict[int, list[Entry]]
"""What the outlets show that are read in one round."""
_MATTERS = [
    ("council", "votes to close", "school", "parents had collected signatures and a judge may still be asked"),
    ("fire brigade", "saves a horse from", "quarry", "a crane was brought from the port and children fed it apples"),
    ("cooperative", "buys", "brewery", "the last owner had found no heir and the kettles stood cold since autumn"),
    ("choir", "sings for a year in", "water tower", "the echo lasts eleven seconds and tickets are given by lot"),
    ("rail company", "reopens", "branch line", "trains will run every hour and carry bicycles without a fee"),
    ("university", "lends its telescope to", "sheepfold", "the nights are dark there and the shepherd takes notes"),
]


def an_event(number: int) -> News:
    """One of many small events, each in a town and of a kind of its own."""
    if number < len(EVENTS):
        return EVENTS[number]
    who, does, what, more = _MATTERS[number % len(_MATTERS)]
    town, other = TOWNS[number % len(TOWNS)], TOWNS[(number * 7 + 3) % len(TOWNS)]
    return News(
        f"{town.lower()}-{what.replace(' ', '-')}-{number}",
        f"{town} {who} {does} {other} {what}",
        f"The {who} of {town} {does} the {what} near {other}, it was said after {number + 2} hours of talks; {more}. "
        f"The {what} dates from {1800 + number} and cost {number * 13 + 7} thousand then, records in {other} show.",
    )


def a_stream(seed: int, polls: int, per_poll: int) -> list[Poll]:
    """Rounds of several feeds: events, prints of them elsewhere, edits, entries shown again, renumbered ids."""
    random = Random(seed)
    shown: Poll = {n: [] for n in range(OUTLETS)}
    rounds: list[Poll] = []
    number = 0
    for at in range(polls):
        now = START + (at + 1) * MINUTES
        for _ in range(per_poll):
            outlet = random.randrange(OUTLETS)
            number += random.random() < 0.5
            event = an_event(max(0, number - int(random.random() * 4)))
            entry = an_entry(as_printed(event, random.randrange(30)), outlet, now)
            if all(entry.link != other.link for other in shown[outlet]):
                shown[outlet] = [entry, *shown[outlet]][:12]
        if random.random() < 0.1:
            outlet = random.randrange(OUTLETS)
            shown[outlet] = [replace(e, id=f"again-{at}-{e.id}") for e in shown[outlet]]
        rounds.append({n: list(entries) for n, entries in shown.items() if random.random() < 0.7})
    return rounds


def run(world: World, rounds: Sequence[Poll], *, restarts: bool = False) -> list[tuple[object, ...]]:
    """Everything that was decided about the articles of a stream, and what was told."""
    world.know(OUTLETS)
    for shown in rounds:
        world.poll(shown, MINUTES)
        if restarts:
            world.restart()
    return [*map(decision, world.articles()), ("told", *sorted(world.got["desk"]))]


def decision(stored: StoredArticle) -> tuple[object, ...]:
    """What was decided about one article."""
    relation, story = stored.relation.value, stored.story_id
    return stored.article.id, stored.article.title, stored.standing, relation, story, stored.copy_of, stored.text_id


@contextmanager
def a_sqlite_world(template: Path) -> Iterator[World]:
    """A world of its own on a copy of the empty database."""
    with tempfile.TemporaryDirectory(prefix="monitor-world-") as folder:
        path = Path(folder) / "monitor.db"
        shutil.copy(template, path)
        world = World(f"sqlite:///{path}")
        try:
            yield world
        finally:
            world.store.close()


@pytest.mark.postgres
@pytest.mark.slow
def test_both_databases_decide_alike(sqlite_template: Path, postgres_server: str, postgres_template: str) -> None:
    """A stream of some three hundred articles has the same stories, copies and tellings on both."""
    rounds = a_stream(7, 15, 24)
    with a_sqlite_world(sqlite_template) as world:
        here = run(world, rounds)
    with fresh_database(postgres_server, template=postgres_template) as url:
        other = World(url)
        there = run(other, rounds)
        other.store.close()
    assert here == there
    assert 250 <= len(here) <= 400
    assert len({row[4] for row in here[:-1]}) < 0.8 * len(here), "the stream has copies in it"


@pytest.mark.slow
def test_a_restart_after_every_poll_tells_the_same(sqlite_template: Path) -> None:
    """Nothing that decides is kept in the process alone."""
    rounds = a_stream(11, 15, 8)
    with a_sqlite_world(sqlite_template) as world:
        straight = run(world, rounds)
    with a_sqlite_world(sqlite_template) as world:
        assert run(world, rounds, restarts=True) == straight


@pytest.mark.parametrize("seed", [3, 5])
def test_nothing_of_a_stream_is_told_twice_or_lost(world: World, seed: int) -> None:
    """Every story of it was told once; nothing that was shown is missing; shown once more, nothing of it is news."""
    rounds = a_stream(seed, 10, 6)
    run(world, rounds)
    stories = sorted({stored.story_id for stored in world.articles()})
    shown = {_event(entry.link) for poll in rounds for entries in poll.values() for entry in entries}
    assert sorted(world.got["desk"]) == stories
    assert {_event(stored.article.url) for stored in world.articles()} == shown
    assert world.poll(rounds[-1]) == 0


def _event(link: str) -> str:
    """Outlet and event of a link, without the number of the print: an outlet's second print is the entry it had."""
    return link.rpartition("-")[0]


ROUND = st.dictionaries(
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 29)), min_size=1, max_size=4, unique=True),
    min_size=1,
    max_size=5,
)


@settings(max_examples=6, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=st.lists(ROUND, min_size=1, max_size=4), cuts=st.sets(st.integers(1, 18)))
def test_batches_cut_differently_give_the_same_stories(
    sqlite_template: Path, stream: list[dict[int, list[tuple[int, int]]]], cuts: set[int]
) -> None:
    """Several feeds with prints of several texts: visit by visit, or gathered in whatever way, it comes to the same."""
    assert _after(sqlite_template, stream, cuts) == _after(sqlite_template, stream, set(range(1, 99)))


def _after(template: Path, stream: list[dict[int, list[tuple[int, int]]]], cuts: set[int]) -> list[tuple[object, ...]]:
    with a_sqlite_world(template) as world:
        world.know(5)
        context = a_context(world.topics)
        place = 0
        for shown in stream:
            feeds, batch = world.feeds(world.now), list[Polled]()
            for outlet, prints in sorted(shown.items()):
                place += 1
                if batch and place in cuts:
                    ingest(world.store, batch, context, world.now)
                    batch = []
                entries = [an_entry(as_printed(EVENTS[-1 - event], as_), outlet) for event, as_ in prints]
                batch.append(world.visit(feeds[outlet], entries, world.now))
            ingest(world.store, batch, context, world.now)
        world.close()
        return [*map(decision, world.articles()), ("told", *sorted(world.got["desk"]))]


@pytest.mark.slow
def test_a_kill_between_any_two_statements_of_a_busy_round_changes_nothing(sqlite_template: Path) -> None:
    """Copies, a renumbered feed, an edit in one batch: killed anywhere and read again, nothing is lost or doubled."""
    with a_sqlite_world(sqlite_template) as begun:
        begun.know(4, outlet0=OLD)
        begun.poll({1: [an_entry(as_printed(WIRE, 1), 1)]}, MINUTES)
        path = Path(begun.database_url.removeprefix("sqlite:///"))
        begun.store.close()
        expected, _ = _with_kill(path, begun, None)
        killed = 0
        for statement in range(STATEMENTS_MAX):
            found, completed = _with_kill(path, begun, statement)
            assert found == expected, f"killed at statement {statement}"
            if completed:
                break
            killed += 1
    assert killed >= 20, "the kills did not reach into the round"


OLD = [an_entry(NEWS[n], 0, START - timedelta(hours=9 + n)) for n in range(4)]


def _busy_round(at: datetime) -> Poll:
    moved = [replace(e, id=f"m{n}", link=f"https://outlet0.example/{n}", published=at) for n, e in enumerate(OLD)]
    edited = replace(an_entry(as_printed(WIRE, 1), 1), title="Marlow dam: nine thousand leave their homes")
    return {
        0: moved,
        1: [edited, an_entry(NEWS[5], 1, at)],
        2: [an_entry(as_printed(WIRE, 8), 2, at)],
        3: [an_entry(as_printed(WIRE, 9), 3, at), an_entry(as_printed(NEWS[5], 2), 3, at)],
    }


def _with_kill(begun: Path, before: World, statement: int | None) -> tuple[object, bool]:
    """What is stored and told at the end of a round that was killed at that statement, and whether it was not."""
    with a_sqlite_world(begun) as world:
        world.specs, world.got["desk"] = before.specs, list(before.got["desk"])
        world.clock.forward(minutes=20)
        shown, completed = _busy_round(START + MINUTES), statement is None
        if statement is not None:
            kill = Kill()
            kill.watch(world.store.database.writer)
            with suppress(Crash), kill.at(statement):
                world.read(shown, world.now)
                completed = True
            world.restart()
        world.clock.forward(minutes=60)
        world.poll(shown, MINUTES)
        rows = sorted((str(row[1]), str(row[3])) for row in map(decision, world.articles()))
        return (rows, len(world.got["desk"]), len(set(world.got["desk"]))), completed
