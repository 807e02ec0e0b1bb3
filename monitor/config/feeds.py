"""The feeds of feeds.toml and of the OPML files it names, each once.

Effects: reads OPML files.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.config.faults import ConfigFaults, Problem, say_where
from monitor.config.files import ConfigFile, read_bounded
from monitor.config.places import Path as KeyPath
from monitor.config.schema import FeedsFile
from monitor.config.secrets import FeedSecrets
from monitor.config.values import is_file_name, near_miss, shown
from monitor.errors import MonitorError
from monitor.model.feeds import FeedRules, FeedSpec
from monitor.model.pages import FullText
from monitor.stories.apart import EVERY_OTHER


class FeedList(Struct):
    """Feeds gathered from several files, with what is wrong in them."""

    feeds: list[FeedSpec] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def address_key(url: str) -> str:
    """What two spellings of one feed's address share: scheme and host in lower case, no default port, no fragment."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    shown_port = f":{port}" if port and port != default else ""
    user = f"{parts.username or ''}:{parts.password or ''}@" if parts.username or parts.password else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{user}{host}{shown_port}{parts.path or '/'}{query}"


def feed_specs(entries: FeedsFile, file: ConfigFile, secrets: FeedSecrets) -> list[FeedSpec]:
    """The feeds of feeds.toml itself, in its order, each with its place; a nameless one is named by its host."""
    return [
        FeedSpec(
            name=entry.name or urlsplit(entry.url).hostname or entry.url,
            url=entry.url,
            language=entry.language,
            weight=entry.weight,
            full_text=FullText(entry.full_text) if entry.full_text is not None else None,
            place=file.place("feeds", index),
            rules=FeedRules(
                interval_s=entry.interval_s,
                obeys_skip_times=entry.skip_hours == "obey",
                headers=secrets.headers.get(index, {}),
                proxy=secrets.proxies.get(index) or entry.proxy or "",
            ),
            folder=entry.folder,
            never_merge=tuple(entry.never_merge),
        )
        for index, entry in enumerate(entries.feeds)
    ]


def find_doubles(file: ConfigFile) -> list[Problem]:
    """Feeds of feeds.toml that share a name or an address with an earlier one: such a feed would be told twice."""
    problems = []
    entries = file.values.get("feeds")
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("url"), str):
            continue
        try:
            address, host = address_key(entry["url"]), urlsplit(entry["url"]).hostname or ""
        except ValueError:
            continue  # the address itself is a fault of its own
        name = entry.get("name") or host
        for key, value, other in (("url", address, "Remove one of the two."), ("name", name, "Rename one of the two.")):
            if not isinstance(value, str):
                continue
            first = seen.setdefault((key, value.casefold() if key == "name" else value), index)
            if first != index:
                path: KeyPath = ("feeds", index, key)
                message = f"`{key}` is that of the feed on line {file.places.line(('feeds', first))} as well. {other}"
                problems.append(
                    Problem(file.shown_path, file.places.line(path), say_where(path, file.values) + message)
                )
    return problems


def find_unknown_apart(file: ConfigFile, feeds: Iterable[FeedSpec]) -> list[Problem]:
    """Names in `never_merge` that no feed has, and that of the feed itself: such a line would keep nothing apart.

    `feeds` are all there are, those of OPML files among them.
    """
    names = {feed.name.casefold(): feed.name for feed in feeds}
    problems = []
    entries = file.values.get("feeds")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        listed = entry.get("never_merge") if isinstance(entry, Mapping) else None
        for number, name in enumerate(listed if isinstance(listed, list) else []):
            if not isinstance(name, str) or not name or name == EVERY_OTHER:
                continue  # not a name is a fault of the shape
            own = entry.get("name")
            if name.casefold() not in names:
                near = near_miss(name, list(names.values()))
                fault = f'names {shown(name)}, and no feed is called that. {near}Write "*" for all other feeds.'
            elif isinstance(own, str) and name.casefold() == own.casefold():
                fault = "names the feed itself, whose articles may always meet. Take it away."
            else:
                continue
            path: KeyPath = ("feeds", index, "never_merge", number)
            message = f"{say_where(path, file.values)}`never_merge` {number + 1} {fault}"
            problems.append(Problem(file.shown_path, file.places.line(path), message))
    return problems


def gather_feeds(entries: FeedsFile | None, file: ConfigFile, secrets: FeedSecrets) -> FeedList:
    """The feeds of feeds.toml and then those of its OPML files, each address once; the latter alone without `entries`.

    What feeds.toml says of a feed counts before what an OPML file says. A name that is taken gets its host behind it,
    so that lists exported by other programs, where every second feed is called News, load as they are.
    """
    gathered = FeedList(feeds=feed_specs(entries, file, secrets) if entries else [])
    found: list[FeedSpec] = []
    listed = file.values.get("opml")
    for index, name in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(name, str) or not is_file_name(name):
            continue  # a fault of the shape
        found += _read_opml_file(name, index, file, gathered)
    gathered.feeds += new_feeds(gathered.feeds, found)
    return gathered


def new_feeds(known: Iterable[FeedSpec], found: Iterable[FeedSpec]) -> list[FeedSpec]:
    """The feeds found whose address is not known yet, each once, under names that are not taken yet."""
    found = list(found)
    if not found:
        return []  # most have no OPML file, and a command's start would take apart each address for nothing
    known = list(known)
    addresses = {address_key(feed.url) for feed in known}
    names = {feed.name.casefold() for feed in known}
    new = []
    for feed in found:
        address = address_key(feed.url) if is_web_address(feed.url) else feed.url
        if address not in addresses:
            feed = replace(feed, name=_free_name(feed, names))
            addresses.add(address)
            names.add(feed.name.casefold())
            new.append(feed)
    return new


def _read_opml_file(name: str, index: int, file: ConfigFile, gathered: FeedList) -> list[FeedSpec]:
    path = file.path.parent / name
    shown_path = str(Path(file.shown_path).parent / name)
    gathered.files.append(path)
    line = file.places.line(("opml", index))
    try:
        body = read_bounded(path, shown_path, "")
        # Few configurations name such a list, and what reads one loads parsers of its own: at each command's start.
        feeds: list[FeedSpec] = list(import_module("monitor.feeds.opml").read_opml(body, shown_path))
    except ConfigFaults as error:
        said = error.problems[0].message.strip()
        gathered.problems.append(
            Problem(
                file.shown_path, line, f"`opml` {index + 1} is {shown(name)}: {said} It is looked for beside this file."
            )
        )
        return []
    except MonitorError as error:
        gathered.problems.append(Problem(file.shown_path, line, f"`opml` {index + 1}: {error}"))
        return []
    gathered.bodies.append(body)
    good = []
    for feed in feeds:
        if is_web_address(feed.url):
            good.append(feed)
        else:
            where, _, number = feed.place.rpartition(":")
            line = int(number) if number.isdigit() else 0
            message = f"feed {shown(feed.name)}: {shown(feed.url)} is not an address. Correct it, or remove the feed."
            gathered.problems.append(Problem(where if line else shown_path, line, message))
    return good


def is_web_address(url: str) -> bool:
    """Whether it is an http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _free_name(feed: FeedSpec, taken: set[str]) -> str:
    host = urlsplit(feed.url).hostname if is_web_address(feed.url) else None
    name = feed.name or host or feed.url
    if name.casefold() not in taken:
        return name
    base, number = f"{name} ({host or feed.url})", 2
    name = base
    while name.casefold() in taken:
        name, number = f"{base[:-1]}, {number})", number + 1
    return name
