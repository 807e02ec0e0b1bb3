"""The numbers of one daemon, for Prometheus: counters and histograms where work ends, gauges when they are asked for.

Every name begins with `monitor_` and follows https://prometheus.io/docs/practices/naming/ (seconds, bytes, `_total`).
No label is of unbounded size: outcomes and reasons are our own words, topics and channels those of the configuration,
each up to `NAMED_MAX` of them; what is beyond is summed under `other`. docs/metrics.md says what each number means.

Effects: counts in memory; the process's own numbers are read from the system.
"""

import platform
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from monitor import __version__
from monitor.errors import FetchReason, ParseReason
from monitor.model import ChannelName, DigestKind, PollOutcome

disable_created_metrics()  # type: ignore[no-untyped-call]  # else a second series stands beside every counter

NAMED_MAX = 200
"""Topics, and channels, that have series of their own: the first of the file."""
OTHER = "other"
"""The label of what has none: topics beyond, what left the configuration, a reason we have no word for."""
OPENMETRICS = "application/openmetrics-text"
DELAY_S = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400)
"""From a second to a day: a topic told at once, and one told each morning."""
TOPIC_S = (5, 30, 60, 120, 300, 900, 3600, 14400, 86400)
"""The same, coarser: there are as many as topics, and each scrape writes them all."""
VISIT_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
WORK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Of the database's transactions and the loop: a tenth of a second is what others may have to wait."""
REASONS = frozenset({*map(str, FetchReason), *map(str, ParseReason)})
STEPS = frozenset(
    {
        *("poll", "pages", "looks", "meanings", "digests", "deliveries", "deliver", "config", "marks", "heartbeat"),
        *("notices", "audit", "index", "words", "sweep", "ping"),
    }
)
"""The units of work; those of single channels are one."""

Metric = TypeVar("Metric", Counter, Gauge, Histogram)
Values = Mapping[tuple[str, ...], float]
"""A gauge's values by its labels, in their order; `{(): value}` for one without."""

GAUGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("monitor_build_info", "The version that runs; always 1.", ("version", "python")),
    ("monitor_database_up", "Whether the database answered when the numbers were asked for.", ()),
    ("monitor_database_size_bytes", "The database's size on its disk.", ()),
    ("monitor_database_free_bytes", "Of that, what is free for new rows; 0 on PostgreSQL, which does not say.", ()),
    ("monitor_disk_free_bytes", "Free bytes of the disk that holds the SQLite file.", ()),
    ("monitor_config_valid", "Whether the files as they are saved could be in force.", ()),
    ("monitor_config_in_force_timestamp_seconds", "Since when what is in force is.", ()),
    ("monitor_topics", "Topics in force.", ()),
    ("monitor_feeds", "Feeds that are polled, by how they are.", ("state",)),
    ("monitor_feeds_overdue_seconds", "For how long the feed that waits longest has been due.", ()),
    ("monitor_digest_overdue_seconds", "For how long the digest that waits longest has been due.", ()),
    ("monitor_outbox_pending", "Deliveries that wait or are under way.", ("channel",)),
    ("monitor_outbox_oldest_pending_seconds", "How old the oldest of them is.", ("channel",)),
    ("monitor_outbox_unknown", "Of them, those that were perhaps sent.", ("channel",)),
    ("monitor_outbox_dead", "Deliveries given up that wait for a person.", ()),
    ("monitor_channel_held", "Whether a channel takes nothing until a person acts.", ("channel",)),
    ("monitor_notices_open", "What needs a person now, by kind.", ("kind",)),
    ("monitor_workers", "Workers that share the work, by how they are; of those lost within the hour.", ("state",)),
    ("monitor_queue_workers", "Workers at work that serve a queue.", ("queue",)),
    ("monitor_queue_waiting", "What is due in a queue and nobody has begun.", ("queue",)),
    ("monitor_queue_lag_seconds", "How long the oldest of it has waited.", ("queue",)),
    ("monitor_queue_done", "What all workers did of it in the last minute.", ("queue",)),
    ("monitor_target_seconds", "How soon a topic is to be told.", ("topic",)),
    ("monitor_target_met_ratio", "Share of a topic's tellings of the last 7 days within its target.", ("topic",)),
)
"""Name, meaning, labels of what is read when it is asked for."""


class Family(Struct, frozen=True):
    """A name that is exported, as docs/metrics.md and the rules must know it."""

    name: str
    """As it stands in a query; a histogram's has `_bucket`, `_sum` and `_count` after it."""
    kind: str
    """`counter`, `gauge` or `histogram`."""
    labels: tuple[str, ...]
    help: str


class Metrics:
    """One daemon's numbers. Every method may be called from any thread; counting costs some microseconds."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.families: dict[str, Family] = {}
        """Everything of our own that is exported, by its name."""
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        self._topics: frozenset[str] = frozenset()
        self._channels: frozenset[str] = frozenset()
        self._turn = threading.Lock()
        self._count_feeds()
        self._count_tellings()
        self._count_work()
        self._gauges = {name: self._make(Gauge, name, text, *labels) for name, text, labels in GAUGES}
        ProcessCollector(registry=self._registry)
        self.put("monitor_build_info", {(__version__, platform.python_version()): 1})

    def _count_feeds(self) -> None:
        make = self._make
        self._polls = make(Counter, "monitor_polls_total", "Visits to feeds that ended.", "outcome", "reason")
        self._poll_s = make(Histogram, "monitor_poll_duration_seconds", "How long visits took.", buckets=VISIT_S)
        self._bytes = make(Counter, "monitor_poll_bytes_total", "Bytes of feeds that were read.")
        self._entries = make(Counter, "monitor_entries_total", "Entries that visits showed, known ones too.")
        self._lost = make(Counter, "monitor_lost_entries_total", "Entries that may have rolled over unseen.")
        self._articles = make(Counter, "monitor_articles_new_total", "New articles, baselines too.")
        self._stories = make(Counter, "monitor_stories_new_total", "New articles that began a story.")
        self._copies = make(Counter, "monitor_copies_total", "New articles that are copies.")
        what = "New articles that may be told, whose date is missing or in the future."
        self._undated = make(Counter, "monitor_articles_undated_total", what, "reason")
        what = "From the date that a feed gives an article until it was stored."
        self._seen_s = make(Histogram, "monitor_published_to_seen_seconds", what, buckets=DELAY_S)
        what = "From an article stored to its match."
        self._matched_s = make(Histogram, "monitor_seen_to_matched_seconds", what, buckets=DELAY_S)
        self._matches = make(
            Counter, "monitor_matches_total", "Articles that answered a topic and may be told.", "topic"
        )

    def _count_tellings(self) -> None:
        make = self._make
        self._digests = make(Counter, "monitor_digests_closed_total", "Digests that closed.", "kind")
        what = "How long after they were due digests closed."
        self._lateness_s = make(Histogram, "monitor_digest_lateness_seconds", what, buckets=DELAY_S)
        self._tellings = make(Counter, "monitor_tellings_total", "Stories told.", "channel", "kind")
        self._deliveries = make(Counter, "monitor_deliveries_total", "Attempts to deliver.", "channel", "outcome")
        what = "From a match until a channel took the message that tells it."
        self._told_s = make(Histogram, "monitor_matched_to_told_seconds", what, "topic", buckets=TOPIC_S)
        what = "From the date that a feed gives an article until a channel took the message that tells it."
        self._whole_s = make(Histogram, "monitor_published_to_told_seconds", what, "topic", buckets=TOPIC_S)

    def _count_work(self) -> None:
        make = self._make
        self._loop_s = make(Histogram, "monitor_loop_lag_seconds", "How late the event loop turned.", buckets=WORK_S)
        what = "How long writing transactions waited for their turn."
        self._wait_s = make(Histogram, "monitor_write_wait_seconds", what, buckets=WORK_S)
        what = "How long writing transactions held the database."
        self._write_s = make(Histogram, "monitor_write_duration_seconds", what, buckets=WORK_S)
        self._failures = make(Counter, "monitor_step_failures_total", "Units of work that failed.", "step")
        what = "When a unit of work last ended well."
        self._success = make(Gauge, "monitor_last_success_timestamp_seconds", what, "step")
        what = "Edits of the configuration that were taken, and that were refused."
        self._reloads = make(Counter, "monitor_config_reloads_total", what, "result")
        self._swept = make(Counter, "monitor_swept_total", "Rows that the retention removed.", "what")

    def _make(
        self, kind: type[Metric], name: str, text: str, *labels: str, buckets: Sequence[float] | None = None
    ) -> Metric:
        more: dict[str, Any] = {} if buckets is None else {"buckets": buckets}
        made = kind(name, text, labels, registry=self._registry, **more)
        self.families[name] = Family(name, kind.__name__.lower(), labels, text)
        self._made[name] = made
        return made

    def keep(self, topics: Sequence[str], channels: Sequence[str]) -> None:
        """Name these from now on, at most `NAMED_MAX` of each; the series of what left the configuration go."""
        before = self._topics, self._channels
        self._topics, self._channels = frozenset(topics[:NAMED_MAX]), frozenset(channels[:NAMED_MAX])
        self._remove("topic", before[0] - self._topics)
        self._remove("channel", before[1] - self._channels)

    def _remove(self, label: str, values: Collection[str]) -> None:
        for name, made in self._made.items():
            if label in self.families[name].labels:
                for value in values:
                    made.remove_by_labels({label: value})

    def topic(self, key: str) -> str:
        """The label of a topic."""
        return key if key in self._topics else OTHER

    def channel(self, name: str) -> str:
        """The label of a channel."""
        return name if name in self._channels else OTHER

    # --- feeds ---------------------------------------------------------------------------------------------------

    def count_visit(self, outcome: PollOutcome, reason: str, elapsed_s: float, bytes_read: int, entries: int) -> None:
        """A visit ended, for the reason given where it failed."""
        self._polls.labels(outcome.value, reason if not reason or reason in REASONS else OTHER).inc()
        self._poll_s.observe(elapsed_s)
        self._bytes.inc(bytes_read)
        self._entries.inc(entries)

    def count_lost(self, entries: int) -> None:
        """So many entries may have rolled over between two visits."""
        self._lost.inc(entries)

    def count_articles(self, new: int, stories: int, copies: int) -> None:
        """New articles were stored; so many began a story, so many are copies."""
        self._articles.inc(new)
        self._stories.inc(stories)
        self._copies.inc(copies)

    def count_seen(self, delay_s: float | None) -> None:
        """An article that may be told was stored so long after its date; None where it has none."""
        if delay_s is None:
            self._undated.labels("missing").inc()
        elif delay_s < 0:
            self._undated.labels("future").inc()
        else:
            self._seen_s.observe(delay_s)

    def count_match(self, topic: str, delay_s: float) -> None:
        """An article that may be told answered a topic, so long after it was stored."""
        self._matches.labels(self.topic(topic)).inc()
        self._matched_s.observe(max(0.0, delay_s))

    # --- tellings ------------------------------------------------------------------------------------------------

    def count_digest(self, kind: DigestKind, lateness_s: float, told: Mapping[ChannelName, int]) -> None:
        """A digest closed so long after it was due, with so many stories told to each channel."""
        self._digests.labels(kind.value).inc()
        self._lateness_s.observe(max(0.0, lateness_s))
        for channel, stories in told.items():
            self._tellings.labels(self.channel(channel), kind.value).inc(stories)

    def count_attempt(self, channel: str, outcome: str) -> None:
        """A delivery was tried: `sent`, `pending` where it is tried again, or `dead`."""
        self._deliveries.labels(self.channel(channel), outcome).inc()

    def count_told(self, topic: str, matched_s: float, published_s: float | None) -> None:
        """A channel took a story, so long after its match and after its date; None where that is of no use."""
        label = self.topic(topic)
        self._told_s.labels(label).observe(max(0.0, matched_s))
        if published_s is not None:
            self._whole_s.labels(label).observe(published_s)

    # --- the daemon ----------------------------------------------------------------------------------------------

    def count_turn(self, late_s: float) -> None:
        """The event loop turned, so much later than it was asked to."""
        self._loop_s.observe(max(0.0, late_s))

    def count_write(self, wait_s: float, held_s: float) -> None:
        """A writing transaction ended: how long it waited for its turn, and how long the database was its own."""
        self._wait_s.observe(wait_s)
        self._write_s.observe(held_s)

    def count_step(self, unit: str, at_s: float, *, is_good: bool) -> None:
        """A unit of work ended at this time, well or not."""
        name = unit.partition(":")[0]
        step = name if name in STEPS else OTHER
        if is_good:
            self._success.labels(step).set(at_s)
        else:
            self._failures.labels(step).inc()

    def count_reload(self, result: str) -> None:
        """An edit of the configuration was `taken` or `refused`."""
        self._reloads.labels(result).inc()

    def count_swept(self, what: str, rows: int) -> None:
        """The retention removed so many `articles`, `visits` or `payloads`."""
        self._swept.labels(what).inc(rows)

    # --- when asked ----------------------------------------------------------------------------------------------

    def put(self, name: str, values: Values) -> None:
        """Show these values of a gauge in place of those before."""
        gauge = self._gauges[name]
        if not self.families[name].labels:
            gauge.set(values[()])
            return
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)

    def render(self, accept: str, gauges: Mapping[str, Values]) -> tuple[bytes, str]:
        """All numbers with these gauges, as OpenMetrics where that is accepted, else as text; with its media type."""
        with self._turn:  # who asks at the same moment would see gauges half put
            for name, values in gauges.items():
                self.put(name, values)
            if OPENMETRICS in accept:
                body: bytes = openmetrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
                return body, openmetrics.CONTENT_TYPE_LATEST
            return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4
