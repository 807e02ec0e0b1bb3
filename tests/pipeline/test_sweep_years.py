"""Retention over years: by size, of the tables that outlive the articles, and in turns with whoever else writes."""

from datetime import timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import Article, ChannelName
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.digest import close_due
from monitor.pipeline.pace import Pace
from monitor.pipeline.sweep import KNOWN_DAYS, Retention, sweep
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_context, a_topic, a_visit, an_entry, digest_context, ingest, watch, with_baseline
from tests.storage.given import an_article, store_articles

DAY = timedelta(days=1)


def a_pace(is_stopping: bool = False) -> Pace:
    """One that waits for nobody."""
    return Pace(rest=lambda _s: None, is_stopping=lambda: is_stopping)


def a_long_one(number: int, later: timedelta = timedelta(0)) -> Article:
    """An article of two thousand characters."""
    return replace(an_article(number, at=START + later), text="word " * 400)


def rows_of(store: Store, *tables: str) -> dict[str, int]:
    """How many rows these tables have."""
    with store.read() as tx:
        return {one: tx.connection.execute(sa.text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


def test_what_outlives_the_articles_has_its_end_too(store: Store) -> None:
    """Within 400 days what was told is known; after that nothing of it is left but what people said."""
    topic, clock = a_topic(), FakeClock(START + timedelta(hours=1))
    context = a_context([topic])
    watch(store, [topic])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(1)])], context)
    close_due(store, digest_context([topic], RecordingChannel()), clock.now())
    Sender(store, clock, owner="me", jitter=lambda: 0.0).deliver_due(RecordingChannel(), SendRules())
    with store.write() as tx:
        tx.recipients.tokens(ChannelName("mail"), ["one@example.org", "two@example.org", "left@example.org"])
        tx.recipients.stop(tx.recipients.tokens(ChannelName("mail"), ["left@example.org"])["left@example.org"], START)
    kept = ("story", "digest", "delivery", "sent_log", "entry_alias")
    before = rows_of(store, *kept)
    retention = Retention(30, 14, recipients=frozenset({(ChannelName("mail"), "one@example.org")}))

    sweep(store, retention, START + (KNOWN_DAYS - 1) * DAY, a_pace())
    assert (rows_of(store, *kept), rows_of(store, "article")) == (before, {"article": 0})

    sweep(store, retention, START + (2 * KNOWN_DAYS) * DAY, a_pace())
    assert rows_of(store, *kept) == dict.fromkeys(kept, 0)
    with store.read() as tx:
        found = [one.address for one in tx.recipients.listed()]
        assert found == ["left@example.org", "one@example.org"], "who left is never written to by mistake"


def test_beyond_its_size_the_oldest_go_first(sqlite_store: Store) -> None:
    """Down to a little below the size, so that the work is not done each hour; the newest stay."""
    store_articles(sqlite_store, [a_long_one(n, n * DAY / 20) for n in range(1, 401)])
    now = START + 40 * DAY
    with sqlite_store.read() as tx:
        live = tx.sweeps.live_bytes()
    assert live is not None
    done = sweep(sqlite_store, Retention(bytes_max=int(live * 0.8)), now, a_pace())
    assert 80 <= done.articles <= 140
    assert done.over_bytes == 0
    with sqlite_store.read() as tx:
        left = list(tx.connection.execute(sa.text("SELECT id FROM article ORDER BY id")).scalars())
        after = tx.sweeps.live_bytes()
    assert left == list(range(done.articles + 1, 401))
    assert after is not None
    assert after < live
    assert sweep(sqlite_store, Retention(bytes_max=live), now, a_pace()).articles == 0


def test_what_is_younger_than_eight_days_stays_whatever_the_size(sqlite_store: Store) -> None:
    """Copies are looked for in it; how much is too much is told instead."""
    store_articles(sqlite_store, [a_long_one(n) for n in range(1, 101)])
    done = sweep(sqlite_store, Retention(bytes_max=100_000), START + 7 * DAY, a_pace())
    assert done.articles == 0
    assert done.over_bytes > 100_000


def test_a_sweep_stops_when_the_daemon_does(sqlite_store: Store) -> None:
    """Nothing more is begun; the next one goes on."""
    store_articles(sqlite_store, [an_article(n) for n in range(1, 21)])
    assert sweep(sqlite_store, Retention(), START + 91 * DAY, a_pace(is_stopping=True)).articles == 0
    assert sweep(sqlite_store, Retention(), START + 91 * DAY, a_pace()).articles == 20


def test_nobody_waits_for_a_look_through_a_whole_table(sqlite_store: Store) -> None:
    """What no index finds at once is found by reading: the writer touches such a table to remove rows alone."""
    asked: list[str] = []
    writer = sqlite_store.database.writer
    sa.event.listen(writer, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement))
    sweep(sqlite_store, Retention(), START + 100 * DAY, a_pace())
    assert asked
    looked_through = ("delivery", "story_print", "held_back", "sent_log", "digest", "story")
    assert not [one for one in asked for table in looked_through if f"FROM {table} " in f"{one} ".replace("\n", " ")]
