"""Feeds, polls and entries.

Effects: none.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from monitor.errors import FetchError, ParseError
from monitor.model.ids import FeedId
from monitor.model.pages import FullText

FOLDERS_MAX = 47
"""Folders within folders around one feed, as deep as lists of feeds are read; real ones have two or three."""


class PollOutcome(StrEnum):
    """What one visit to a feed came to."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GONE = "gone"


class FeedState(Struct, frozen=True):
    """What we remember of a feed between two polls."""

    etag: str | None = None
    last_modified: str | None = None
    validators_at: datetime | None = None
    """When the validators were first stored; they are forgotten after a while, for servers that say 304 for ever."""
    body_hash: bytes | None = None
    """BLAKE2b of the last body that was parsed; equal bytes are not parsed again."""
    entries_hash: bytes | None = None
    """The same of the part that holds the entries, for feeds that only move their build date."""
    first_polled_at: datetime | None = None
    """None until the feed was read once: that reading is the baseline."""
    watermark_at: datetime | None = None
    """The newest min(published, now) ever seen in the feed."""
    last_ok_at: datetime | None = None
    """The last visit that did not fail."""
    fail_count: int = 0
    failing_since: datetime | None = None
    interval_s: int = 900
    title: str = ""
    """What the feed calls itself; frozen while it is quarantined."""
    site: str = ""
    """The registrable domain of the feed's own home page; frozen likewise."""
    rhythm: bytes | None = None
    """When its entries come, as `feeds.rhythm` packs it."""
    window_s: int = 0
    """The time between the oldest and the newest entry it last showed; 0 where it gives no dates."""
    window_entries: int = 0
    longest_gap_s: int = 0
    """The longest silence between two entries of that window."""
    ttl_s: int | None = None
    """The feed's own wish for the next visit, kept while it says that nothing changed."""
    max_age_s: int | None = None
    """The server's, likewise: a 304 without `Cache-Control` leaves what was said before in force."""
    skip_times: str = ""
    """Hours and days on which the feed asks not to be visited, as `feeds.hints` packs them."""
    address: str | None = None
    """Where it is fetched since it moved for good; None: at its configured address."""
    moved_to: str | None = None
    """Where permanent redirects lead that are not confirmed yet."""
    moved_count: int = 0
    moved_since: datetime | None = None
    last_lost_at: datetime | None = None
    """When its window last rolled over between two visits."""
    last_lost: int = 0
    """About how many entries came and went then."""
    quarantine: str = ""
    """Why nothing it shows is told, in words; empty for a feed in good standing."""
    quarantined_at: datetime | None = None

    @property
    def is_readdressed(self) -> bool:
        """Whether a person gave it another address since it was read: its names are known, no body of it is."""
        return self.first_polled_at is not None and self.body_hash is None


class FeedRules(Struct, frozen=True):
    """How a person wants one feed to be visited, where that differs from the rest."""

    interval_s: int | None = None
    """This interval instead of the feed's own rhythm; what its server asks for still makes it longer."""
    obeys_skip_times: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    """Secret headers, for the origin of the configured address only."""
    proxy: str = ""
    """Through which it is fetched; it may hold a password."""

    def __repr__(self) -> str:
        # Without what may be a secret: this may end in a log or an error.
        return f"FeedRules(interval_s={self.interval_s}, obeys_skip_times={self.obeys_skip_times})"


class FeedSpec(Struct, frozen=True):
    """A feed as a person configured it."""

    name: str
    url: str
    language: str | None = None
    weight: float = 1.0
    place: str = ""
    """`file:line`, for messages."""
    folder: str = ""
    """Where it stands in an OPML file, `World/Africa`; empty for none."""
    rules: FeedRules = FeedRules()
    full_text: FullText | None = None
    """None: as the configuration's default says."""
    never_merge: tuple[str, ...] = ()
    """Names of feeds, or `*` for all others: no article of them is put into a story with one of this feed."""


class Feed(Struct, frozen=True):
    """A URL we poll, as configured, with what we remember of it."""

    id: FeedId
    name: str
    url: str
    language: str | None = None
    weight: float = 1.0
    state: FeedState = field(default_factory=FeedState)

    @property
    def address(self) -> str:
        """Where it is fetched: its configured address, or where it has moved for good."""
        return self.state.address or self.url


class Entry(Struct, frozen=True):
    """One element of a feed as parsed: cleaned text, resolved links, not stored yet."""

    id: str
    """The publisher's own id, trimmed and without a revision suffix; empty where the feed gives none."""
    title: str
    """Never empty: falls back to the beginning of the text, then to the link."""
    link: str
    """Absolute http(s) address, or empty."""
    published: datetime | None = None
    updated: datetime | None = None
    author: str = ""
    summary: str = ""
    """Cleaned text of the teaser."""
    content: str = ""
    """Cleaned text of the body, where the feed carries one."""
    source: str = ""
    """The outlet, where an entry names one that is not the feed itself (aggregators do)."""
    source_url: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    guid: str = ""
    """The id exactly as published, trimmed, where `id` had to differ from it; else empty."""

    @property
    def text(self) -> str:
        """The longest text we have: the body, else the teaser."""
        return self.content if len(self.content) >= len(self.summary) else self.summary


class ParsedFeed(Struct, frozen=True):
    """A feed's bytes, understood."""

    title: str
    link: str
    entries: tuple[Entry, ...]
    language: str | None = None
    ttl_s: int | None = None
    """How long the feed itself asks us to wait between polls (`ttl`, `sy:updatePeriod`), in seconds."""
    road: str = ""
    """Which parser read it: `json`, `fast` or `tolerant`."""
    skip_times: str = ""
    """Hours and days on which the feed asks not to be visited (`skipHours`, `skipDays`), packed by `feeds.hints`."""


class Fetched(Struct, frozen=True):
    """A body came back."""

    body: bytes
    final_url: str
    status: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = ""
    charset: str | None = None
    """The charset the server declared, if any."""
    min_wait_s: float | None = None
    """The server's own wish for the next visit (max-age, Expires), in seconds."""
    permanent_url: str | None = None
    """Where the permanent redirects at the beginning lead; None where there are none."""


class NotModified(Struct, frozen=True):
    """The server says nothing changed."""

    final_url: str
    etag: str | None = None
    last_modified: str | None = None
    min_wait_s: float | None = None
    permanent_url: str | None = None


class Gone(Struct, frozen=True):
    """The server says the feed will not come back (410)."""

    final_url: str


class Polled(Struct, frozen=True):
    """One visit to one feed, done: what the ingest needs to write it down."""

    feed: Feed
    outcome: PollOutcome
    polled_at: datetime
    fetched: Fetched | NotModified | Gone | None = None
    """None when the visit failed. A `Fetched` here has its body dropped once it was parsed."""
    parsed: ParsedFeed | None = None
    """Set when there was a body that had changed."""
    body_hash: bytes | None = None
    entries_hash: bytes | None = None
    bytes_read: int = 0
    elapsed_ms: int = 0
    error: FetchError | ParseError | None = None
    is_offline: bool = False
    """Whether it failed while our own network seemed to be down."""
    held_as: str = ""
    """Under which name its feed is leased, where that is not the name of who stores it."""
