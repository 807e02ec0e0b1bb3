"""A topic that a person makes of what they looked for: checked, then written to the watchlist as any edit is.

Effects: reads and writes files, database.
"""

import re
from dataclasses import dataclass, replace

from monitor.config.edit_topics import NewTopic, add_topics
from monitor.digests.schedule import parse_schedule
from monitor.errors import MonitorError
from monitor.logs import get_log
from monitor.text import plain_line
from monitor.views.found import free_key
from monitor.web.desk import Desk
from monitor.web.edits import noting_edit
from monitor.web.person import Person

log = get_log()

SCHEDULE = "every 1h"
"""What a topic gets unless another schedule is chosen."""
NAME_CHARS_MAX = 200
_KEY = re.compile(r"[a-z0-9-]{1,100}")


@dataclass(frozen=True, slots=True)
class Wish:
    """A topic as it was filled in."""

    key: str
    """Empty: one is made of the name."""
    name: str
    channels: tuple[str, ...]
    schedule: str
    query: str | None
    """None for a name that is matched by relevance."""


def checked_wish(desk: Desk, wish: Wish) -> Wish:
    """The wish as it can be written, with a key. Raises MonitorError, in words, where it cannot."""
    loaded = desk.force().loaded
    name = plain_line(wish.name)
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise MonitorError(
            f"a name has 1 to {NAME_CHARS_MAX} characters", remedy="Give the topic the name that digests show."
        )
    for topic in loaded.watchlist.topics:
        if topic.name.casefold() == name.casefold():
            raise MonitorError(f"there is a topic “{topic.name}” already", remedy="Choose another name.")
    keys = [str(topic.key) for topic in loaded.watchlist.topics]
    key = wish.key or free_key(name, keys)
    if not _KEY.fullmatch(key):
        raise MonitorError("a key holds a-z, 0-9 and - alone", remedy="Write it as in gulf-shipping.")
    if key in keys:
        raise MonitorError(f"there is a topic with the key {key} already", remedy="Choose another key.")
    unknown = [one for one in wish.channels if one not in loaded.settings.channels]
    if unknown or not wish.channels:
        raise MonitorError(
            "no channel was chosen" if not unknown else "there is no such channel", remedy="Choose where it is told."
        )
    parse_schedule(wish.schedule, desk.timezone)
    return replace(wish, key=key, name=name)


def add_wished(desk: Desk, person: Person, wish: Wish) -> None:
    """Write it at the end of watchlist.toml; in force with the daemon's next look. What it would bring was shown
    before, so it is planned. Raises ConfigError where the file would not load with it, or was changed meanwhile.
    """
    values: dict[str, object] = {"name": wish.name}
    values |= {"query": wish.query} if wish.query is not None else {}
    values |= {"channels": list(wish.channels), "schedule": wish.schedule}
    loaded = desk.force().loaded
    new = NewTopic(wish.key, values, f"Made of a search by {person.name}, {desk.clock.now():%Y-%m-%d}")
    noting = noting_edit(desk, person, "a search made a topic", planned=True)
    add_topics(loaded.folder, [new], loaded.compiled.lexicon, noting=noting)
    log.info("watchlist.edited", change="added", topic=wish.key, by=person.author)
