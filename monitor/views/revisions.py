"""The configurations that were in force, a page at a time, with what each changed in words.

Effects: database.
"""

from dataclasses import dataclass

from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True)
class Listed:
    """A configuration that was in force."""

    head: RevisionHead
    change: str
    """What it changed, in words; never empty."""
    is_latest: bool


@dataclass(frozen=True, slots=True)
class RevisionsPage:
    """Some of them, the newest first."""

    items: tuple[Listed, ...]
    older: int | None
    """What to go on before; None at the end."""


def read_revisions(store: Store, limit: int, before: int | None = None) -> RevisionsPage:
    """The newest revisions, or the newest before one."""
    with store.read() as tx:
        heads = tx.revisions.listed(limit + 1, before=before)
        newest = tx.revisions.head()
    shown = heads[:limit]
    return RevisionsPage(
        tuple(
            Listed(head, say_change(head, heads[place + 1] if place + 1 < len(heads) else None), head == newest)
            for place, head in enumerate(shown)
        ),
        shown[-1].id if len(heads) > len(shown) else None,
    )


def say_change(head: RevisionHead, before: RevisionHead | None) -> str:
    """What a revision changed against the one before it, in words."""
    return head.change or say_unchanged(head, before)


def say_unchanged(head: RevisionHead, before: RevisionHead | None) -> str:
    """What can be said of a revision that changed no topic, feed or channel."""
    if before is None:
        return "the first one kept"
    hashes = (
        ("watchlist.toml", head.watchlist_hash, before.watchlist_hash),
        ("feeds.toml", head.feeds_hash, before.feeds_hash),
        ("monitor.toml", head.monitor_hash, before.monitor_hash),
    )
    edited = " and ".join(name for name, now, then in hashes if now != then)
    return f"{edited} edited, no topic, feed or channel differs" if edited else "nothing differs"
