"""What the commands over the archive begin with: the configuration, and the database it names.

Effects: reads files, opens the database.
"""

import argparse
import getpass
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from monitor.archive import database_path, open_store
from monitor.config.example_sources import Stored
from monitor.config.load import ConfigFaults, Loaded, load, load_settings
from monitor.config.values import near_miss
from monitor.errors import MonitorError, StorageError
from monitor.model import Article, ChannelName, Topic
from monitor.pipeline.example_articles import stored_article
from monitor.starting import LoadInstead
from monitor.storage.engine import open_engine
from monitor.storage.revision import is_current
from monitor.storage.store import Store
from monitor.text import plain_line, shorten
from monitor.topics.lexicon import load_lexicon

AUTHOR_CHARS_MAX = 100
KEYS_SHOWN = 20
"""Keys listed where a topic is not there."""


def load_config(args: argparse.Namespace, *, needs_channels: bool = False) -> Loaded:
    """The configuration in `--config`; raises ConfigFaults with every fault, which `main` shows.

    Only a command that sends needs the channels' secrets; the others work in a shell that has none of them. It alone
    tries the examples that are stored articles, too.
    """
    folder = Path(args.config)
    if not needs_channels:
        return load(folder, os.environ, load_lexicon(), needs_channels=False)
    with stored_lookup(folder) as stored:
        return load(folder, os.environ, load_lexicon(), stored=stored)


@contextmanager
def stored_lookup(folder: Path) -> Iterator[Stored]:
    """What looks up the stored articles among a watchlist's examples; the archive is opened at the first of them.

    It only looks: where the archive is not there, cannot be reached or waits for an upgrade, that is said instead.
    """
    with ExitStack() as stack:
        opened: list[Store | str] = []

        def look_up(address: str) -> Article | str:
            if not opened:
                opened.append(_open_to_look(folder, stack))
            store = opened[0]
            return store if isinstance(store, str) else stored_article(store, address)

        yield look_up


def _open_to_look(folder: Path, stack: ExitStack) -> Store | str:
    try:
        store = stack.enter_context(existing_store(load_settings(folder, os.environ)))
    except ConfigFaults:
        return "needs the archive, which monitor.toml names once it is mended"
    except StorageError as error:
        return f"needs the archive ({error.what})"
    return "needs the archive, which is not there yet" if store is None else store


def load_instead(args: argparse.Namespace) -> LoadInstead:
    """Loads the folder in `--config` with other bodies in place of its files, for a command that sends."""
    return lambda bodies: load(Path(args.config), os.environ, load_lexicon(), instead=bodies)


@contextmanager
def opened_store(loaded: Loaded) -> Iterator[Store]:
    """The archive, open while the block runs; a daemon may be working on it meanwhile.

    Raises MonitorError where there is none yet: a mistyped path must not look like a healthy, empty archive.
    """
    path = database_path(loaded)
    if path is not None and not path.exists():
        raise MonitorError(
            "there is no archive yet",
            where=str(path),
            remedy="Start the monitor first (monitor run), or check database.url.",
        )
    store = open_store(loaded)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def existing_store(loaded: Loaded) -> Iterator[Store | None]:
    """The archive as it stands, to be looked at alone; None where there is none, or it waits for an upgrade.

    Nothing is made and nothing brought up. Raises StorageError where the database cannot be reached.
    """
    database = open_engine(loaded.database_url, makes_folder=False)
    try:
        yield Store(database) if is_current(database) else None
    finally:
        database.close()


def login_name() -> str:
    """Who sits at the terminal, as far as the system says; empty where it does not."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # a container's user may have no name
        return ""


def cli_author() -> str:
    """`cli:NAME` of who sits at the terminal."""
    name = shorten(plain_line(login_name()), AUTHOR_CHARS_MAX)
    return f"cli:{name}" if name else "cli"


def find_channel(loaded: Loaded, wanted: str) -> ChannelName:
    """The configured channel of that name; raises MonitorError with those there are."""
    names = sorted(loaded.settings.channels)
    if wanted in names:
        return ChannelName(wanted)
    remedy = f"{near_miss(wanted, names)}The configuration has: {', '.join(names)}."
    raise MonitorError(f'there is no channel "{wanted}"', remedy=remedy)


def find_topic(loaded: Loaded, wanted: str) -> Topic:
    """The topic of that key or name; raises MonitorError with the keys there are."""
    folded = wanted.casefold()
    for topic in loaded.watchlist.topics:
        if folded in (topic.key.casefold(), topic.name.casefold()):
            return topic
    topics = loaded.watchlist.topics
    keys = [*(topic.name for topic in topics), *(str(topic.key) for topic in topics)]
    more = f" and {len(topics) - KEYS_SHOWN} more" if len(topics) > KEYS_SHOWN else ""
    listed = ", ".join(topic.key for topic in topics[:KEYS_SHOWN]) or "none"
    remedy = f"{near_miss(wanted, keys)}The watchlist has: {listed}{more}."
    raise MonitorError(f'there is no topic "{wanted}"', remedy=remedy)
