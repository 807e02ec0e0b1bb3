"""What the numbers are told of by the parts that do the work."""

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.model import ChannelName, TopicKey
from monitor.numbers import Numbers
from monitor.outbox.deliver import Sender, SendRules
from monitor.pipeline.again import judge_again, store_again
from monitor.pulse import Pulse
from monitor.runner import EmbeddedRunner, Queue, Unit
from monitor.storage.gauge_views import FEED_STATES
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import (
    a_context,
    a_failed_visit,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    ingest,
    watch,
    with_baseline,
)
from tests.storage.given import a_delivery
from tests.test_metrics import samples


def test_what_stands_in_the_database_is_counted(store: Store) -> None:
    """On both databases: feeds by state, what is due, what waits for whom, what was perhaps sent, what was given up."""
    clock = FakeClock()
    context = a_context([])
    with_baseline(store, context, 3)
    feeds = claim_again(store, START)
    ingest(store, [a_failed_visit(feeds[0]), a_visit(feeds[1], [an_entry(1)])], context)
    with store.write() as tx:
        tx.outbox.add([a_delivery(1, digest_id=1, channel="desk")], clock.now(), due_at=clock.now())
    sender = Sender(store, clock, owner="me", jitter=lambda: 0.0)
    clock.forward(hours=3)
    sender.deliver_due(RecordingChannel(faults=["lost"]), SendRules())
    with store.read() as tx:
        views, now = tx.gauge_views, clock.now()
        assert views.feeds(now) == dict.fromkeys(FEED_STATES, 0) | {"ok": 2, "failing": 1}
        assert views.feeds_overdue(now) > timedelta(hours=1)
        assert views.feeds_overdue(START - timedelta(days=1)) == timedelta(0)
        assert views.digests_overdue(now) == timedelta(0)
        [waiting] = views.outbox()
        assert (waiting.channel, waiting.count, waiting.unknown) == (ChannelName("desk"), 1, 1)
        assert waiting.oldest_at == START
        assert views.dead() == 0
        size, free = views.size_bytes()
        assert size > free >= 0


def test_writers_and_later_matches_are_counted_where_they_happen(store: Store) -> None:
    """A page that was read brings a match: by its topic, with how long after the article it came."""
    clock, topic = FakeClock(), a_topic()
    numbers = Numbers(store, clock)
    numbers.metrics.keep([topic.key], [])
    context = replace(a_context([topic]), note_match=numbers.note_match)
    watch(store, [topic])
    [feed] = with_baseline(store, context)
    ingest(store, [a_visit(feed, [an_entry(5, about="the weather")])], context)
    article = articles_of(store)[-1]
    judged = judge_again(
        article, "The hostage was freed in the morning, the mayor said on the market.", context.watchlist
    )
    with store.write() as tx:
        assert store_again(tx, judged, context, START + timedelta(minutes=3)) == 1

    numbers.note_match(TopicKey("~canary"), 1.0)
    shown = samples(numbers.metrics)
    assert shown["monitor_matches_total", (topic.key,)] == 1
    assert ("monitor_matches_total", ("other",)) not in shown
    assert shown["monitor_seen_to_matched_seconds_sum", ()] == 180
    assert shown["monitor_write_duration_seconds_count", ()] >= 3


def test_units_of_work_say_how_they_ended() -> None:
    """Each, well or not; the runner's own log is another matter."""
    ended: list[tuple[str, bool]] = []

    async def work() -> None:
        units = {
            "good": _nothing,
            "refused": lambda: _raise(MonitorError("no")),
            "broken": lambda: _raise(RuntimeError("no")),
        }
        listed = [Unit(name, Queue.POLL, unit) for name, unit in units.items()]
        runner = EmbeddedRunner(listed, lambda name, is_good: ended.append((name, is_good)))
        for name in units:
            runner.submit(name)
        await runner.drain(10)

    asyncio.run(work())
    assert sorted(ended) == [("broken", False), ("good", True), ("refused", False)]


async def _nothing() -> None:
    return None


async def _raise(error: Exception) -> None:
    raise error


def test_the_loop_tells_how_late_it_turns() -> None:
    """Again and again, until it is stopped."""
    told: list[float] = []

    async def work() -> None:
        enough = asyncio.Event()

        def note(late_s: float) -> None:
            told.append(late_s)
            if len(told) == 3:
                enough.set()

        pulse = Pulse(asyncio.get_running_loop(), note, every_s=0.001)
        pulse.start()
        await asyncio.wait_for(enough.wait(), 10)
        pulse.stop()

    asyncio.run(work())
    assert len(told) == 3
    assert min(told) >= 0
