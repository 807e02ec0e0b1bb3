"""What the operator is told of what needs a person: each once, once more when it is over, and many of a kind together.

A notice is told when it has stood for its kind's hold time, so that what comes and goes is not told; never within six
hours of the last word on it, so that what flaps is not either; and not within its kind's gathering time of another of
its kind, so that twenty feeds that fail after one another come in two messages.

Effects: none.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.model import ChannelName, Need, Note, NoteKind, NoteLine, Notice

AGAIN_AFTER = timedelta(hours=6)
"""What comes and goes and comes again is told no more often."""
OVER_FOR = timedelta(minutes=5)
"""Its end is told when it has lasted."""
LINES_MAX = 20
"""Listed in one message; the others are counted."""


class Kind(Struct, frozen=True):
    """A kind of need: how long it is waited before it is told, and how several of it are told together."""

    name: str
    what: str
    """What it means, for the page of all messages."""
    remedy: str
    """What to do, for the same page."""
    many: str
    """The head over several of it; `{n}` is how many."""
    hold: timedelta = timedelta(0)
    gather: timedelta = timedelta(minutes=10)
    of_channel: bool = False
    """Whether its key names the channel in trouble, which is then not the one that is told."""
    tells_end: bool = True
    is_told: bool = True
    """False for what the daemon cannot tell, because it is the daemon itself that is away."""

    def about(self, key: str) -> ChannelName | None:
        """The channel in trouble, where it is one."""
        return ChannelName(key.split(":")[1]) if self.of_channel and ":" in key else None


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


_ALL: tuple[Kind, ...] = (
    Kind(
        "feed-fails",
        "A feed has failed for a day (one that answers 404: for a week).",
        "Open its address in a browser; correct `url` in feeds.toml or take the feed away.",
        "{n} feeds have failed for a day",
        gather=_minutes(60),
    ),
    Kind(
        "feed-gone",
        "A feed's server says that it will not come back (410).",
        "Remove it from feeds.toml, or correct its url.",
        "{n} feeds are gone (410)",
        gather=_minutes(60),
    ),
    Kind(
        "feed-unauthorised",
        "A feed's server wants a password, or refuses the one it is given (401).",
        "Correct `password_env` or `password_file` of the feed.",
        "{n} feeds want a password",
        hold=_minutes(10),
    ),
    Kind(
        "feed-held",
        "A feed seems to be another one now; nothing of it is told.",
        'Look at it. If it is right: monitor feeds accept "NAME"; if not, correct its url in feeds.toml.',
        "{n} feeds seem to be other ones now",
    ),
    Kind(
        "feed-double",
        "A feed moved for good to the address of another configured feed.",
        "Remove one of the two from feeds.toml.",
        "{n} feeds moved to the address of another",
        gather=_minutes(60),
    ),
    Kind(
        "feed-silent",
        "A feed answers, and shows nothing new for much longer than is usual at these hours of the week.",
        "Open its site: if that has news, look for a new feed with monitor feeds discover ADDRESS.",
        "{n} feeds are silent beyond what is usual",
        hold=_minutes(10),
        gather=_minutes(60),
    ),
    Kind(
        "topic-silent",
        "Nothing has matched a topic for much longer than is usual at these hours of the week.",
        "See whether its feeds are well (monitor status), and try its words: monitor search QUERY.",
        "{n} topics are silent beyond what is usual",
        hold=_minutes(10),
        gather=_minutes(60),
    ),
    Kind(
        "topic-late",
        "Fewer than nine of ten tellings of a topic in the last 24 hours were within its `target`.",
        "As the message says: it names the step that lost the time.",
        "{n} topics are told later than their target",
        hold=_minutes(5),
        gather=_minutes(60),
    ),
    Kind(
        "feeds-all",
        "Every feed fails.",
        "Check this machine's network: monitor feeds list, monitor doctor.",
        "Every feed fails",
        hold=_minutes(10),
    ),
    Kind("no-feed", "No feed is configured.", "Add one: monitor feeds add ADDRESS", "No feed", hold=_minutes(10)),
    Kind(
        "channel-held",
        "A channel refuses everything, or its whole account does; its deliveries wait.",
        "As the message says; a mended channel is tried within the hour, or at once: monitor outbox retry ID.",
        "{n} channels take nothing",
        gather=timedelta(0),
        of_channel=True,
    ),
    Kind(
        "channel-stuck",
        "A channel has taken nothing for an hour, though it was tried again and again; its deliveries wait.",
        "See that its server is up: monitor doctor. It is tried again by itself; at once: monitor outbox retry ID.",
        "{n} channels have taken nothing for an hour",
        gather=timedelta(0),
        of_channel=True,
    ),
    Kind(
        "delivery-dead",
        "A delivery was given up.",
        "See why: monitor outbox list; then monitor outbox retry ID or monitor outbox drop ID.",
        "{n} deliveries were given up",
        of_channel=True,
        tells_end=False,
    ),
    Kind(
        "recipient",
        "The mail server refuses an address, so nothing is sent there any more.",
        "Correct `to` in monitor.toml, or: monitor outbox recipients --resume ADDRESS",
        "{n} addresses are refused",
        of_channel=True,
    ),
    Kind(
        "mail-nobody",
        "Every recipient of a mail channel left.",
        "See who left: monitor outbox recipients",
        "{n} mail channels have nobody left",
        of_channel=True,
    ),
    Kind(
        "channel-gone",
        "Deliveries wait for a channel that is no longer configured.",
        "Configure it again, or: monitor outbox list, then monitor outbox drop ID",
        "Deliveries wait for {n} channels that are no longer configured",
        hold=_minutes(10),
        of_channel=True,
    ),
    Kind(
        "disk",
        "The disk of the database is nearly full; polling rests until there is room.",
        "Make room. The daemon goes on by itself.",
        "The disk is nearly full",
        hold=_minutes(1),
    ),
    Kind(
        "disk-low",
        "Room on the disk of the database grows short: below 1 GB, or full within a week at the pace of the last days.",
        "Make room, or let less be kept: [retention] size_max in monitor.toml.",
        "Room on the disk grows short",
        hold=_minutes(10),
    ),
    Kind(
        "size",
        "The archive is larger than `[retention] size_max`, and nothing in it is old enough to go.",
        "Raise size_max in monitor.toml, or poll fewer feeds.",
        "The archive is too large",
    ),
    Kind(
        "raw",
        "What feeds answer is not, or not wholly, recorded for `monitor replay`; feeds are watched as ever.",
        "Make room, raise raw_bytes_max under [retention] in monitor.toml, or set raw_days = 0.",
        "What feeds answer is not wholly recorded",
        hold=_minutes(5),
    ),
    Kind(
        "unit",
        "A part of the daemon's work is refused again and again: the database, the parser or the model.",
        "As the message says; monitor doctor tries each of them.",
        "{n} parts of the work are refused",
        hold=_minutes(5),
    ),
    Kind(
        "clock",
        "The clock jumped by more than a minute. Digests may be early or late, and what a feed dates may look old.",
        "See that time is kept by a service (timedatectl), and that the machine does not sleep.",
        "The clock jumped",
        tells_end=False,
    ),
    Kind(
        "canary",
        "The canary, one entry an hour through the whole way, did not arrive; the message says where it stopped.",
        "See the log, and monitor doctor.",
        "The canary did not arrive",
    ),
    Kind(
        "ping",
        "The dead-man address has not taken a ping for an hour.",
        "Look at the service, and at `ping_url_env` or `ping_url_file` in monitor.toml.",
        "The dead-man address takes no ping",
    ),
    Kind(
        "config",
        "An edit of the configuration is faulty; the one before stays in force.",
        "See all of it: monitor check",
        "The configuration is faulty",
    ),
    Kind(
        "config-waits",
        'An edit of the watchlist waits for a plan (`apply = "planned"`).',
        "monitor plan, then monitor plan --apply",
        "An edit waits for a plan",
    ),
    Kind(
        "config-follow",
        "A worker cannot use the newest configuration and works on with the one before; the others have it in force.",
        "Mend its `monitor.toml` or its secrets; the message names its host and what is wrong.",
        "{n} workers cannot use the newest configuration",
    ),
    Kind(
        "worker-lost",
        "A worker stopped beating without a word, and no other took its place within the hour.",
        "Look at that machine, and at its log. Its work is taken up by the others; start another: monitor worker",
        "{n} workers are lost",
        hold=timedelta(seconds=30),
    ),
    Kind(
        "queue-unserved",
        "No worker serves a queue, so a part of the work stands still; the message says which.",
        "Start one: monitor worker",
        "{n} queues are served by no worker",
        hold=timedelta(seconds=30),
    ),
    Kind(
        "ingest-behind",
        "What visits bring waits for more than five minutes to be stored.",
        "See that a worker serves `ingest` and what the database is at: monitor status, then monitor doctor.",
        "What visits bring waits to be stored",
    ),
    Kind(
        "daemon",
        "The daemon has not beaten for two minutes. It cannot tell this itself: see the dead-man address.",
        "Start it: monitor run",
        "The daemon is silent",
        is_told=False,
    ),
)
KINDS = {kind.name: kind for kind in _ALL}
"""Every kind of need by its name: the first part of a notice's key."""
OTHER = Kind("other", "", "", "{n} things need a person")
"""How a kind that is not listed is told."""


class Telling(Struct, frozen=True):
    """Notices of one kind, told in one message."""

    kind: Kind
    notices: tuple[Notice, ...]
    is_end: bool

    @property
    def key(self) -> str:
        """The same for the same notices, so that it can be told once only."""
        named = "\n".join(f"{one.key} {one.since.timestamp():.3f}" for one in self.notices)
        end = "over" if self.is_end else "is"
        return f"{self.kind.name}-{end}-{hashlib.blake2b(named.encode(), digest_size=8).hexdigest()}"


def kind_of(name: str) -> Kind:
    """The kind of this name."""
    return KINDS.get(name, OTHER)


def find_changes(
    needs: Sequence[Need], notices: Sequence[Notice], kinds: Collection[str], *, open_max: int
) -> tuple[list[Need], list[Notice]]:
    """What is to be remembered, or with other words, and what is over, of these kinds; none where all is as it was.

    At most `open_max` notices are open at a time; what comes beyond them waits until some are over.
    """
    found = {need.key: need for need in needs if need.kind in kinds}
    known = {one.key: one for one in notices if one.is_open}
    over = [one for one in known.values() if one.kind in kinds and one.key not in found]
    new = [need for key, need in found.items() if key not in known]
    reworded = [need for key, need in found.items() if key in known and not known[key].says(need)]
    return [*reworded, *new[: max(0, open_max - len(known) + len(over))]], over


def choose_tellings(
    notices: Sequence[Notice], now: datetime, *, kinds: Collection[str] | None = None
) -> Iterator[Telling]:
    """What is to be told now of all that is remembered, of these kinds or of every one."""
    ordered = sorted(notices, key=lambda one: (one.kind, one.since, one.key))
    for name, group in groupby(ordered, key=lambda one: one.kind):
        some, kind = list(group), kind_of(name)
        if not kind.is_told or (kinds is not None and name not in kinds):
            continue
        begins = tuple(one for one in some if _begins(one, kind, now))
        begun = [one.told_at for one in some if one.is_open and one.is_told and one.told_at is not None]
        if begins and not any(timedelta(0) <= now - at < kind.gather for at in begun):
            yield from _by_channel(kind, begins, is_end=False)
        ends = tuple(one for one in some if kind.tells_end and _ends(one, now))
        if ends:
            yield from _by_channel(kind, ends, is_end=True)


def _begins(notice: Notice, kind: Kind, now: datetime) -> bool:
    if not notice.is_open or notice.is_told or now - notice.since < kind.hold:
        return False
    return notice.told_at is None or now - notice.told_at >= AGAIN_AFTER


def _ends(notice: Notice, now: datetime) -> bool:
    return notice.over_at is not None and notice.is_told and not notice.is_end_told and now - notice.over_at >= OVER_FOR


def _by_channel(kind: Kind, notices: Sequence[Notice], *, is_end: bool) -> Iterator[Telling]:
    """Together, but for what is of different channels where each is told on another: none is told on itself."""
    if not kind.of_channel or kind.name == "channel-held":  # one that is held is passed over anyway
        yield Telling(kind, tuple(notices), is_end)
        return
    ordered = sorted(notices, key=lambda one: (kind.about(one.key) or "", one.since, one.key))
    for _, group in groupby(ordered, key=lambda one: kind.about(one.key)):
        yield Telling(kind, tuple(group), is_end)


def note_of(telling: Telling, now: datetime, timezone: str) -> Note:
    """The message: the notice's own words where it is one, else a head with a line for each, bounded."""
    kind, notices = telling.kind, telling.notices
    first, over = notices[0], ""
    if telling.is_end:
        ended = max(one.over_at for one in notices if one.over_at is not None)
        local = ended.astimezone(ZoneInfo(timezone))
        over = f"Over since {local.day} {local:%b %H:%M} {local.tzname()}: "
    details = [line for line in first.detail.splitlines() if line.strip()] if len(notices) == 1 else []
    heads = details if len(notices) == 1 else [one.head for one in notices]
    return Note(
        NoteKind.OPERATOR,
        over + (first.head if len(notices) == 1 else kind.many.format(n=len(notices)) + ":"),
        now,
        timezone=timezone,
        lines=() if telling.is_end and len(notices) == 1 else tuple(NoteLine(head) for head in heads[:LINES_MAX]),
        more=0 if telling.is_end and len(notices) == 1 else max(0, len(heads) - LINES_MAX),
        remedy="" if telling.is_end else first.remedy if len(notices) == 1 else kind.remedy or first.remedy,
    )
