"""What an edit does to the topics of a watchlist: which are new, gone, renamed or changed, and in what.

Effects: none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from monitor.model import Topic, TopicKey
from monitor.topics.match import CompiledTopic, CompiledWatchlist

_OF_MATCHING = frozenset({"name", "also", "query", "exclude", "level", "feedback"})
"""Keys that may change which articles answer."""
_OF_NO_KEY = frozenset({"key", "place"})
_WRITTEN = {"settle_s": "settle"}
"""How the file writes a key that the model names after its unit."""


class Change(StrEnum):
    """What became of a topic."""

    NEW = "new"
    REMOVED = "removed"
    RENAMED = "renamed"
    """It has another key, and with it a history of its own."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class TopicPair:
    """One topic before and after an edit; one of the two may be None."""

    old: CompiledTopic | None
    new: CompiledTopic | None
    change: Change
    keys: tuple[str, ...] = ()
    """Of a topic that is on both sides, the keys that differ, as the file writes them; `lists` for a list it uses."""

    @property
    def topic(self) -> Topic:
        """As it will be, or as it was where it goes."""
        one = self.new or self.old
        assert one is not None
        return one.topic

    @property
    def was(self) -> TopicKey | None:
        """The key before, where that is another."""
        return self.old.topic.key if self.change is Change.RENAMED and self.old else None

    @property
    def is_judged_alike(self) -> bool:
        """Whether the same articles answer before and after, whatever they hold."""
        return self.old is not None and self.new is not None and judges_alike(self.old, self.new)


def judges_alike(old: CompiledTopic, new: CompiledTopic) -> bool:
    """Whether two topics are sure to give the same verdict of every article."""
    if (old.query is None) != (new.query is None) or old.topic.feedback != new.topic.feedback:
        return False
    if old.query is None and (old.topic.level is not new.topic.level or old.names != new.names):
        return False
    # Compared as they were understood: a list that they name may have changed where their own text did not.
    return _root(old.query) == _root(new.query) and _root(old.exclude) == _root(new.exclude)


def _root(query: object) -> object:
    return getattr(query, "root", None)


def compare_topics(old: CompiledWatchlist | None, new: CompiledWatchlist) -> list[TopicPair]:
    """Every topic that an edit touches, in the order of the new watchlist, those that go last.

    A topic whose key is new is a renamed one where a topic that goes is judged alike, or has its name.
    """
    before = {one.topic.key: one for one in old.topics} if old else {}
    kept = {one.topic.key for one in new.topics}
    gone = [one for one in before.values() if one.topic.key not in kept]
    pairs = []
    for one in new.topics:
        was = before.get(one.topic.key)
        if was is None:
            was = _find_renamed(one, gone)
            if was is None:
                pairs.append(TopicPair(None, one, Change.NEW))
            else:
                gone.remove(was)
                pairs.append(TopicPair(was, one, Change.RENAMED, tuple(_changed_keys(was, one))))
        elif keys := tuple(_changed_keys(was, one)):
            pairs.append(TopicPair(was, one, Change.CHANGED, keys))
    return pairs + [TopicPair(one, None, Change.REMOVED) for one in gone]


def _find_renamed(topic: CompiledTopic, gone: Sequence[CompiledTopic]) -> CompiledTopic | None:
    alike = [one for one in gone if judges_alike(one, topic)]
    name = topic.topic.name.casefold()
    named = [one for one in gone if one.topic.name.casefold() == name]
    return next(iter([*alike, *named]), None)


def _changed_keys(old: CompiledTopic, new: CompiledTopic) -> Iterator[str]:
    if old is new:
        return
    found = set()
    for one in fields(Topic):
        if one.name not in _OF_NO_KEY and getattr(old.topic, one.name) != getattr(new.topic, one.name):
            found.add(one.name)
            yield _WRITTEN.get(one.name, one.name)
    if not found & _OF_MATCHING and not judges_alike(old, new):
        yield "lists"
