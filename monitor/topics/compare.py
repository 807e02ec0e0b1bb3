"""What an edit does to the topics of a watchlist: which are new, gone, renamed or changed, and in what.

Effects: none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from monitor.model import Topic, TopicKey
from monitor.topics.match import CompiledTopic, CompiledWatchlist

_OF_MATCHING = frozenset({"name", "also", "query", "exclude", "level", "feedback"})
"""Keys that may change which articles answer."""
_OF_NO_KEY = frozenset({"key", "place"})
_WRITTEN = {"settle_s": "settle", "target_s": "target"}
"""How the file writes a key that the model names after its unit."""


class Change(StrEnum):
    """What became of a topic."""

    NEW = "new"
    REMOVED = "removed"
    RENAMED = "renamed"
    """It has another key; where it is surely the same topic, what waits, marks and mutes go with it."""
    CHANGED = "changed"


class TopicPair(Struct, frozen=True):
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

    @property
    def is_sure(self) -> bool:
        """Whether a renamed topic is surely the old one: the same articles answer it."""
        return self.change is Change.RENAMED and self.is_judged_alike


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

    A topic whose key is new is a renamed one where a topic that goes is judged alike, or has its name; where several
    are judged alike, only the one that has its name too.
    """
    before = {one.topic.key: one for one in old.topics} if old else {}
    kept = {one.topic.key for one in new.topics}
    gone = [one for one in before.values() if one.topic.key not in kept]
    renamed = _find_renamed(gone, [one for one in new.topics if one.topic.key not in before]) if gone else {}
    pairs = []
    for one in new.topics:
        was = before.get(one.topic.key)
        if was is not None:
            if keys := tuple(_changed_keys(was, one)):
                pairs.append(TopicPair(was, one, Change.CHANGED, keys))
        elif (was := renamed.get(one.topic.key)) is not None:
            pairs.append(TopicPair(was, one, Change.RENAMED, tuple(_changed_keys(was, one))))
        else:
            pairs.append(TopicPair(None, one, Change.NEW))
    went_on = {one.topic.key for one in renamed.values()}
    return pairs + [TopicPair(one, None, Change.REMOVED) for one in gone if one.topic.key not in went_on]


def sure_renames(old: CompiledWatchlist, new: CompiledWatchlist) -> dict[TopicKey, TopicKey]:
    """By their new keys, the old keys of topics that are surely the same under another."""
    pairs = [pair for pair in compare_topics(old, new) if pair.is_sure]
    return {pair.topic.key: pair.was for pair in pairs if pair.was is not None}


def _find_renamed(gone: Sequence[CompiledTopic], come: Sequence[CompiledTopic]) -> dict[TopicKey, CompiledTopic]:
    """By the new key, the topic that it was: first those with name and query, then with one of them, if one alone."""
    left, found = list(gone), dict[TopicKey, CompiledTopic]()
    for is_same in (_is_whole, judges_alike, _has_name):
        news = [one for one in come if one.topic.key not in found]
        by_new = {one.topic.key: [old for old in left if is_same(old, one)] for one in news}
        claims = Counter(old.topic.key for olds in by_new.values() for old in olds)
        for key, olds in by_new.items():
            if len(olds) == 1 and claims[olds[0].topic.key] == 1:
                found[key] = olds[0]
                left.remove(olds[0])
    return found


def _is_whole(old: CompiledTopic, new: CompiledTopic) -> bool:
    return _has_name(old, new) and judges_alike(old, new)


def _has_name(old: CompiledTopic, new: CompiledTopic) -> bool:
    return old.topic.name.casefold() == new.topic.name.casefold()


def _changed_keys(old: CompiledTopic, new: CompiledTopic) -> Iterator[str]:
    if old is new:
        return
    found = set()
    for name in Topic.__struct_fields__:
        if name not in _OF_NO_KEY and getattr(old.topic, name) != getattr(new.topic, name):
            found.add(name)
            yield _WRITTEN.get(name, name)
    if not found & _OF_MATCHING and not judges_alike(old, new):
        yield "lists"
