"""What the metrics are told of: visits, digests and deliveries where they end. The canary's own are not counted.

Effects: counts in memory; database where a message was taken.
"""

from collections.abc import Iterable
from datetime import datetime

from monitor.clock import Clock
from monitor.errors import StorageError
from monitor.metrics import Metrics
from monitor.model import DeliveryKind, DeliveryState, TopicKey
from monitor.model.canary import CANARY_CHANNEL, CANARY_TOPIC, is_canary
from monitor.outbox.deliver import Sent
from monitor.pipeline.digest import Closed
from monitor.pipeline.sweep import Swept
from monitor.pipeline.visits import PollSummary
from monitor.storage.store import Store


class Numbers:
    """Counts what the daemon does; every method may be called from any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.metrics = Metrics()
        self._store = store
        self._clock = clock
        store.on_write = self.metrics.count_write

    def note_visit(self, visit: PollSummary) -> None:
        """A visit was stored."""
        if is_canary(visit.url):
            return
        metrics, arrived = self.metrics, visit.arrived
        metrics.count_visit(visit.outcome, visit.reason, visit.elapsed_ms / 1000, visit.bytes_read, visit.entries)
        if visit.lost_entries:
            metrics.count_lost(visit.lost_entries)
        if visit.new:
            metrics.count_articles(visit.new, arrived.stories, arrived.copies)
        for delay_s in arrived.delays_s:
            metrics.count_seen(delay_s)
        for topic in arrived.topics:
            metrics.count_match(topic, 0.0)

    def note_match(self, topic: TopicKey, delay_s: float) -> None:
        """An article answered a topic later than it was stored: its page was read, or its meaning."""
        if topic != CANARY_TOPIC:
            self.metrics.count_match(topic, delay_s)

    def note_closed(self, closed: Iterable[Closed]) -> None:
        """Digests closed."""
        for done in closed:
            if done.topic != CANARY_TOPIC:
                self.metrics.count_digest(done.kind, done.lateness_s, done.told)

    def note_sent(self, sent: Sent) -> None:
        """A delivery was tried. Where it brought news, the way of that news is counted."""
        delivery = sent.delivery
        if delivery.channel == CANARY_CHANNEL:
            return
        self.metrics.count_attempt(delivery.channel, sent.state)
        if sent.state == DeliveryState.SENT.value and delivery.kind is DeliveryKind.DIGEST and delivery.part == 1:
            self._count_way(sent)

    def _count_way(self, sent: Sent) -> None:
        """The stories of a digest, when its channel has taken the first message of it."""
        now, delivery = self._clock.now(), sent.delivery
        try:
            with self._store.read() as tx:
                ways = tx.target_views.told_by(delivery.digest_id, delivery.channel, but=delivery.id)
        except StorageError:
            return  # the message is out, and a number is not worth a word about it
        for way in ways:
            matched_at = way.matched_at or way.seen_at
            self.metrics.count_told(way.topic, _s(now, matched_at), _after(now, way.published_at))

    def note_step(self, unit: str, is_good: bool) -> None:  # as the runner tells it
        """A unit of work ended."""
        self.metrics.count_step(unit, self._clock.now().timestamp(), is_good=is_good)

    def note_swept(self, swept: Swept) -> None:
        """The retention had its turn."""
        self.metrics.count_swept("articles", swept.articles)
        self.metrics.count_swept("visits", swept.visits)
        self.metrics.count_swept("payloads", swept.payloads)


def _s(now: datetime, then: datetime) -> float:
    return (now - then).total_seconds()


def _after(now: datetime, published_at: datetime | None) -> float | None:
    """None for a date that is missing, or that was in the future."""
    return _s(now, published_at) if published_at is not None and published_at <= now else None
