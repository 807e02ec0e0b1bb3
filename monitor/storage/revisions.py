"""Configurations that were in force, and who wrote what comes next.

A text is kept once for a run of revisions that share it, with the first of them: of a hundred thousand feeds an edit
of the watchlist keeps no second copy.

Effects: database.
"""

import hashlib
import zlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row

from monitor.storage.care_tables import CONFIG_EDIT, CONFIG_REVISION
from monitor.storage.rows import take_ids, upsert

BY_FILE = "file"
"""The author of an edit that none of our commands wrote: somebody's editor."""
KEPT_MAX = 1_000
"""Revisions kept, the newest: ten edits a day are kept for more than 90 days."""
BYTES_MAX = 200_000_000
"""Of all kept texts together, compressed; only the longest lists of feeds, edited hundreds of times, come near."""
WORDS_MAX = 2_000
"""Of a note and of a change in words."""
_LOCK = 0x6E6D_4346  # of this program and this table: one number among the advisory locks of a database


class RevisionHead(Struct, frozen=True):
    """A configuration that was in force, without its texts. A hash is SHA-256 in hex of a whole file."""

    id: int
    at: datetime
    author: str
    """`file`, `cli:NAME`, `slack:U…` or `web:NAME`."""
    note: str
    change: str
    """What changed against the one before, in words."""
    monitor_hash: str
    feeds_hash: str
    watchlist_hash: str

    @property
    def texts(self) -> dict[str, str]:
        """The hashes of the two files whose texts are kept, by file name."""
        return {"watchlist.toml": self.watchlist_hash, "feeds.toml": self.feeds_hash}


class Revision(RevisionHead, frozen=True):
    """A configuration that was in force; its texts encode to the very bytes of the files."""

    watchlist: str
    feeds: str

    @property
    def bodies(self) -> dict[str, bytes]:
        """The files by name, as `config.load` takes them instead of those that stand there."""
        return {"watchlist.toml": self.watchlist.encode(), "feeds.toml": self.feeds.encode()}


class Edit(Struct, frozen=True):
    """Who wrote a file of some content, and how it is meant."""

    body_hash: str
    at: datetime
    author: str
    note: str
    planned: bool
    """Whether a person saw what it would change and said yes."""
    replay_s: int
    """How far back its new topics look into the archive; 0 for not at all."""


def body_hash(body: bytes) -> str:
    """How a whole file is known: SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()


class RevisionTable:
    """Questions and changes of revisions and edits."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def hold(self) -> None:
        """Wait until nobody puts a configuration in force, and keep it so to the end of the transaction.

        The first thing of such a transaction, before the first question it rests on. On SQLite there is one writer.
        """
        if self._db.dialect.name == "postgresql":
            self._db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))

    def head(self) -> RevisionHead | None:
        """The latest revision, without its texts; None before the first."""
        row = self._db.execute(_heads().limit(1)).first()
        return _to_head(row) if row else None

    def latest(self) -> Revision | None:
        """The latest revision: what was put in force last; None before the first."""
        head = self.head()
        return None if head is None else self._whole(head)

    def get(self, revision_id: int) -> Revision | None:
        """One revision, or None."""
        row = self._db.execute(_heads().where(CONFIG_REVISION.c.id == revision_id)).first()
        return self._whole(_to_head(row)) if row else None

    def before(self, revision_id: int) -> Revision | None:
        """The revision before this one, or None."""
        row = self._db.execute(_heads().where(CONFIG_REVISION.c.id < revision_id).limit(1)).first()
        return self._whole(_to_head(row)) if row else None

    def after(self, revision_id: int) -> int | None:
        """The number of the revision behind this one, or None."""
        behind = sa.select(sa.func.min(CONFIG_REVISION.c.id)).where(CONFIG_REVISION.c.id > revision_id)
        found: int | None = self._db.execute(behind).scalar()
        return found

    def other(self, head: RevisionHead, name: str) -> Revision | None:
        """The latest revision before this one that had another watchlist.toml, or feeds.toml; None where none had."""
        column = {"watchlist.toml": "watchlist_hash", "feeds.toml": "feeds_hash"}[name]
        differs = sa.and_(CONFIG_REVISION.c.id < head.id, CONFIG_REVISION.c[column] != getattr(head, column))
        row = self._db.execute(_heads().where(differs).limit(1)).first()
        return self._whole(_to_head(row)) if row else None

    def listed(self, limit: int = KEPT_MAX, *, before: int | None = None) -> list[RevisionHead]:
        """The newest revisions, the newest first; those before one, where it is named."""
        heads = _heads() if before is None else _heads().where(CONFIG_REVISION.c.id < before)
        return [_to_head(row) for row in self._db.execute(heads.limit(limit))]

    def with_watchlist(self, body_hash: str) -> Revision | None:
        """The newest revision with a watchlist.toml of this content, or None."""
        row = self._db.execute(_heads().where(CONFIG_REVISION.c.watchlist_hash == body_hash).limit(1)).first()
        return self._whole(_to_head(row)) if row else None

    def knows(self, body_hash: str) -> bool:
        """Whether a file of this content was in force, as far as the log goes back."""
        either = sa.or_(CONFIG_REVISION.c.watchlist_hash == body_hash, CONFIG_REVISION.c.feeds_hash == body_hash)
        return self._db.execute(sa.select(CONFIG_REVISION.c.id).where(either).limit(1)).first() is not None

    def knows_monitor(self, monitor_hash: str) -> bool:
        """Whether a monitor.toml of this content was in force, as far as the log goes back."""
        same = CONFIG_REVISION.c.monitor_hash == monitor_hash
        return self._db.execute(sa.select(CONFIG_REVISION.c.id).where(same).limit(1)).first() is not None

    def record(
        self, *, watchlist: bytes, feeds: bytes, monitor_hash: str, change: str, at: datetime
    ) -> RevisionHead | None:
        """Note that this configuration is in force; None, and nothing noted, where the latest is the same.

        Its author is who noted an edit of that content, else `file`; such an edit is used up by it, unless its new
        topics still have to look into the archive.
        """
        last = self.head()
        hashes = {"watchlist": body_hash(watchlist), "feeds": body_hash(feeds)}
        before = {} if last is None else {"watchlist": last.watchlist_hash, "feeds": last.feeds_hash}
        if before == hashes and last is not None and last.monitor_hash == monitor_hash:
            return None
        [number] = take_ids(self._db, "config_revision", 1)
        edited = [hashed for name, hashed in hashes.items() if before.get(name) != hashed]
        edits = [edit for edit in map(self.edit_of, edited) if edit is not None]
        done = sa.and_(CONFIG_EDIT.c.body_hash.in_(edited), CONFIG_EDIT.c.replay_s == 0)
        self._db.execute(sa.delete(CONFIG_EDIT).where(done))
        author, note = (edits[0].author, edits[0].note) if edits else (BY_FILE, "")
        head = RevisionHead(
            number, at, author, note, change[:WORDS_MAX], monitor_hash, hashes["feeds"], hashes["watchlist"]
        )
        texts = {"watchlist": watchlist, "feeds": feeds}
        kept = {name: zlib.compress(text) if hashes[name] in edited else b"" for name, text in texts.items()}
        values = {name: getattr(head, name) for name in RevisionHead.__struct_fields__}
        self._db.execute(sa.insert(CONFIG_REVISION).values(**values, **kept))
        return head

    def note_edit(
        self,
        body_hash: str,
        author: str,
        at: datetime,
        *,
        note: str = "",
        planned: bool = False,
        replay_s: int = 0,
    ) -> None:
        """Note who writes a file of this content, before it is written, so that its revision knows its author.

        Where the content is in force already and its author unknown, that is mended too.
        """
        values = {"body_hash": body_hash, "at": at, "author": author, "note": note[:WORDS_MAX]}
        row = values | {"planned": planned, "replay_s": replay_s}
        upsert(self._db, CONFIG_EDIT, [row], update=["at", "author", "note", "planned", "replay_s"])
        last = self.head()
        if last is not None and last.author == BY_FILE and body_hash in (last.watchlist_hash, last.feeds_hash):
            mended = {"author": author, "note": values["note"]}
            self._db.execute(sa.update(CONFIG_REVISION).where(CONFIG_REVISION.c.id == last.id).values(**mended))

    def edit_of(self, body_hash: str) -> Edit | None:
        """The edit noted for a file of this content and not in force yet, or None."""
        row = self._db.execute(sa.select(CONFIG_EDIT).where(CONFIG_EDIT.c.body_hash == body_hash)).first()
        return Edit(**row._mapping) if row else None

    def use_up(self, body_hash: str) -> None:
        """Forget an edit that was taken: the same content written again later is another edit."""
        self._db.execute(sa.delete(CONFIG_EDIT).where(CONFIG_EDIT.c.body_hash == body_hash))

    def forget(self, edits_before: datetime) -> int:
        """Remove revisions beyond the bounds, and edits from before then that never counted; how many revisions went.

        The latest always stays.
        """
        self._db.execute(sa.delete(CONFIG_EDIT).where(CONFIG_EDIT.c.at < edits_before))
        size = sa.func.length(CONFIG_REVISION.c.feeds) + sa.func.length(CONFIG_REVISION.c.watchlist)
        newest = sa.select(CONFIG_REVISION.c.id, size).order_by(CONFIG_REVISION.c.id.desc()).limit(KEPT_MAX)
        first_kept, total = 0, 0
        for number, length in self._db.execute(newest).all():
            total += length
            if first_kept and total > BYTES_MAX:
                break
            first_kept = number
        gone = CONFIG_REVISION.c.id < first_kept
        if not self._db.execute(sa.select(sa.func.count()).where(gone)).scalar():
            return 0
        head = _to_head(self._db.execute(_heads().where(CONFIG_REVISION.c.id == first_kept)).one())
        own = {name: self._body(head, name) for name in ("feeds", "watchlist")}
        self._db.execute(sa.update(CONFIG_REVISION).where(CONFIG_REVISION.c.id == first_kept).values(**own))
        return self._db.execute(sa.delete(CONFIG_REVISION).where(gone)).rowcount

    def _whole(self, head: RevisionHead) -> Revision:
        values = {name: getattr(head, name) for name in RevisionHead.__struct_fields__}
        watchlist, feeds = (zlib.decompress(self._body(head, name)).decode() for name in ("watchlist", "feeds"))
        return Revision(**values, watchlist=watchlist, feeds=feeds)

    def _body(self, head: RevisionHead, name: str) -> bytes:
        """A compressed text: it stands with the first revision of the run that shares it."""
        column = CONFIG_REVISION.c[name]
        holds = sa.and_(
            CONFIG_REVISION.c.id <= head.id,
            CONFIG_REVISION.c[f"{name}_hash"] == getattr(head, f"{name}_hash"),
            sa.func.length(column) > 0,
        )
        found = sa.select(column).where(holds).order_by(CONFIG_REVISION.c.id.desc()).limit(1)
        return bytes(self._db.execute(found).scalar_one())


def _heads() -> sa.Select[Any]:
    columns = [CONFIG_REVISION.c[name] for name in RevisionHead.__struct_fields__]
    return sa.select(*columns).order_by(CONFIG_REVISION.c.id.desc())


def _to_head(row: Row[Any]) -> RevisionHead:
    return RevisionHead(**row._mapping)
