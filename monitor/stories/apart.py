"""Which feeds a person wants kept apart: their articles are never put into one story.

Effects: none.
"""

from collections.abc import Iterable

from msgspec import Struct

from monitor.model.feeds import FeedSpec

EVERY_OTHER = "*"
"""What stands in `never_merge` for all other feeds, also those that come later."""


class Apart(Struct, frozen=True):
    """The feeds' `never_merge`, asked by the feeds' names; it holds both ways, whichever of the two says so."""

    alone: frozenset[str] = frozenset()
    """Feeds whose articles never meet those of any other feed."""
    pairs: frozenset[tuple[str, str]] = frozenset()
    """Two names each, in both orders."""

    def __bool__(self) -> bool:
        """Whether anything is kept apart at all."""
        return bool(self.alone or self.pairs)

    def forbids(self, feed_a: str, feed_b: str) -> bool:
        """Whether an article of one may not stand in a story with one of the other. A feed may always meet itself."""
        if feed_a == feed_b or not self:
            return False
        return feed_a in self.alone or feed_b in self.alone or (feed_a, feed_b) in self.pairs


NOTHING_APART = Apart()


def keep_apart(feeds: Iterable[FeedSpec]) -> Apart:
    """What the configured feeds say of each other; names are taken in upper and lower case alike."""
    feeds = list(feeds)
    names = {feed.name.casefold(): feed.name for feed in feeds}
    alone: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for feed in feeds:
        for other in feed.never_merge:
            if other == EVERY_OTHER:
                alone.add(feed.name)
            else:
                name = names.get(other.casefold(), other)
                pairs |= {(feed.name, name), (name, feed.name)}
    return Apart(frozenset(alone), frozenset(pairs))
