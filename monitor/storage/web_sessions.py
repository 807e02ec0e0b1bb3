"""Who is signed in at the page.

Effects: database.
"""

from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection

from monitor.storage.web_tables import WEB_SESSION

PER_NAME_MAX = 100
"""Browsers that are signed in with one token; one more ends the session that was idle longest."""


class WebSession(Struct, frozen=True):
    """A browser that is signed in."""

    key_hash: str
    """SHA-256 in hex of what its cookie holds."""
    name: str
    token_hash: str
    began_at: datetime
    seen_at: datetime
    until: datetime


class WebSessionTable:
    """Questions and changes of sessions."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, session: WebSession) -> None:
        """Begin one; of those of the same name, the ones idle longest end where there are too many."""
        values = {name: getattr(session, name) for name in ("key_hash", "name", "token_hash")}
        times = {name: getattr(session, name) for name in ("began_at", "seen_at", "until")}
        self._db.execute(sa.insert(WEB_SESSION).values(**values, **times))
        of_name = sa.select(WEB_SESSION.c.key_hash).where(WEB_SESSION.c.name == session.name)
        newest_first = of_name.order_by(WEB_SESSION.c.seen_at.desc(), WEB_SESSION.c.began_at.desc())
        too_many = list(self._db.execute(newest_first.offset(PER_NAME_MAX)).scalars())
        if too_many:
            self._db.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.key_hash.in_(too_many)))

    def get(self, key_hash: str) -> WebSession | None:
        """One session, whether or not it may still be used."""
        row = self._db.execute(sa.select(WEB_SESSION).where(WEB_SESSION.c.key_hash == key_hash)).first()
        if row is None:
            return None
        return WebSession(row.key_hash, row.name, row.token_hash, row.began_at, row.seen_at, row.until)

    def note_seen(self, key_hash: str, now: datetime) -> None:
        """Its browser asked for something."""
        self._db.execute(sa.update(WEB_SESSION).where(WEB_SESSION.c.key_hash == key_hash).values(seen_at=now))

    def end(self, key_hash: str) -> None:
        """Sign out."""
        self._db.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.key_hash == key_hash))

    def forget(self, now: datetime, seen_before: datetime, *, limit: int) -> int:
        """Remove at most so many that have ended or were idle since then; how many went."""
        ended = sa.or_(WEB_SESSION.c.until <= now, WEB_SESSION.c.seen_at < seen_before)
        keys = list(self._db.execute(sa.select(WEB_SESSION.c.key_hash).where(ended).limit(limit)).scalars())
        if keys:
            self._db.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.key_hash.in_(keys)))
        return len(keys)
