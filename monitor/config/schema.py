"""The shape of the three config files: every key, its type, its default and its bounds.

`Settings` is monitor.toml, `FeedsFile` feeds.toml, `WatchlistFile` watchlist.toml. A key that is not here is refused.
Durations are whole seconds once read; a field whose name differs from its key in the file says so by its alias.

Effects: none.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.config.channels import ChannelSettings, ConsoleSettings
from monitor.config.section import Section, exactly_one
from monitor.config.values import (
    URL_CHARS_MAX,
    BudgetText,
    ChannelKey,
    Duration,
    FileName,
    FolderPath,
    HeaderName,
    LanguageTag,
    Line,
    ListKey,
    PrivateHost,
    ProxyUrl,
    QueryText,
    QuietSpan,
    ScheduleText,
    Size,
    TimezoneName,
    TopicKeyText,
    Url,
    ValueFault,
    VariableName,
    near_miss,
    read_example,
    url_fault,
)
from monitor.config.web import WebSection
from monitor.words import words

EXAMPLE_CHARS_MAX = 20_000
"""Of an example's text: three long reports."""
EXAMPLES_MAX = 200
"""Of each kind per topic: all of them are tried at every edit, in a tenth of a second."""
CONSOLE = "console"
"""The channel that is always there: a topic that names no channel is told on standard output."""


def _check_database_url(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        near = near_miss(scheme, ["sqlite", "postgresql"]) if separator else ""
        # The address is not repeated: people put passwords into these.
        raise ValueFault(
            f'is of a kind we do not know. {near}Write "sqlite:///data/monitor.db" or "postgresql://user@host/monitor".'
        )
    if scheme == "sqlite" and not rest.strip("/"):
        raise ValueFault('names no file. Write it as in "sqlite:///data/monitor.db".')
    return url


class RunSection(Section):
    """How the work is shared out."""

    mode: Literal["embedded", "distributed"] = "embedded"
    """One process, or as many workers as wanted over PostgreSQL."""


class DatabaseSection(Section):
    """Where articles, stories and deliveries are kept."""

    url: Annotated[str, AfterValidator(_check_database_url)] = "sqlite:///data/monitor.db"
    password_env: VariableName | None = None
    password_file: FileName | None = None

    @model_validator(mode="after")
    def _check(self) -> "DatabaseSection":
        exactly_one(self, "password", is_needed=False)
        return self


class PollingSection(Section):
    """How feeds are visited."""

    interval_min_s: Annotated[Duration, Field(ge=1, le=86_400)] = Field(default=300, alias="interval_min")
    interval_max_s: Annotated[Duration, Field(ge=1, le=604_800)] = Field(default=3600, alias="interval_max")
    allow_private_hosts: list[PrivateHost] = []
    concurrency: int = Field(default=100, ge=1, le=500)
    """Feeds fetched at the same time: a thousand feeds within a minute, with sockets that any system allows."""
    per_host: int = Field(default=2, ge=1, le=16)
    timeout_s: Annotated[Duration, Field(ge=1, le=60)] = Field(default=30, alias="timeout")
    """For one whole visit; at most a minute, because the lease on a feed (two minutes) must outlast it."""
    body_bytes_max: int = Field(default=5_000_000, ge=10_000, le=100_000_000)
    """The largest news feeds seen are under 3 MB."""
    user_agent_contact: Url | None = None
    first_poll: Literal["baseline", "tell"] = "baseline"
    full_text: Literal["matched", "all", "never"] = "never"

    @model_validator(mode="after")
    def _check(self) -> "PollingSection":
        if self.interval_max_s < self.interval_min_s:
            raise ValueFault(
                f"is shorter than interval_min ({self.interval_max_s} s and {self.interval_min_s} s). Make it longer.",
                key="interval_max",
            )
        return self


class MatchingSection(Section):
    """What names are looked for by, beyond their words."""

    semantic: bool = True
    """Whether the sentence model is asked, where the extra is installed."""
    semantic_model: FileName | None = None


class WatchlistSection(Section):
    """How an edit of the watchlist comes to count."""

    apply: Literal["checked", "planned"] = "checked"
    """Whether it counts once it is good, or only once a person has seen what it would change."""


class OperatorSection(Section):
    """Who is told what needs a person."""

    channels: list[Line] = []
    """Empty: the first other channel that is written down."""
    audit: Literal["weekly", "never"] = "weekly"
    """Whether it is told each Monday what topics nearly found."""
    canary: bool = True
    """Whether an entry of our own goes through the whole way once an hour."""
    ping_url: Url | None = Field(default=None, examples=['"https://ping.example.org/monitor"'])
    """Asked for after each good cycle, so that a service elsewhere notices when none comes."""
    ping_url_env: VariableName | None = None
    ping_url_file: FileName | None = None

    @model_validator(mode="after")
    def _check(self) -> "OperatorSection":
        exactly_one(self, "ping_url", is_needed=False)
        if self.ping_url and (self.ping_url_env or self.ping_url_file):
            raise ValueFault("stands beside another key that names the same address. Keep one of them.", key="ping_url")
        return self


class RetentionSection(Section):
    """How long things are kept. What was seen and told stays known for longer than any body."""

    articles_days: int = Field(default=90, ge=8, le=36_500)
    polls_days: int = Field(default=14, ge=1, le=3_650)
    size_max_bytes: Annotated[Size, Field(ge=100_000_000)] | None = Field(default=None, alias="size_max")
    """Beyond it the oldest articles go before their days are over."""
    raw_days: int = Field(default=0, ge=0, le=365)
    """What servers answered, kept as it came; 0 for not at all."""
    raw_bytes_max: int = Field(default=2_000_000_000, ge=1_000_000, le=1_000_000_000_000)
    """Of one day, compressed."""


class Settings(Section):
    """monitor.toml. The channel `console` is there whether or not it is written down."""

    run: RunSection = RunSection()
    database: DatabaseSection = DatabaseSection()
    polling: PollingSection = PollingSection()
    matching: MatchingSection = MatchingSection()
    watchlist: WatchlistSection = WatchlistSection()
    web: WebSection = WebSection()
    retention: RetentionSection = RetentionSection()
    operator: OperatorSection = OperatorSection()
    channels: dict[ChannelKey, ChannelSettings] = {}

    @property
    def is_distributed(self) -> bool:
        """Whether workers share the work out."""
        return self.run.mode == "distributed"

    @model_validator(mode="after")
    def _check_mode(self) -> "Settings":
        if self.is_distributed and self.database.url.startswith("sqlite"):
            raise ValueFault(
                'is "distributed", but the database is a SQLite file, which belongs to one process. '
                'Write a `postgresql://` address as `url` under [database], or mode = "embedded".',
                key=("run", "mode"),
            )
        return self

    @model_validator(mode="after")
    def _add_console(self) -> "Settings":
        self.channels.setdefault(CONSOLE, ConsoleSettings(kind="console"))
        return self


class FeedEntry(Section):
    """One feed as a person writes it."""

    name: str = ""
    """Empty: the host of its address."""
    url: Url = Field(examples=['"https://example.org/news.xml"'])
    language: LanguageTag | None = None
    weight: float = Field(default=1.0, gt=0, le=10)
    full_text: Literal["matched", "all", "never"] | None = None
    folder: FolderPath = Field(default="", examples=['"World/Africa"'])
    never_merge: list[Line] = Field(default=[], max_length=1_000, examples=['["Other feed"]'])
    """Feeds whose articles never stand in a story with one of this feed; `*` for all others."""
    interval_s: Annotated[Duration, Field(ge=60, le=604_800)] | None = Field(default=None, alias="interval")
    """Instead of the feed's own rhythm."""
    skip_hours: Literal["obey", "ignore"] = "obey"
    """What to do about the hours and days on which the feed asks not to be visited."""
    username: str | None = None
    password_env: VariableName | None = None
    password_file: FileName | None = None
    header: HeaderName | None = None
    """The header that carries a key, as in `X-Api-Key`; its value comes from `header_env` or `header_file`."""
    header_env: VariableName | None = None
    header_file: FileName | None = None
    proxy: ProxyUrl | None = None
    proxy_env: VariableName | None = None
    """The variable that holds the proxy's address, for one with a password in it."""
    proxy_file: FileName | None = None

    @model_validator(mode="after")
    def _check(self) -> "FeedEntry":
        exactly_one(self, "password", is_needed=bool(self.username), needed_for=" beside username")
        exactly_one(self, "header", is_needed=bool(self.header), needed_for=" beside header")
        exactly_one(self, "proxy", is_needed=False)
        for stem, key in (("password", "username"), ("header", "header")):
            if not getattr(self, key) and (getattr(self, f"{stem}_env") or getattr(self, f"{stem}_file")):
                raise ValueFault(f"{key} is missing beside {stem}_env or {stem}_file. Add it.", is_whole=True)
        if self.proxy and (self.proxy_env or self.proxy_file):
            raise ValueFault("stands beside proxy_env or proxy_file. Keep one of them.", key="proxy")
        if self.username and self.header and self.header.lower() == "authorization":
            raise ValueFault("is Authorization, which username sets already. Keep one of the two.", key="header")
        return self


class FeedsFile(Section):
    """feeds.toml."""

    opml: list[FileName] = []
    feeds: list[FeedEntry] = []


class ExampleEntry(Section):
    """An article that a topic must find, or must not: a headline alone, or what else the topic looks at.

    An address alone is that of a stored article, `file` names a file that holds one or several.
    """

    title: str = Field(default="", max_length=1_000)
    text: str = Field(default="", max_length=EXAMPLE_CHARS_MAX)
    url: str = Field(default="", max_length=URL_CHARS_MAX)
    source: str = ""
    author: str = ""
    language: LanguageTag | None = None
    tags: list[Line] = []
    file: FileName | None = None

    @property
    def is_address(self) -> bool:
        """Whether the article is to be looked for in the archive."""
        return self.model_fields_set == {"url"}

    @model_validator(mode="after")
    def _check(self) -> "ExampleEntry":
        if self.file is not None:
            if self.model_fields_set != {"file"}:
                raise ValueFault('stands beside other keys. Write { file = "…" } alone.', key="file")
            return self
        if self.is_address:
            if fault := url_fault(self.url):
                raise ValueFault(fault, key="url")
            return self
        if not words(f"{self.title} {self.text}"):
            raise ValueFault("holds no word. Write a headline, or a title and a text.")
        return self


Example = Annotated[ExampleEntry, BeforeValidator(read_example)]
"""In quotes, an address, or a headline and, on the lines after it, a text; or the table of an `ExampleEntry`."""


class TopicEntry(Section):
    """One topic as a person writes it: with `query` strict boolean, without it a relevance match on its names."""

    name: str = Field(min_length=1, max_length=200, examples=['"Hostage negotiations"'])
    also: list[Line] = []
    level: Literal["strict", "balanced", "broad"] = "balanced"
    exclude: QueryText | None = None
    query: QueryText | None = None
    channels: list[Line] = Field(default=[CONSOLE], min_length=1)
    schedule: ScheduleText = "every 1h"
    settle_s: Annotated[Duration, Field(ge=0, le=3600)] = Field(default=120, alias="settle")
    breaking: bool = True
    quiet_hours: QuietSpan = None
    must_match: list[Example] = Field(default=[], max_length=EXAMPLES_MAX)
    must_not_match: list[Example] = Field(default=[], max_length=EXAMPLES_MAX)
    feedback: bool = True
    dedup: Literal["strict", "balanced", "loose", "off"] = "balanced"
    headlines: int = Field(default=0, ge=0, le=10)
    """Other headlines listed under each story."""
    appendix: bool = False
    """Whether the day's first digest ends with what was folded."""
    on_empty: Literal["skip", "heartbeat", "daily_heartbeat"] = "skip"
    breaking_overrides_quiet: bool = False
    """Whether breaking news is told in quiet hours too."""
    at_most: BudgetText | None = None
    """How much of it may be told; what is below the bar is counted in the footer."""
    target_s: Annotated[Duration, Field(ge=60, le=86_400)] | None = Field(default=None, alias="target")
    """How soon it is to be told."""

    @model_validator(mode="after")
    def _check(self) -> "TopicEntry":
        if self.target_s is not None and self.schedule == "now" and self.target_s <= self.settle_s:
            raise ValueFault(
                "is no longer than `settle`, which every telling waits: it would always be missed. "
                "Write a longer one, or a shorter `settle`.",
                key="target",
            )
        if self.query is not None:
            for key in ("also", "level"):
                if key in self.model_fields_set:
                    raise ValueFault(
                        "belongs to a topic without `query`: a query says by itself what matches. "
                        f"Take `{key}` away, or put its words into the query.",
                        key=key,
                    )
        return self


class WatchlistFile(Section):
    """watchlist.toml."""

    timezone: TimezoneName = "UTC"
    lists: dict[ListKey, list[Line]] = {}
    topics: dict[TopicKeyText, TopicEntry] = {}


FILES: Mapping[str, type[Section]] = {
    "monitor.toml": Settings,
    "feeds.toml": FeedsFile,
    "watchlist.toml": WatchlistFile,
}
"""Every config file by its name, in the order they are checked."""
