"""The configurations that were in force, a page at a time, with what each changed in words.

Effects: database.
"""

from msgspec import Struct
from msgspec.structs import replace

from monitor.logs import redact
from monitor.storage.revisions import RevisionHead
from monitor.storage.store import Store
from monitor.views.difference import DiffLine, read_difference
from monitor.views.feeds_file import without_keys


class Listed(Struct, frozen=True):
    """A configuration that was in force."""

    head: RevisionHead
    change: str
    """What it changed, in words; never empty."""
    is_latest: bool


class RevisionsPage(Struct, frozen=True):
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


class FileDifference(Struct, frozen=True):
    """How one file differs between two configurations."""

    name: str
    lines: list[DiffLine]
    is_cut: bool


class Comparison(Struct, frozen=True):
    """A configuration that was in force, beside another."""

    listed: Listed
    watchlist: str
    """The whole text of its watchlist.toml."""
    other: RevisionHead | None
    """The one before it, or the one that was asked for; None where there is none."""
    files: tuple[FileDifference, ...]
    """watchlist.toml first; those that are the same are left out."""
    is_monitor_edited: bool
    """Whether monitor.toml differs, of which no text is kept."""
    latest: int
    """The newest revision."""
    has_latest_watchlist: bool
    """Whether its watchlist.toml is that of the newest."""
    has_latest_feeds: bool
    newer: int | None
    older: int | None


def read_comparison(store: Store, number: int, against: int | None = None) -> Comparison | None:
    """A revision beside the one before it, or another; None where either is not kept."""
    with store.read() as tx:
        one = tx.revisions.get(number)
        before = tx.revisions.before(number)
        other = before if against is None else tx.revisions.get(against)
        newest = tx.revisions.head()
        newer = tx.revisions.after(number)
    if one is None or newest is None or (against is not None and other is None):
        return None
    files = []
    for name in ("watchlist.toml", "feeds.toml"):
        if other is None:
            break
        # Compared as they are and hidden afterwards, so that a key which changed is seen to have changed.
        lines, is_cut = read_difference(other.bodies[name].decode(), one.bodies[name].decode())
        hide = redact if name == "watchlist.toml" else without_keys
        if lines:
            files.append(FileDifference(name, [replace(line, text=hide(line.text)) for line in lines], is_cut))
    return Comparison(
        listed=Listed(one, say_change(one, before), one.id == newest.id),
        watchlist=one.watchlist,
        other=other,
        files=tuple(files),
        is_monitor_edited=other is not None and other.monitor_hash != one.monitor_hash,
        latest=newest.id,
        has_latest_watchlist=one.watchlist_hash == newest.watchlist_hash,
        has_latest_feeds=one.feeds_hash == newest.feeds_hash,
        newer=newer,
        older=before.id if before is not None else None,
    )
