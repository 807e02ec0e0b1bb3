"""Sessions as they are kept."""

from datetime import datetime, timedelta

from monitor.storage.store import Store
from monitor.storage.web_sessions import PER_NAME_MAX, WebSession
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


def a_session(number: int, seen_at: datetime = START, name: str = "desk") -> WebSession:
    """A browser's session."""
    return WebSession(f"{number:064x}", name, "f" * 64, START, seen_at, START + 24 * HOUR)


def test_sessions_are_bounded_and_swept(store: Store) -> None:
    """One more of a name ends the one idle longest; what ended or was idle goes."""
    with store.write() as tx:
        tx.web_sessions.add(a_session(9_999, name="wall"))
        for number in range(PER_NAME_MAX):
            tx.web_sessions.add(a_session(number, START + number * timedelta(minutes=1)))
        tx.web_sessions.note_seen(f"{0:064x}", START + 3 * HOUR)
        tx.web_sessions.add(a_session(5_000, START + 3 * HOUR))
    with store.write() as tx:
        kept = [number for number in (0, 1, 2, 5_000, 9_999) if tx.web_sessions.get(f"{number:064x}")]
        assert kept == [0, 2, 5_000, 9_999]
        assert tx.web_sessions.forget(START, START + HOUR, limit=10) == 10
        assert tx.web_sessions.forget(START, START + HOUR, limit=1_000) == 49
        assert tx.web_sessions.get(f"{5_000:064x}") == a_session(5_000, START + 3 * HOUR)
        tx.web_sessions.end(f"{5_000:064x}")
        assert tx.web_sessions.get(f"{5_000:064x}") is None
        assert tx.web_sessions.forget(START + 24 * HOUR, START, limit=1_000) == 41
