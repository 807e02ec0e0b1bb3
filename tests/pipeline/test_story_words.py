"""How rare words are is remembered over restarts, failed batches and updates of the program."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import Entry, Polled, Relation
from monitor.pipeline.grouping import StoryWords
from monitor.pipeline.ingest import IngestContext, counting, write_batch
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.storage.story_tables import PRINT_KEY, STORY_PRINT
from tests.fakes.clock import START
from tests.pipeline.given import (
    TABLE,
    a_context,
    a_topic,
    a_visit,
    a_wire_copy,
    an_entry,
    articles_of,
    claim_again,
    ingest,
    with_baseline,
)

HOUR = timedelta(hours=1)


def words(every: int = 10_000) -> StoryWords:
    """What a process that has just started knows."""
    return StoryWords(lambda: TABLE, every)


def counts(one: StoryWords) -> tuple[int, Counter[int]]:
    """What it knows, whatever the order in which it learned that."""
    return one.rarity.articles, one.rarity._held


def stream() -> list[Entry]:
    """Prints of one wire text among other news."""
    return [a_wire_copy(n) if n % 3 == 0 else an_entry(n, outlet=n) for n in range(24)]


def decisions(
    store: Store, entries: Sequence[Entry], *, restarts: bool, every: int = 10_000
) -> list[tuple[object, ...]]:
    """What became of the entries, each brought by an outlet of its own."""
    context = replace(a_context([a_topic()]), words=words(every))
    feeds = with_baseline(store, context, len(entries))
    for feed, entry in zip(feeds, entries, strict=True):
        ingest(store, [a_visit(feed, [entry])], context)
        if restarts:
            context = replace(context, words=words(every))
    return [(s.story_id, s.relation, s.text_id, s.quiet, s.evidence) for s in articles_of(store)]


def fail(store: Store, context: IngestContext, visit: Polled) -> None:
    """A batch that is written whole and then undone."""
    with suppress(RuntimeError), counting(context), store.write() as tx:
        [reading], _, _ = write_batch(tx, [visit], context, START, lambda: 0.0)
        assert len(reading.new) == 1
        raise RuntimeError


@pytest.mark.parametrize("every", [10_000, 5])
def test_a_restart_after_every_batch_changes_nothing(store: Store, tmp_path: Path, every: int) -> None:
    """Counts that were written down, and the prints since, say what a process that lived on would know."""
    other = Store(open_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    ensure_schema(other.database)
    whole = decisions(other, stream(), restarts=False)
    other.close()
    assert {relation for _, relation, *_ in whole} >= {Relation.NEW, Relation.COPY}
    assert decisions(store, stream(), restarts=True, every=every) == whole


@pytest.mark.parametrize(("every", "turns"), [(10_000, "ab"), (3, "aaaaaaaaabbc")])
def test_processes_that_take_turns_weigh_alike(store: Store, tmp_path: Path, every: int, turns: str) -> None:
    """Each catches up with what others stored, however much that was, and decides as one that stored it all."""
    entries = stream()[:14]
    other = Store(open_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    ensure_schema(other.database)
    whole = decisions(other, entries, restarts=False)
    other.close()
    context = a_context([a_topic()])
    processes = {name: words(every) for name in sorted(set(turns))}
    feeds = with_baseline(store, replace(context, words=processes["a"]), len(entries))
    for number, (feed, entry) in enumerate(zip(feeds, entries, strict=True)):
        ingest(store, [a_visit(feed, [entry])], replace(context, words=processes[turns[number % len(turns)]]))
    assert [(s.story_id, s.relation, s.text_id, s.quiet, s.evidence) for s in articles_of(store)] == whole
    with store.write() as tx:
        for one in processes.values():
            one.ready(tx, START)
    assert all(counts(one) == counts(processes["a"]) for one in processes.values())


def test_what_another_process_stored_is_unlearned_with_a_failed_batch(store: Store) -> None:
    """What was caught up with in a transaction that is undone is caught up with again."""
    context = a_context([a_topic()])
    one, two = words(), words()
    feeds = with_baseline(store, replace(context, words=one), 4)
    ingest(store, [a_visit(feeds[0], [a_wire_copy(0)])], replace(context, words=two))
    ingest(store, [a_visit(feeds[1], [an_entry(1, outlet=1)])], replace(context, words=one))
    fail(store, replace(context, words=two), a_visit(feeds[2], [an_entry(2, outlet=2)]))
    ingest(store, [a_visit(feeds[3], [an_entry(3, outlet=3)])], replace(context, words=two))
    with store.write() as tx:
        one.ready(tx, START)
    assert counts(one) == counts(two)


def test_a_failed_batch_counts_nothing(sqlite_store: Store) -> None:
    """What a transaction that is undone had counted is not counted; the next one weighs words as if it had not been."""
    context = replace(a_context([a_topic()]), words=words())
    assert context.words is not None
    feeds = with_baseline(sqlite_store, context, 2)
    rarity = context.words.rarity
    before = rarity.articles, rarity.dump()
    fail(sqlite_store, context, a_visit(feeds[0], [a_wire_copy(1)]))
    assert (rarity.articles, rarity.dump()) == before


def test_a_failed_first_batch_is_begun_again_whole(sqlite_store: Store) -> None:
    """What a process had read and made before its first batch failed is read and made again."""
    context = a_context([a_topic()])
    feeds = with_baseline(sqlite_store, context, 2)
    fresh = replace(context, words=words())
    assert fresh.words is not None
    fail(sqlite_store, fresh, a_visit(feeds[0], [a_wire_copy(1)]))
    ingest(sqlite_store, [a_visit(feeds[0], [a_wire_copy(1)]), a_visit(feeds[1], [a_wire_copy(2)])], fresh)
    assert [stored.relation for stored in articles_of(sqlite_store)[2:]] == [Relation.NEW, Relation.COPY]
    assert fresh.words.rarity.articles == 5_000 + 4


@pytest.mark.parametrize("lost", ["all", "version"])
def test_an_update_of_the_program_loses_no_copies(store: Store, lost: str) -> None:
    """Prints of another version, or none from before there were any, are made anew before the next article comes."""
    context = a_context([a_topic()])
    feeds = with_baseline(store, context, 3)
    ingest(store, [a_visit(feeds[0], [a_wire_copy(0)])], context)
    with store.write() as tx:
        if lost == "all":
            tx.connection.execute(sa.delete(PRINT_KEY))
            tx.connection.execute(sa.delete(STORY_PRINT))
        else:
            tx.connection.execute(sa.update(STORY_PRINT).values(version=0, body=b"\x00of another kind"))
    feeds = claim_again(store, START + HOUR)
    ingest(store, [a_visit(feeds[1], [a_wire_copy(1)])], replace(context, words=words()), START + HOUR)
    assert [stored.relation for stored in articles_of(store)[3:]] == [Relation.NEW, Relation.COPY]
