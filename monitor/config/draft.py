"""A watchlist that is being typed: read and tried as it would be loaded, without the other files being read again.

Effects: reads files of examples; asks the archive by a function it is given.
"""

import os

from msgspec import Struct

from monitor.config.example_sources import ExampleSources, Stored
from monitor.config.faults import ConfigFaults, Problem
from monitor.config.files import parse_config_file
from monitor.config.load import Loaded
from monitor.config.watchlist import read_watchlist
from monitor.topics.match import CompiledWatchlist

WATCHLIST = "watchlist.toml"


class Draft(Struct, frozen=True):
    """What would come of a text."""

    compiled: CompiledWatchlist | None
    """The watchlist, ready to match; None while it has a fault."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it, in the order of its lines; an example that fails is one."""
    notes: tuple[str, ...] = ()
    """Examples that could not be tried."""


def read_draft(body: bytes, loaded: Loaded, stored: Stored | None = None) -> Draft:
    """A watchlist beside the other files of what is in force. Topics that are as in force are taken from there."""
    path = loaded.folder / WATCHLIST
    try:
        file = parse_config_file(body, path, str(path))
    except ConfigFaults as error:
        return Draft(None, error.problems)
    sources = ExampleSources(stored, shut=frozenset(map(os.path.realpath, loaded.own_files)))
    compiled, problems = read_watchlist(
        file, set(loaded.settings.channels), loaded.compiled.lexicon, loaded.compiled, sources
    )
    if problems:
        return Draft(None, tuple(dict.fromkeys(problems)), tuple(sources.notes))
    return Draft(compiled, (), tuple(sources.notes))
