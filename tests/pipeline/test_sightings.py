"""What a visit writes of articles that we have: by which name each was known. On both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.pipeline.sweep import Retention, sweep
from monitor.storage.sightings import Sighting
from monitor.storage.store import Store
from monitor.stories.identity import AliasKind
from tests.fakes.clock import START
from tests.pipeline.given import (
    a_context,
    a_topic,
    a_visit,
    an_entry,
    an_unchanged_visit,
    articles_of,
    claim_again,
    ingest,
    with_baseline,
)

CONTEXT = a_context([a_topic()])
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def sightings(store: Store, number: int = 1) -> list[Sighting]:
    """Those of the article that came as that one, counted from 0."""
    article_id = articles_of(store)[number].article.id
    with store.read() as tx:
        return tx.sightings.of_article(article_id)


@contextmanager
def written(store: Store) -> Iterator[list[str]]:
    """The statements the block sends that write."""
    found: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            found.append(" ".join(statement.split()))

    sa.event.listen(store.database.writer, "before_cursor_execute", note)
    yield found
    sa.event.remove(store.database.writer, "before_cursor_execute", note)


def test_each_name_an_article_is_known_by_is_noted(store: Store) -> None:
    """By its id; by its address once the id is another one; and nothing of it when it was new."""
    [feed] = with_baseline(store, CONTEXT)
    ingest(store, [a_visit(feed, [an_entry(1)])], CONTEXT)
    assert sightings(store) == []
    later = START + HOUR
    ingest(store, [a_visit(claim_again(store, later)[0], [an_entry(1)], now=later)], CONTEXT, later)
    latest = START + 2 * HOUR
    renamed = replace(an_entry(1), id="another")
    ingest(store, [a_visit(claim_again(store, latest)[0], [renamed], now=latest)], CONTEXT, latest)
    found = sightings(store)
    assert [(one.feed, one.kind, one.first_at) for one in found] == [
        ("Outlet 0", AliasKind.GUID, later),
        ("Outlet 0", AliasKind.URL, latest),
    ]


def test_a_quiet_poll_writes_what_it_wrote_before(store: Store) -> None:
    """An unchanged feed costs no statement more, and one that shows the same day after day writes once a day."""
    [feed] = with_baseline(store, CONTEXT)
    entries = [an_entry(number) for number in range(1, 20)]
    ingest(store, [a_visit(feed, entries)], CONTEXT)
    [feed] = claim_again(store, START + HOUR)
    with written(store) as statements:
        ingest(store, [an_unchanged_visit(feed, now=START + HOUR)], CONTEXT, START + HOUR)
    assert [one for one in statements if not one.startswith("UPDATE feed")] == []
    for hours, words in ((2, ["sighting"]), (3, []), (4, []), (27, ["entry_alias", "sighting"]), (28, [])):
        at = START + hours * HOUR
        [feed] = claim_again(store, at)
        with written(store) as statements:
            ingest(store, [a_visit(feed, entries, now=at)], CONTEXT, at)
        tables = [one.split()[2] for one in statements if one.startswith("INSERT")]
        assert tables == words, hours


def test_a_swept_article_that_is_still_shown_leaves_no_sighting(store: Store) -> None:
    """Nothing would ever sweep it again."""
    [feed] = with_baseline(store, CONTEXT)
    ingest(store, [a_visit(feed, [an_entry(1)])], CONTEXT)
    article_id = articles_of(store)[1].article.id
    at = START + HOUR
    ingest(store, [a_visit(claim_again(store, at)[0], [an_entry(1)], now=at)], CONTEXT, at)
    sweep(store, Retention(articles_days=1), START + 3 * DAY)
    at = START + 3 * DAY
    ingest(store, [a_visit(claim_again(store, at)[0], [an_entry(1)], now=at)], CONTEXT, at)
    with store.read() as tx:
        assert tx.sightings.of_article(article_id) == []
