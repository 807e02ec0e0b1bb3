"""The canary: once an hour one entry of our own goes through the whole way, from a feed on loopback to a sink.

It is polled by the real poller, parsed in the real child, stored, matched, closed as a digest and delivered by the real
sender; then every row of it is removed. Its feed, topic and channel join the configuration in force here alone: they
are in no list of what a person configured, and no person's topic is asked about its entry.

Effects: those of `app`, a listener on 127.0.0.1.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from email.utils import format_datetime
from threading import Lock
from urllib.parse import urlsplit

from msgspec.structs import replace

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.clock import Clock
from monitor.errors import StorageError
from monitor.feeds.guard import Guard
from monitor.feeds.replay import Replay, serve_recorded
from monitor.in_force import InForce
from monitor.model import Delivery, Digest, FeedSpec, Need, Note, Schedule, StoryId, Topic, Watchlist
from monitor.model.canary import CANARY_CHANNEL, CANARY_PATH, CANARY_TOPIC
from monitor.outbox.deliver import SendRules
from monitor.outbox.notices import KINDS
from monitor.storage.store import Store
from monitor.storage.topics import TopicPlan
from monitor.topics.match import compile_watchlist

EVERY_S = 3600.0
LATE_S = 600.0
"""Ten minutes: a visit, a batch, a digest and a delivery take seconds each, and a busy daemon some more."""
WORD = "zqxcanaryzqx"
"""No word of any language; what its topic asks for."""
_STAGES = {
    "polled": "its feed was visited, but nothing of it was stored: see the log for batch.refused",
    "asked": "its feed was not visited: polling rests, or the loop is stuck",
    "stored": "it was stored, but not matched",
    "matched": "it was matched, but no digest was closed: see the log for the unit digests",
    "closed": "its digest was closed, but not sent: see the log for the unit deliveries",
}


class Sink:
    """A channel that takes everything and remembers the last words of it."""

    name: str = CANARY_CHANNEL
    kind = "canary"
    account = "canary"
    can_find = True
    spacing_s = 0.0

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = ""

    def has(self, token: str) -> bool:
        """Whether a digest with this word arrived."""
        with self._lock:
            return token in self._last

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One part: its titles."""
        del key, root
        return [Payload(1, "", " ".join(story.lead.title for story in (*digest.stories, *digest.overflow)))]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """Nothing is said here."""
        del note, key, root
        return ()

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """What arrived stays."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """Nothing is too long."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """Nothing is tried."""
        return ()

    def send(self, delivery: Delivery) -> Receipt:
        """Take it."""
        with self._lock:
            self._last = delivery.payload
        return Receipt("canary")

    def find(self, delivery: Delivery) -> Receipt | None:
        """Whether it arrived."""
        with self._lock:
            return Receipt("canary") if delivery.payload == self._last else None


class Canary:
    """Sends it out and waits for it. `look` belongs to the database's thread."""

    def __init__(self, store: Store, guard: Guard, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._closing = ExitStack()
        self._replay: Replay = self._closing.enter_context(serve_recorded({}, connections_max=4))
        self._replay.replace(CANARY_PATH, _feed(""))
        port = urlsplit(self._replay.base_url).port or 0
        guard.allow_listener("127.0.0.1", port)
        self._closing.callback(guard.forget_listener, "127.0.0.1", port)
        self.spec = FeedSpec(name=str(CANARY_TOPIC), url=self._replay.url_of(CANARY_PATH))
        self._sink = Sink()
        schedule = Schedule(text="now", now=True, timezone="UTC")
        topic = Topic(key=CANARY_TOPIC, name=WORD, query=WORD, channels=(CANARY_CHANNEL,), schedule=schedule)
        self._topic = replace(topic, settle_s=0, breaking=False)
        self._watchlist = compile_watchlist(Watchlist((self._topic,)))
        self.plan = TopicPlan(CANARY_TOPIC, WORD, "now UTC", None)
        self._started_s = clock.monotonic_s()
        self._begun_s: float | None = None
        self._asked = 0
        self._token = ""
        self._late = ""
        self.arrivals = 0
        """How many came through since the start."""
        with store.write() as tx:
            tx.canary.remove()

    def join(self, force: InForce) -> InForce:
        """The configuration with its feed's topic and channel, where the pipeline alone looks for them."""
        return replace(
            force,
            channels={**force.channels, CANARY_CHANNEL: self._sink},
            rules={**force.rules, CANARY_CHANNEL: SendRules()},
            ingest=replace(
                force.ingest, topics={**force.ingest.topics, CANARY_TOPIC: self._topic}, canary=self._watchlist
            ),
            digest=replace(
                force.digest,
                topics={**force.digest.topics, CANARY_TOPIC: self._topic},
                channels={**force.digest.channels, CANARY_CHANNEL: self._sink},
            ),
        )

    def look(self) -> list[Need]:
        """Send one out when it is time, and say where the last one stopped if it is late."""
        now_s = self._clock.monotonic_s()
        if self._token and self._sink.has(self._token):
            self._take_in()
        elif self._token and self._begun_s is not None and now_s - self._begun_s > LATE_S:
            self._late = self._find_stage()
        if self._begun_s is None:
            self._begin_first(now_s)
        elif now_s - self._begun_s >= EVERY_S:
            self._begin(now_s)
        if not self._late:
            return []
        return [Need("canary", f"The canary did not arrive: {_STAGES[self._late]}.", KINDS["canary"].remedy)]

    def _take_in(self) -> None:
        with self._store.write() as tx:
            if not tx.canary.is_settled():
                return
            tx.canary.clear()
            tx.topics.beat("canary", self._clock.now())
        self.arrivals += 1
        self._token = self._late = ""

    def _begin_first(self, now_s: float) -> None:
        """What a feed shows when it is first read is no news: it is empty until then."""
        with self._store.read() as tx:
            is_read = tx.canary.is_read(self.spec.url)
        if is_read:
            self._begin(now_s)
        elif now_s - self._started_s > LATE_S:
            self._late = "polled" if self._replay.requests else "asked"

    def _begin(self, now_s: float) -> None:
        with self._store.write() as tx:
            tx.canary.clear()  # what did not come through
            tx.feeds.hurry([self.spec.url], self._clock.now())
        self._token = secrets.token_hex(8)
        self._asked = len(self._replay.requests)
        self._replay.replace(CANARY_PATH, _feed(_entry(self._token, format_datetime(self._clock.now()))))
        self._begun_s = now_s

    def _find_stage(self) -> str:
        with self._store.read() as tx:
            stage = tx.canary.stage()
        return "asked" if stage == "polled" and len(self._replay.requests) <= self._asked else stage

    def close(self) -> None:
        """End the listener and remove every row."""
        self._closing.close()
        try:
            with self._store.write() as tx:
                tx.canary.remove()
        except StorageError:
            return  # the next start removes what is left


def _feed(entries: str) -> bytes:
    head = "<title>Canary</title><link>http://127.0.0.1/</link><description>Of our own</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{entries}</channel></rss>'.encode()


def _entry(token: str, date: str) -> str:
    words = f"<title>{WORD} {token}</title><description>{WORD} {token}</description>"
    return f'<item>{words}<guid isPermaLink="false">{token}</guid><pubDate>{date}</pubDate></item>'
