"""Which entries are the day's issue of a column: the same headline over another text, again and again.

Effects: none.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from monitor.model import Entry
from monitor.stories.identity import AliasKind, EntryKeys, Known

SERIES_GAP_S = 12 * 3_600
"""The same headline in the same feed after half a day is a column, not a print."""


def recurring_entries(
    entries: Sequence[Entry], keys: Sequence[EntryKeys], known: Known, now: datetime
) -> frozenset[int]:
    """The indexes of entries whose headline the feed had half a day or more before or after: columns, not prints.

    Of an article that was swept only the headline is known, and that it is old.
    """
    times: dict[int, list[float]] = defaultdict(list)
    at = [min(entry.published or now, now).timestamp() for entry in entries]
    for index, named in enumerate(keys):
        if AliasKind.HEADLINE in named:
            times[named[AliasKind.HEADLINE]].append(at[index])
    recurring = set()
    for index, named in enumerate(keys):
        key = named.get(AliasKind.HEADLINE)
        if key is None:
            continue
        article = known.get((AliasKind.HEADLINE, key))
        if article is not None:
            first = article.published_at or article.seen_at
            before = min(first, article.seen_at or first).timestamp() if first is not None else 0.0
            if abs(at[index] - before) >= SERIES_GAP_S:
                recurring.add(index)
                continue
        if max(times[key]) - min(times[key]) >= SERIES_GAP_S:
            recurring.add(index)
    return frozenset(recurring)
