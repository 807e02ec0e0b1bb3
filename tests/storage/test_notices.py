"""Notices: once for as long as a need lasts, told once, its end once. On SQLite and on PostgreSQL."""

from datetime import datetime, timedelta

import pytest

from monitor.model import Notice
from monitor.storage import notices as storage_notices
from monitor.storage.store import Store, Transaction
from tests.fakes.clock import START

KEY = "feed-fails:Gazette"


def at(minutes: float) -> datetime:
    """So long after the beginning."""
    return START + timedelta(minutes=minutes)


def raise_(tx: Transaction, minutes: float, head: str = "It fails.") -> bool:
    """Say that the feed fails."""
    return tx.notices.raise_(KEY, head, "Mend it.", "404", at(minutes))


def test_a_need_is_new_once_and_keeps_its_beginning(store: Store) -> None:
    """Said again it is not new, takes the newest words, and began when it began."""
    with store.write() as tx:
        assert raise_(tx, 0)
        assert not raise_(tx, 5, "It fails still.")
        assert tx.notices.open() == [Notice(KEY, START, "It fails still.", "Mend it.", "404")]
        assert tx.notices.clear(KEY, at(6))
        assert not tx.notices.clear(KEY, at(7))
        assert tx.notices.open() == []
        assert tx.notices.all() == [Notice(KEY, START, "It fails still.", "Mend it.", "404", None, at(6))]


def test_its_beginning_and_its_end_are_told_once(store: Store) -> None:
    """What was said of it can be read from its row, also where all happens at one moment."""
    with store.write() as tx:
        raise_(tx, 0)
        assert not tx.notices.open()[0].is_told
        tx.notices.tell([KEY], START)
        assert tx.notices.open()[0].is_told
        tx.notices.clear(KEY, at(5))
        [notice] = tx.notices.all()
        assert notice.is_told
        assert not notice.is_end_told
        tx.notices.tell([KEY], at(5))
        assert tx.notices.all()[0].is_end_told


def test_what_comes_back_before_its_end_was_told_was_never_over(store: Store) -> None:
    """Its beginning stands, and nothing is told of it anew."""
    with store.write() as tx:
        raise_(tx, 0)
        tx.notices.tell([KEY], at(1))
        tx.notices.clear(KEY, at(5))
        assert raise_(tx, 6)
        [notice] = tx.notices.open()
        assert notice.since == START
        assert notice.is_told


@pytest.mark.parametrize("minutes", [30, -30, 5])
def test_what_comes_back_later_begins_anew(store: Store, minutes: float) -> None:
    """It is untold, also after the clock was set back; when it was last told of is remembered."""
    with store.write() as tx:
        raise_(tx, 0)
        tx.notices.tell([KEY], at(1))
        tx.notices.clear(KEY, at(5))
        tx.notices.tell([KEY], at(5))
        assert raise_(tx, minutes)
        [notice] = tx.notices.open()
        assert notice.since == at(minutes)
        assert not notice.is_told
        assert notice.told_at is not None
        assert notice.told_at < notice.since


def test_notices_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In number and in size; a long key stays one key."""
    monkeypatch.setattr(storage_notices, "OPEN_MAX", 2)
    long = "topic:" + "x" * 600
    with store.write() as tx:
        assert tx.notices.raise_(long + "1", "h" * 9_000, "r" * 9_000, "d" * 90_000, START)
        assert tx.notices.raise_(long + "2", "", "", "", START)
        assert not tx.notices.raise_("third", "", "", "", START)
        assert not tx.notices.raise_(long + "1", "again", "", "", START)
        assert tx.notices.clear(long + "2", START)
        assert [notice.head for notice in tx.notices.open()] == ["again"]


def test_what_is_long_over_is_forgotten(store: Store) -> None:
    """What is open is never."""
    with store.write() as tx:
        for key in ("a", "b", "c"):
            tx.notices.raise_(key, "", "", "", START)
        tx.notices.clear("a", at(1))
        tx.notices.clear("b", at(9))
        assert tx.notices.forget(at(5), limit=10) == 1
        assert [notice.key for notice in tx.notices.all()] == ["b", "c"]
