"""Two runs over the same news, compared telling by telling.

Two tellings are one where topic and channel are the same and so is the story: it is led by the same article, or shares
one. Each telling is paired once, with the nearest in time.

Effects: none.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from monitor.model import ChannelName, Telling, TopicKey


class Difference(StrEnum):
    """How two runs differ in one telling."""

    ONLY_BEFORE = "only_before"
    ONLY_AFTER = "only_after"
    MOVED = "moved"
    """Both tell it, at another time."""
    SAME = "same"


class Retold(Struct, frozen=True):
    """One telling of either run, or of both."""

    before: Telling | None
    after: Telling | None
    difference: Difference

    @property
    def telling(self) -> Telling:
        """The one there is; of two, the one before."""
        found = self.before or self.after
        assert found is not None
        return found

    @property
    def at(self) -> datetime:
        """When it was told first in either."""
        return min(one.told_at for one in (self.before, self.after) if one is not None)


def compare_tellings(
    before: Sequence[Telling], after: Sequence[Telling], *, tolerance: timedelta = timedelta(0)
) -> list[Retold]:
    """Every telling of both, in the order of their times; one that comes within the tolerance is the same."""
    open_after: dict[tuple[TopicKey, ChannelName], list[Telling]] = defaultdict(list)
    for telling in after:
        open_after[telling.topic, telling.channel].append(telling)
    found: list[Retold] = []
    for telling in before:
        others = open_after[telling.topic, telling.channel]
        other = _nearest(telling, others)
        if other is None:
            found.append(Retold(telling, None, Difference.ONLY_BEFORE))
            continue
        others.remove(other)
        is_same = abs(other.told_at - telling.told_at) <= tolerance
        found.append(Retold(telling, other, Difference.SAME if is_same else Difference.MOVED))
    found += [Retold(None, one, Difference.ONLY_AFTER) for others in open_after.values() for one in others]
    return sorted(found, key=_place)


def _nearest(telling: Telling, others: Sequence[Telling]) -> Telling | None:
    alike = [one for one in others if one.members & telling.members]
    return min(alike, key=lambda one: (one.url != telling.url, abs(one.told_at - telling.told_at)), default=None)


def _place(one: Retold) -> tuple[datetime, str, str, str, str]:
    telling = one.telling
    return (one.at, telling.topic, telling.channel, telling.headline, telling.url)
