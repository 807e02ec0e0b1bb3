"""How things stand, for a person on duty: what needs somebody first, then topics, feeds, channels, configuration.

Effects: database.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from msgspec import Struct

from monitor.config.load import Loaded
from monitor.config.watch import Watcher
from monitor.digests.volume import DAYS, volume_of_days
from monitor.model import ChannelName, MuteKind, Need, Notice, TopicKey, Volume
from monitor.needs import DAEMON_SILENT
from monitor.outbox.notices import kind_of
from monitor.shared_work import WORK_NEEDS
from monitor.status import ChannelBudget, Status, TopicStatus, read_status
from monitor.storage.delivery_views import NO_LINE
from monitor.storage.holds import Hold
from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Store, Transaction

DAY = timedelta(days=1)
FAULTS_MAX = 20
"""Faults of the files that are shown one by one."""
_OF_FILES = frozenset({"config", "config-waits"})


class NeedView(Struct, frozen=True):
    """Something that needs a person, and where it is seen to."""

    need: Need
    since: datetime | None
    """Since when the daemon knows of it; None where it has not looked yet."""
    told_at: datetime | None
    """When the operator was told; None where not yet."""
    is_told: bool
    """False for what the daemon cannot tell anybody."""
    href: str
    """The page on which it is seen to; empty where that is not done on a page."""
    href_words: str


class TopicView(Struct, frozen=True):
    """A topic as it runs."""

    status: TopicStatus
    volume: Volume
    """Of the last 24 hours, beside the days before."""
    muted_until: datetime | None


class ChannelView(Struct, frozen=True):
    """A channel and what stands in its line."""

    name: ChannelName
    kind: str
    """Empty where it is not configured any more."""
    waiting: int
    given_up: int
    hold: Hold | None
    budget: ChannelBudget | None
    oldest_at: datetime | None = None
    """When the oldest of what waits was put in line."""
    is_retried: bool = False
    """Whether something of it was tried before and did not go out."""

    @property
    def is_well(self) -> bool:
        """Whether nothing on it wants a look."""
        return not self.given_up and self.hold is None and bool(self.kind or not self.waiting)


class ConfigView(Struct, frozen=True):
    """Which configuration is in force, and what the files say beyond it."""

    since: datetime
    revision: RevisionHead | None
    faults: tuple[str, ...]
    """What is wrong with the files as they stand; the configuration before stays in force."""
    faults_more: int
    waits: str
    """What an edit would change that waits for a person's yes; empty where none does."""


class Overview(Struct, frozen=True):
    """Everything the first page shows, of one moment."""

    status: Status
    needs: tuple[NeedView, ...]
    topics: tuple[TopicView, ...]
    channels: tuple[ChannelView, ...]
    config: ConfigView

    @property
    def beat_age(self) -> timedelta | None:
        """How long ago the daemon last beat; None where none ever did on this database."""
        return None if self.status.beat_at is None else max(timedelta(), self.status.at - self.status.beat_at)

    @property
    def is_watched(self) -> bool:
        """Whether the daemon is at work."""
        return self.beat_age is not None and self.beat_age <= DAEMON_SILENT


def read_overview(store: Store, loaded: Loaded, watcher: Watcher, now: datetime) -> Overview:
    """Look at everything."""
    topics, channels = loaded.watchlist.topics, loaded.settings.channels
    is_distributed = loaded.settings.is_distributed
    status = read_status(store, topics, channels, now, loaded.at_most, is_distributed=is_distributed)
    with store.read() as tx:
        volumes = read_volumes(tx, [topic.key for topic in topics], now)
        listed = list(_channels(tx, {ChannelName(name): one.kind for name, one in channels.items()}, status))
        revision = tx.revisions.head()
    muted = {mute.value: mute.until for mute in status.mutes if mute.kind is MuteKind.TOPIC and mute.channel is None}
    views = [TopicView(one, volumes[TopicKey(one.key)], muted.get(one.key)) for one in status.topics]
    faults = [] if watcher.faults is None else [str(problem) for problem in watcher.faults.problems]
    waits = "" if watcher.waiting is None else watcher.waiting.in_words()
    # A start takes the configuration up again that was in force before it.
    since = revision.at if revision is not None else watcher.in_force_since
    config = ConfigView(since, revision, tuple(faults[:FAULTS_MAX]), max(0, len(faults) - FAULTS_MAX), waits)
    ids = {feed.feed.url: int(feed.feed.id) for feed in status.feeds_failing}
    # The files are known better here than by what the daemon remembered at its last look.
    known = [one for one in status.needs if one.kind in _OF_FILES]
    of_files = list(_of_files(config)) if watcher.has_looked else known
    if is_distributed:  # other workers have files of their own, and say what is wrong with them
        of_files += [one for one in known if one.key not in {own.key for own in of_files}]
    needs = [*of_files, *(one for one in status.needs if one.kind not in _OF_FILES)]
    shown = tuple(_view(need, status.notices, ids) for need in needs)
    return Overview(status, shown, tuple(views), tuple(listed), config)


def read_volumes(tx: Transaction, topics: Sequence[TopicKey], now: datetime) -> Mapping[TopicKey, Volume]:
    """What each topic brought in the last 24 hours, beside the fourteen days before."""
    edges = [now - DAY * back for back in range(DAYS + 1, -1, -1)]
    counts = tx.arrivals.match_counts(topics, edges)
    created = {state.key: state.created_at for state in tx.topics.all()}
    return {
        key: volume_of_days(some[::-1], days_known=(now - created[key]) // DAY if key in created else 0)
        for key, some in counts.items()
    }


def _of_files(config: ConfigView) -> Iterator[Need]:
    if config.faults:
        head = "The files have a fault, so the configuration before stays in force."
        yield Need("config", head, "Correct it on the watchlist's page, or: monitor check", "\n".join(config.faults))
    if config.waits:
        head = f"An edit of the watchlist waits for a yes: {config.waits}."
        yield Need("config-waits", head, "Look at what it would change and apply it, or: monitor plan --apply")


def _channels(tx: Transaction, kinds: Mapping[ChannelName, str], status: Status) -> Iterator[ChannelView]:
    lines, given_up = tx.delivery_views.lines(), tx.outbox.count_given_up()
    holds = {hold.channel: hold for hold in tx.holds.all()}
    budgets = {budget.channel: budget for budget in status.budgets}
    gone = sorted((lines.keys() | given_up.keys()) - kinds.keys())
    for name in (*kinds, *gone):
        hold, budget = holds.get(name), budgets.get(name)
        line = lines.get(name, NO_LINE)
        yield ChannelView(
            name=name,
            kind=kinds.get(name, ""),
            waiting=line.count,
            given_up=given_up.get(name, 0),
            hold=hold,
            budget=budget,
            oldest_at=line.oldest_at,
            is_retried=line.is_retried,
        )


def _view(need: Need, notices: Sequence[Notice], feed_ids: Mapping[str, int]) -> NeedView:
    known = [one for one in notices if one.key == need.key or (one.kind == need.kind and need.key == need.kind)]
    since = min((one.since for one in known), default=None)
    told = max((one.told_at for one in known if one.is_told and one.told_at is not None), default=None)
    href, words = _way(need, feed_ids)
    return NeedView(need, since, told, kind_of(need.kind).is_told, href, words)


def _way(need: Need, feed_ids: Mapping[str, int]) -> tuple[str, str]:
    """Where a need is seen to, and how the link there is called."""
    thing = need.key.partition(":")[2]
    if need.kind in _OF_FILES:
        return "/watchlist", "Open the watchlist"
    if need.kind == "topic-silent":
        return f"/topics/{quote(thing, safe='')}", "Open the topic"
    if need.kind.startswith("feed") or need.kind == "no-feed":
        number = feed_ids.get(thing)
        return (f"/feeds/{number}", "Open the feed") if number is not None else ("/feeds", "Open the feeds")
    if need.kind in ("channel-held", "channel-gone", "channel-stuck"):
        return f"/deliveries?channel={quote(thing, safe='')}&state=waiting", "See what waits"
    if need.kind == "delivery-dead":
        return "/deliveries?state=failed", "See them"
    if need.kind in WORK_NEEDS:
        return "#workers", "See the workers"
    if need.kind in ("recipient", "mail-nobody"):
        return f"/deliveries?channel={quote(thing.partition(':')[0], safe='')}", "See its deliveries"
    return "", ""
