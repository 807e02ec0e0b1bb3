"""A check finds what does not hold together, says what to do, and mends what can be made of the rest."""

import sqlalchemy as sa

from monitor.pipeline.indexing import Indexer
from monitor.storage.checking import REPAIR, check, repair
from monitor.storage.store import Store
from tests.pipeline.given import a_context, a_topic, a_visit, an_entry, ingest, with_baseline


def a_small_archive(store: Store) -> None:
    """A few articles with all that goes with them, indexed."""
    context = a_context([a_topic()])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1), an_entry(2)])], context)
    Indexer(store).catch_up(portions=3)


def test_an_archive_that_works_is_well(store: Store) -> None:
    """Nothing is found in what the daemon wrote; every table has its size."""
    a_small_archive(store)
    found = check(store)
    assert [(one.name, one.said) for one in found.findings if one.wrong] == []
    assert found.is_well
    rows = {one.table: one.rows for one in found.sizes}
    assert (rows["article"], rows["indexed_article"], rows["delivery"]) == (3, 3, 0)


def test_what_lost_its_other_half_is_found_and_mended(store: Store) -> None:
    """Rows of an article that is gone, a counter that fell back, an index that holds other articles than noted."""
    a_small_archive(store)
    with store.write() as tx:
        for statement in (
            "UPDATE match SET article_id = 990 WHERE article_id = 2",
            "UPDATE counter SET value = 1 WHERE name = 'article'",
            "DELETE FROM indexed_article WHERE article_id = 1",
        ):
            tx.connection.execute(sa.text(statement))
    wrong = {one.name: one for one in check(store).findings if one.wrong}
    assert set(wrong) == {"match of an article", "counters", "index of words"}
    assert {one.remedy for one in wrong.values()} == {REPAIR}

    assert len(repair(store)) == 3
    assert check(store).is_well
    Indexer(store).catch_up(portions=3)
    assert check(store).is_well
    assert repair(store) == []


def test_what_cannot_be_mended_asks_for_a_backup(store: Store) -> None:
    """An article without its story is not removed: it is news that somebody may have been told."""
    a_small_archive(store)
    with store.write() as tx:
        tx.connection.execute(sa.text("UPDATE article SET story_id = 990 WHERE id = 1"))
    repair(store)
    [wrong] = [one for one in check(store).findings if one.wrong]
    assert (wrong.name, wrong.wrong) == ("article in a story", 1)
    assert "monitor db restore" in wrong.remedy
