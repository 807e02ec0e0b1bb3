"""The tokens that open the page and the API, known by their hashes.

Effects: none.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.config.load import Loaded


@dataclass(frozen=True, slots=True)
class Key:
    """One token."""

    name: str
    """As the configuration calls it."""
    hash: str
    """SHA-256 in hex of the token: another token under the same name is another key."""
    may_edit: bool


class Keyring:
    """The keys in force."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

    def find(self, token: str) -> Key | None:
        """Whose token it is. Takes as long for a wrong one as for a right one."""
        asked = hash_of(token)
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.hash, asked):
                found = key
        return found

    def get(self, name: str, token_hash: str) -> Key | None:
        """The key of that name, where its token is still the same."""
        return next((key for key in self._keys if key.name == name and key.hash == token_hash), None)


def read_keyring(loaded: Loaded) -> Keyring:
    """The keys of a configuration."""
    tokens = loaded.settings.web.tokens
    return Keyring(
        Key(name, hash_of(secret.reveal()), tokens[name].role == "edit") for name, secret in loaded.web_tokens.items()
    )


def hash_of(secret: str) -> str:
    """SHA-256 in hex: enough for what is random and long, and opens nothing to who reads it."""
    return hashlib.sha256(secret.encode()).hexdigest()
