"""Whether another worker put a newer configuration in force than the one here, so that an edit has to wait for it.

Effects: database.
"""

from monitor.config.load import Loaded
from monitor.errors import ConfigError
from monitor.storage.store import Transaction


def refuse_behind(tx: Transaction, force: Loaded) -> None:
    """Raise `ConfigError` where the newest revision has other texts than what is in force here."""
    head = tx.revisions.head()
    if head is not None and any(force.hashes[name] != hashed for name, hashed in head.texts.items()):
        raise ConfigError(
            f"somebody else's edit, revision {head.id}, is not in force here yet, so nothing was written",
            where=str(force.folder),
            remedy="It takes a second or two: look at it, and try again.",
        )
