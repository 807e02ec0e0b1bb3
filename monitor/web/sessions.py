"""Browsers that are signed in: a random cookie, kept as its hash.

Effects: database.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from msgspec.structs import replace

from monitor.errors import StorageError
from monitor.storage.store import Store
from monitor.storage.web_sessions import WebSession
from monitor.web.keyring import Key, Keyring, hash_of

COOKIE = "monitor_session"
IDLE = timedelta(hours=12)
"""A session that was not used for this long has ended: a shift."""
LASTS = timedelta(days=7)
"""From the sign-in, however much it is used."""
NOTE_EVERY = timedelta(minutes=5)
"""How often it is written down that a session is used."""
COOKIE_CHARS = 43


class Sessions:
    """Begin, find and end them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, key: Key, now: datetime, *, instead_of: str = "") -> str:
        """A new session; returns what its cookie holds. The session of another cookie ends with it."""
        cookie = secrets.token_urlsafe(32)
        with self._store.write() as tx:
            if instead_of:
                tx.web_sessions.end(hash_of(instead_of))
            tx.web_sessions.add(WebSession(hash_of(cookie), key.name, key.hash, now, now, now + LASTS))
        return cookie

    def find(self, cookie: str, keyring: Keyring, now: datetime) -> Key | None:
        """Whose session it is, as long as it lasts and its token is the same."""
        if len(cookie) != COOKIE_CHARS:
            return None
        with self._store.read() as tx:
            session = tx.web_sessions.get(hash_of(cookie))
        if session is None or now >= session.until or now - session.seen_at >= IDLE:
            return None
        key = keyring.get(session.name, session.token_hash)
        if key is not None and now - session.seen_at >= NOTE_EVERY:
            self._note_seen(replace(session, seen_at=now))
        return key

    def end(self, cookie: str) -> None:
        """Sign out; nothing happens where it has ended."""
        with self._store.write() as tx:
            tx.web_sessions.end(hash_of(cookie))

    def _note_seen(self, session: WebSession) -> None:
        try:
            with self._store.write() as tx:
                tx.web_sessions.note_seen(session.key_hash, session.seen_at)
        except StorageError:
            return  # a disk that takes nothing is no reason to keep somebody from looking


def mark_forms(cookie: str) -> str:
    """What forms carry back that belong to a cookie. Who sees it does not know the cookie; it outlives a restart."""
    return hmac.new(cookie.encode(), b"news-monitor form", "sha256").hexdigest()
