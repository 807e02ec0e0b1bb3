"""Configurations that were in force come back byte for byte, with their author. On SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from monitor.storage import revisions
from monitor.storage.revisions import RevisionHead, body_hash
from monitor.storage.store import Store
from tests.fakes.clock import START

FEEDS = '[[feeds]]\r\nname = "Straße"\r\n'.encode()
ONE = "# räumt auf\n[topics.a]\nname = 'A'\n".encode()
TWO = ONE + b"[topics.b]\nname = 'B'\n"


def record(store: Store, watchlist: bytes, feeds: bytes = FEEDS, monitor: str = "m") -> RevisionHead | None:
    """Put a configuration in force."""
    with store.write() as tx:
        return tx.revisions.record(
            watchlist=watchlist, feeds=feeds, monitor_hash=body_hash(monitor.encode()), change="said", at=START
        )


def note(store: Store, body: bytes, author: str = "cli:ann", **said: object) -> None:
    """Note who writes a file."""
    with store.write() as tx:
        tx.revisions.note_edit(body_hash(body), author, START, **said)  # type: ignore[arg-type]


def test_a_configuration_comes_back_byte_for_byte(store: Store) -> None:
    """Texts are shared by a run of revisions, and each has its own all the same."""
    for body in (ONE, TWO, ONE):
        assert record(store, body) is not None
    assert record(store, ONE) is None, "the same again is no revision"
    assert record(store, ONE, monitor="other") is not None
    with store.read() as tx:
        whole = [tx.revisions.get(head.id) for head in tx.revisions.listed()]
        latest = tx.revisions.latest()
        before = tx.revisions.before(4)
        assert tx.revisions.get(99) is None
    assert [one and one.bodies["watchlist.toml"] for one in whole] == [ONE, ONE, TWO, ONE]
    assert {one and one.bodies["feeds.toml"] for one in whole} == {FEEDS}
    assert latest is not None
    assert latest.id == 4
    assert before is not None
    assert before.id == 3


def test_the_author_is_who_noted_the_edit(store: Store) -> None:
    """An edit is used up by its revision: the same content written by hand later is somebody else's."""
    note(store, TWO, note="for Jo", planned=True)
    record(store, ONE)
    with store.read() as tx:
        edit = tx.revisions.edit_of(body_hash(TWO))
    assert edit is not None
    assert (edit.planned, edit.replay_s) == (True, 0)
    for body in (TWO, ONE, TWO):
        record(store, body)
    with store.read() as tx:
        assert [(head.author, head.note) for head in tx.revisions.listed()] == [
            ("file", ""),
            ("file", ""),
            ("cli:ann", "for Jo"),
            ("file", ""),
        ]


def test_an_edit_whose_topics_look_back_stays_until_they_did(store: Store) -> None:
    """A stop between the two loses no look into the archive."""
    record(store, ONE)
    note(store, TWO, replay_s=60)
    record(store, TWO)
    record(store, TWO, monitor="other")
    with store.read() as tx:
        edit, latest = tx.revisions.edit_of(body_hash(TWO)), tx.revisions.latest()
        assert latest is not None
        other = tx.revisions.other(latest, "watchlist.toml")
    assert edit is not None
    assert edit.replay_s == 60
    assert other is not None
    assert other.watchlist.encode() == ONE


def test_who_says_later_that_it_was_planned_is_its_author(store: Store) -> None:
    """A file edited by hand counts at once; the person who then applies its plan is known, and nobody is displaced."""
    record(store, ONE)
    note(store, ONE)
    note(store, ONE, "cli:bob")
    with store.read() as tx:
        head = tx.revisions.head()
        assert head is not None
        assert head.author == "cli:ann"
        assert tx.revisions.edit_of(body_hash(ONE)) is not None
    with store.write() as tx:
        tx.revisions.use_up(body_hash(ONE))
    with store.read() as tx:
        assert tx.revisions.edit_of(body_hash(ONE)) is None


def test_the_log_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay, and the oldest of them keeps the texts it shared with one that went."""
    monkeypatch.setattr(revisions, "KEPT_MAX", 3)
    for number in range(6):
        record(store, TWO, monitor=str(number))
    note(store, ONE)
    with store.write() as tx:
        assert tx.revisions.forget(START) == 3
        assert tx.revisions.edit_of(body_hash(ONE)) is not None
        assert tx.revisions.forget(START + timedelta(days=1)) == 0
        assert tx.revisions.edit_of(body_hash(ONE)) is None
    with store.read() as tx:
        assert [head.id for head in tx.revisions.listed()] == [6, 5, 4]
        latest = tx.revisions.latest()
    assert latest is not None
    assert latest.bodies == {"watchlist.toml": TWO, "feeds.toml": FEEDS}
    monkeypatch.setattr(revisions, "BYTES_MAX", 1)
    with store.write() as tx:
        assert tx.revisions.forget(START) == 1, "an edit that keeps no text takes no room"
        assert tx.revisions.latest() == latest
