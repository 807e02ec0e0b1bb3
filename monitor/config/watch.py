"""Notice an edit of any config file by its content; hand out a good one, tell of a bad one and keep the old.

A tick asks `look` every second. Editors write in place, by rename or, in a cluster, by swapping a link, some in several
steps: a change counts only when two looks in a row saw the same. Modification times lie on some mounts, so every half
minute the contents themselves are compared.

Under `apply = "planned"` an edit of the topics waits until a person has said yes; the watchlist in force then stands in
for the file, so that feeds and channels can be edited meanwhile. Where several workers share a database, so does what
another worker wrote.

Effects: reads files.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.clock import Clock
from monitor.config.example_sources import Stored
from monitor.config.faults import ConfigFaults, Problem
from monitor.config.load import Loaded, load
from monitor.config.own_files import IsWanted, OwnFiles, Signature, content_of, never, signature_of
from monitor.errors import ConfigError
from monitor.model import ChannelName, Topic, TopicKey
from monitor.model.feeds import FeedSpec
from monitor.text import plural
from monitor.topics.compare import sure_renames

CONTENT_EVERY_S = 30.0
"""Seconds between two full readings: a few hundred kB, against mounts that hide a change from `stat`."""

WATCHLIST = "watchlist.toml"
NOTHING_CHANGED = "nothing changed"
_BUILT_IN = ("allow_private_hosts", "concurrency", "timeout", "body_bytes_max", "user_agent_contact")
_Placed = TypeVar("_Placed", Topic, FeedSpec)


class Change(Struct, frozen=True):
    """What a look brought: a good configuration that now counts, or the faults of one that does not."""

    at: datetime
    loaded: Loaded | None
    """The configuration to use from now on; None where the old one stays."""
    faults: ConfigFaults | None = None
    waits: "Change | None" = None
    """What the watchlist as it stands in the file would change, where that waits for a person's yes."""
    topics_added: tuple[TopicKey, ...] = ()
    topics_removed: tuple[TopicKey, ...] = ()
    topics_edited: tuple[TopicKey, ...] = ()
    topics_renamed: Mapping[TopicKey, TopicKey] = field(default_factory=dict)
    """By the new key the old one, of topics that are surely the same; they are neither added nor removed."""
    feeds_added: tuple[str, ...] = ()
    """Names of feeds; so are the next two."""
    feeds_removed: tuple[str, ...] = ()
    feeds_edited: tuple[str, ...] = ()
    channels_changed: tuple[str, ...] = ()
    """Names of channels that came, went or changed, their secrets included."""
    changes_access: bool = False
    """Whether the page may be opened by others than before, or with other tokens."""
    needs_restart: tuple[str, ...] = ()
    """Settings that changed and count only after a restart, in words."""
    changes_matching: bool = False
    """Whether a topic came, went or changed in more than its examples: what a plan is about."""

    def in_words(self) -> str:
        """`2 topics edited (a, b), 1 feed added (C)`, or `nothing changed`, for the log and the status page."""
        renamed = [f"{old} to {new}" for new, old in self.topics_renamed.items()]
        parts = [
            f"{noun} {verb} ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})"
            for noun, verb, names in (
                (_count(self.topics_added, "topic"), "added", self.topics_added),
                (_count(self.topics_removed, "topic"), "removed", self.topics_removed),
                (_count(self.topics_edited, "topic"), "edited", self.topics_edited),
                (_count(renamed, "topic"), "renamed", renamed),
                (_count(self.feeds_added, "feed"), "added", self.feeds_added),
                (_count(self.feeds_removed, "feed"), "removed", self.feeds_removed),
                (_count(self.feeds_edited, "feed"), "edited", self.feeds_edited),
                (_count(self.channels_changed, "channel"), "changed", self.channels_changed),
            )
            if names
        ]
        parts += ["who may open the page changed"] if self.changes_access else []
        parts += [f"{words} after a restart" for words in self.needs_restart]
        return ", ".join(parts) or NOTHING_CHANGED


class Watcher:
    """Looks at the files of one configuration and knows which of their contents is in force."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        loaded: Loaded,
        clock: Clock,
        *,
        stored: Stored | None = None,
        is_planned: Callable[[bytes], bool] = lambda body: False,
        passed: Mapping[str, str] = MappingProxyType({}),
        is_wanted: IsWanted = never,
    ) -> None:
        """`stored` looks up articles that are examples; `is_planned` says whether a person said yes to a watchlist.toml
        of this content. `passed` and `is_wanted` are those of `OwnFiles`.
        """
        self.loaded = loaded
        """What is in force."""
        self.in_force_since = clock.now()
        self.faults: ConfigFaults | None = None
        """What is wrong with the files as they stand now; None while they are what is in force."""
        self.waiting: Change | None = None
        """What the watchlist as it stands would change, while it waits for a person's yes."""
        self._is_planned = is_planned
        self.own = OwnFiles(loaded, passed, is_wanted)
        self._folder = folder
        self._environ = environ
        self._clock = clock
        self._stored = stored
        self._files: tuple[Path, ...] = loaded.files
        self._seen: Signature = ()  # nothing yet: the first look compares contents, for an edit made since `load`
        self._moving: Signature | None = None
        self._content = b""
        self._content_at_s = clock.monotonic_s()
        self._is_forced = False
        self._is_other = False
        """Whether what is in force is another since the files were read."""
        self._offered: Change | None = None

    @property
    def has_looked(self) -> bool:
        """Whether the files were read since the start: before, `faults` and `waiting` say nothing yet."""
        return bool(self._content)

    def force(self) -> None:
        """Make the next look load everything, changed or not; safe to call from a signal handler."""
        self._is_forced = True

    @property
    def folder(self) -> Path:
        """Where the files stand."""
        return self._folder

    def body(self, name: str) -> bytes:
        """As `OwnFiles.body`: what a page shows of watchlist.toml or feeds.toml, and what an edit begins with."""
        return self.own.body(name, self.loaded)

    def load_instead(self, bodies: Mapping[str, bytes]) -> Loaded:
        """The configuration with these bodies in place of its files, changing nothing. Raises `ConfigFaults`."""
        earlier = self.loaded.compiled
        return load(self._folder, self._environ, earlier.lexicon, earlier=earlier, instead=bodies, stored=self._stored)

    def look(self) -> Change | None:
        """What changed since the last look, or None.

        A good configuration comes at every look until it is accepted or rejected: only then is it known whether it
        counts. A bad one is told once per content, and the old one stays; when the files are back at what is in force,
        that is told too, with no difference in it.
        """
        signature = signature_of(self._files)
        if self._is_forced:
            self._is_forced = False
            return self._load(signature, is_asked=True)
        if signature == self._seen and (self._is_other or self._is_allowed_now()):
            return self._load(signature, is_asked=False, is_known=False)
        if signature == self._seen and self._offered is not None:
            return self._offered
        is_time = self._clock.monotonic_s() - self._content_at_s >= CONTENT_EVERY_S
        if signature == self._seen and not is_time:
            self._moving = None
            return None
        if signature != self._seen and signature != self._moving:
            self._moving = signature  # may still be half written: ask again at the next look
            return None
        return self._load(signature, is_asked=False)

    def accept(self, change: Change) -> None:
        """Note that the configuration of a change is in force from now on."""
        if change.loaded is None:
            return
        if _is_change(self.loaded, change.loaded):
            self.in_force_since = self._clock.now()
        self.loaded, self.faults, self._offered = change.loaded, None, None
        self.own.count(self.loaded)

    def follow(self, loaded: Loaded) -> None:
        """Note that what another worker wrote is in force from now on; the next look reads the files as edits upon
        it.
        """
        self.loaded, self.in_force_since = loaded, self._clock.now()
        self._offered, self._is_other = None, True

    def _is_allowed_now(self) -> bool:
        """Whether what is known, but did not count, may count since a person said yes."""
        waits = self.waiting is not None and self._may_count(self.waiting)
        return waits or (self.faults is None and self.own.is_any_wanted(self.loaded))

    def reject(self, error: ConfigError) -> Change:
        """Note that what was offered cannot be used, as if it had not loaded; the old one stays. Told once."""
        if isinstance(error, ConfigFaults):
            return self._reject(error)
        message = " ".join(part for part in (error.what, error.remedy) if part)
        return self._reject(ConfigFaults([Problem(error.where or str(self._folder), 0, message)], files=self._files))

    def _load(self, signature: Signature, *, is_asked: bool, is_known: bool = True) -> Change | None:
        """Load if the content is not the one known. A file that changes meanwhile is noticed by the next look."""
        self._content_at_s = self._clock.monotonic_s()
        self._moving = None
        content = content_of(self._files)
        is_known = is_known and not self._is_other and (content == self._content or self._is_as_it_began())
        self._is_other = False
        self._seen, self._content = signature, content
        if is_known and not is_asked:
            return self._offered
        self._offered = None
        try:
            change = self._read(is_asked=is_asked)
        except ConfigFaults as error:
            return self._reject(error)
        was_odd = self.faults is not None or self.waiting is not None
        self.waiting = change.waits
        assert change.loaded is not None, "what loads holds a configuration"
        self._remember_files(change.loaded.files)
        if not _is_change(self.loaded, change.loaded):
            if change.waits is not None:
                self.faults = None
                return replace(change, loaded=None)
            if not is_asked and not was_odd:
                return None
        self._offered = change
        return change

    def _is_as_it_began(self) -> bool:
        """Whether this is the first look, and the files are what the start read: ten thousand feeds take a second to
        load, and were loaded a moment ago.
        """
        return not self._content and not self.own.stand_in(self.loaded) and self.own.are_in_force(self.loaded)

    def _read(self, *, is_asked: bool) -> Change:
        """The files as they stand, or as far as they may count. Raises `ConfigFaults`."""
        earlier = self.loaded.compiled
        instead = self.own.stand_in(self.loaded)
        loaded = load(
            self._folder, self._environ, earlier.lexicon, earlier=earlier, instead=instead, stored=self._stored
        )
        if not is_asked and (emptied := _find_emptied(self.loaded, loaded)):
            raise ConfigFaults(emptied, files=loaded.files)
        change = compare(self.loaded, loaded, self._clock.now())
        if self._may_count(change):
            return change
        stands_in = {**instead, WATCHLIST: self.loaded.bodies[WATCHLIST]}
        loaded = load(
            self._folder, self._environ, earlier.lexicon, earlier=earlier, instead=stands_in, stored=self._stored
        )
        return replace(compare(self.loaded, loaded, self._clock.now()), waits=change)

    def _may_count(self, change: Change) -> bool:
        return change.loaded is None or may_count(change, self._is_planned)

    def _reject(self, error: ConfigFaults) -> Change:
        self._offered = self.waiting = None
        topics = self.loaded.watchlist.topics
        zone = ZoneInfo(topics[0].schedule.timezone if topics else "UTC")
        since = f"{self.in_force_since.astimezone(zone):%H:%M} {self.in_force_since.astimezone(zone).tzname()}"
        meanwhile = f"The configuration of {since} stays in force; save the file again when it is fixed."
        self.faults = ConfigFaults(error.problems, meanwhile=meanwhile, files=error.files)
        self._remember_files((*self.loaded.files, *error.files))
        return Change(at=self._clock.now(), loaded=None, faults=self.faults)

    def _remember_files(self, files: Sequence[Path]) -> None:
        """Look at these from now on; those that were not looked at before begin at what they hold now."""
        files = tuple(dict.fromkeys(files))
        if files != self._files:
            self._files = files
            self._seen, self._content = signature_of(files), content_of(files)


def _is_change(old: Loaded, new: Loaded) -> bool:
    return (
        old.content_hash != new.content_hash
        or old.secrets != new.secrets
        or old.app_tokens != new.app_tokens
        or old.web_tokens != new.web_tokens
        or old.feeds != new.feeds  # the same files with another password beside them
        or old.database_password != new.database_password
    )


def _find_emptied(old: Loaded, new: Loaded) -> list[Problem]:
    """Files that hold nothing any more: what a full disk or an editor that crashed leaves, and no wish of a person."""
    remedy = "If that is meant, say so by kill -HUP, or start the monitor anew."
    looked_at = (
        ("feeds.toml", "polled", old.feeds, new.feeds),
        ("watchlist.toml", "told", old.watchlist.topics, new.watchlist.topics),
    )
    return [
        Problem(str(new.folder / name), 0, f"the file was emptied: nothing would be {verb}. {remedy}")
        for name, verb, before, now in looked_at
        if before and not now
    ]


def may_count(change: Change, is_planned: Callable[[bytes], bool]) -> bool:
    """Whether a change may be put in force: under `apply = "planned"` one of the topics only once it was planned."""
    loaded = change.loaded
    if loaded is None or loaded.settings.watchlist.apply == "checked" or not change.changes_matching:
        return True
    return is_planned(loaded.bodies[WATCHLIST])


def compare(old: Loaded, new: Loaded, at: datetime) -> Change:
    """What a configuration changes against another."""
    topics_before = {topic.key: topic for topic in old.watchlist.topics}
    topics = {topic.key: topic for topic in new.watchlist.topics}
    are_lists_edited = dict(old.watchlist.lists) != dict(new.watchlist.lists)
    renamed = sure_renames(old.compiled, new.compiled)

    def is_edited(topic: Topic, *, forget: Callable[[Topic], Topic]) -> bool:
        before = topics_before.get(topic.key)
        return before is not None and (forget(topic) != forget(before) or (are_lists_edited and _uses_list(topic)))

    feeds_before = {feed.name: feed for feed in old.feeds}
    feeds = {feed.name: feed for feed in new.feeds}
    channels = {**old.settings.channels, **new.settings.channels}
    return Change(
        at=at,
        loaded=new,
        topics_added=tuple(key for key in topics if key not in topics_before and key not in renamed),
        topics_removed=tuple(key for key in topics_before if key not in topics and key not in renamed.values()),
        topics_edited=tuple(key for key, topic in topics.items() if is_edited(topic, forget=_without_place)),
        topics_renamed=renamed,
        changes_matching=topics.keys() != topics_before.keys()
        or any(is_edited(topic, forget=_without_examples) for topic in topics.values()),
        feeds_added=tuple(name for name in feeds if name not in feeds_before),
        feeds_removed=tuple(name for name in feeds_before if name not in feeds),
        feeds_edited=tuple(
            name
            for name, feed in feeds.items()
            if name in feeds_before and _without_place(feed) != _without_place(feeds_before[name])
        ),
        channels_changed=tuple(
            name
            for name in channels
            if old.settings.channels.get(name) != new.settings.channels.get(name)
            or old.secrets.get(ChannelName(name)) != new.secrets.get(ChannelName(name))
            or old.app_tokens.get(ChannelName(name)) != new.app_tokens.get(ChannelName(name))
        ),
        changes_access=old.web_tokens != new.web_tokens or _access_of(old) != _access_of(new),
        needs_restart=_find_restarts(old, new),
    )


def _without_place(configured: _Placed) -> _Placed:
    """The same without its line, which moves when something above it is edited."""
    return replace(configured, place="")


def _without_examples(topic: Topic) -> Topic:
    """The same without what only says how and how soon it must answer, and without its line."""
    return replace(topic, place="", must_match=(), must_not_match=(), target_s=None)


def _access_of(loaded: Loaded) -> object:
    web = loaded.settings.web
    return web.tokens, web.proxy, web.names


def _uses_list(topic: Topic) -> bool:
    return "@" in (topic.query or "") or "@" in (topic.exclude or "")


def _count(names: Sequence[str], noun: str) -> str:
    return plural(len(names), noun)


def _find_restarts(old: Loaded, new: Loaded) -> tuple[str, ...]:
    """Settings that are built into what runs: the database, the listener, the connections of the fetcher."""
    words = []
    if old.database_url != new.database_url:
        words.append("[database]")
    if old.settings.web.listen != new.settings.web.listen:
        words.append("[web] listen")
    if old.semantic_folder != new.semantic_folder:
        words.append("[matching] semantic_model")
    before, now = (loaded.settings.polling.model_dump(by_alias=True) for loaded in (old, new))
    words += [f"[polling] {key}" for key in _BUILT_IN if before[key] != now[key]]
    return tuple(words)
