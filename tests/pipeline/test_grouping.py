"""The story of each article of a batch: however batches are cut, whatever dates say."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.model import Polled, Relation
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import (
    a_visit,
    a_wire_copy,
    an_entry,
    articles_of,
    claim_again,
    ingest,
    with_baseline,
)
from tests.pipeline.test_ingest import CONTEXT, TOPICS


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_copies_are_one_story_however_the_batches_are_cut(store: Store, cut: int) -> None:
    """Thirty outlets print one wire text: one story of thirty articles, in one batch, in two or in thirty."""
    feeds = with_baseline(store, CONTEXT, 30)
    visits = [a_visit(feed, [a_wire_copy(n)]) for n, feed in enumerate(feeds)]
    size = 30 // cut
    for start in range(0, 30, size):
        ingest(store, visits[start : start + size], CONTEXT)

    copies = articles_of(store)[30:]
    assert len({stored.story_id for stored in copies}) == 1
    assert [stored.relation for stored in copies] == [Relation.NEW] + [Relation.COPY] * 29
    assert "of the text the same" in copies[7].evidence
    with store.read() as tx:
        story = tx.stories.get(copies[0].story_id)
    assert story is not None
    assert story.article_count == 30


@pytest.mark.parametrize("apart", [False, True])
def test_copies_with_stale_dates_find_each_other(store: Store, apart: bool) -> None:
    """Feeds that say their news is a month old carry copies like any others, also in batches of their own."""
    feeds = with_baseline(store, CONTEXT, 2)
    visits = [a_visit(feed, [a_wire_copy(n, START - timedelta(days=30))]) for n, feed in enumerate(feeds)]
    for batch in [visits[:1], visits[1:]] if apart else [visits]:
        ingest(store, batch, CONTEXT)
    assert [stored.relation for stored in articles_of(store)[2:]] == [Relation.NEW, Relation.COPY]


@pytest.fixture(scope="module")
def scratch(sqlite_template: Path) -> Path:
    """An empty database to copy for each example."""
    return sqlite_template


STREAM = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["copy", "own", "other", "late copy"])), min_size=2, max_size=9
)


@settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=STREAM, cuts=st.sets(st.integers(1, 8)))
def test_batches_cut_differently_store_the_same(scratch: Path, stream: list[tuple[int, str]], cuts: set[int]) -> None:
    """The same visits, one by one or gathered, give the same articles, stories, copies and matches."""
    assert _stored_after(scratch, stream, set(range(1, 9))) == _stored_after(scratch, stream, cuts)


def _stored_after(template: Path, stream: list[tuple[int, str]], cuts: set[int]) -> list[tuple[object, ...]]:
    with tempfile.TemporaryDirectory(prefix="monitor-cut-") as folder:
        path = Path(folder) / "monitor.db"
        shutil.copy(template, path)
        store = Store(open_engine(f"sqlite:///{path}"))
        try:
            feeds = with_baseline(store, CONTEXT, 4)
            batch: list[Polled] = []
            for place, (outlet, what) in enumerate(stream):
                # One feed comes once per batch: the same lease never holds two visits at a time.
                if batch and (place in cuts or any(polled.feed.id == feeds[outlet].id for polled in batch)):
                    ingest(store, batch, CONTEXT)
                    batch, feeds = [], claim_again(store, START)
                entry = {
                    "copy": a_wire_copy(outlet),
                    "late copy": replace(a_wire_copy(outlet, START - timedelta(days=30)), id=f"late-{place}"),
                    "own": an_entry(place, outlet=outlet),
                    "other": an_entry(place, about="tanker", outlet=outlet),
                }[what]
                batch.append(a_visit(feeds[outlet], [entry]))
            ingest(store, batch, CONTEXT)
            with store.read() as tx:
                matched = {
                    (match.match.article_id, topic.key, match.match.score)
                    for topic in TOPICS
                    for match in tx.matches.latest(topic.key, START - timedelta(days=1))
                }
            return [
                (s.article.id, s.article.title, s.story_id, s.relation, s.copy_of, s.standing)
                for s in articles_of(store)
            ] + sorted(matched)
        finally:
            store.close()
