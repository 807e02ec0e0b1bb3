"""Who may come in: everybody at this machine as long as nobody set a token, else who has one or whom a proxy names.

A configuration that names a token or a proxy asks everybody, on loopback too: a proxy on the same machine makes the
whole world come from there. Without either, other machines see nothing but what says how to set one.

Effects: database.
"""

import base64
import binascii
from dataclasses import dataclass

from monitor.config.web import WebSection
from monitor.web.asked import Asked
from monitor.web.attempts import Attempts
from monitor.web.desk import Desk
from monitor.web.hosts import is_loopback
from monitor.web.keyring import Key, Keyring, read_keyring
from monitor.web.person import Person
from monitor.web.sessions import COOKIE, Sessions, mark_forms

LOCAL = "local"
"""The name of who sits at the machine itself."""
NAME_CHARS_MAX = 80
"""Of a name that a proxy says."""
OPEN = ("/healthz", "/readyz", "/sign-in")
OPEN_BELOW = ("/static/", "/unsubscribe/")
"""What is answered to everybody: whether we are well, our style sheets, the way in, the way off a list."""


@dataclass(frozen=True, slots=True)
class Given:
    """A token that came with a request itself, as programs send it."""

    token: str
    is_bearer: bool
    """Else it is the password of a feed reader, which a browser may send without being asked: it only reads."""


class Gate:
    """Finds out who asks. One for the life of the listener; what the configuration says is asked each time."""

    def __init__(self, desk: Desk, host: str) -> None:
        self.sessions = Sessions(desk.store)
        self.attempts = Attempts(desk.clock.monotonic_s)
        self._desk = desk
        self._is_loopback = is_loopback(host)

    @property
    def web(self) -> WebSection:
        """What is configured now."""
        return self._desk.force().loaded.settings.web

    def keyring(self) -> Keyring:
        """The tokens that count now."""
        return read_keyring(self._desk.force().loaded)

    def is_free(self, asked: Asked) -> bool:
        """Whether no token is asked for: it was made on this machine, and none is configured."""
        return self._is_loopback and not self.web.is_guarded and not asked.is_forwarded

    def address(self, asked: Asked) -> str:
        """Whose failures are counted together."""
        proxy = self.web.proxy
        return asked.origin(proxy.networks if proxy is not None else ())

    def local(self, visit: str) -> Person:
        """Somebody at this machine; `visit` is the cookie of their browser."""
        return Person(LOCAL, may_edit=True, csrf=mark_forms(visit), is_local=True)

    def program(self, given: Given) -> Person | None:
        """Who holds that token."""
        key = self.keyring().find(given.token)
        if key is None:
            return None
        return Person(key.name, may_edit=key.may_edit and given.is_bearer, is_program=True)

    def proxied(self, asked: Asked, visit: str) -> Person | None:
        """Whom a trusted proxy names."""
        proxy = self.web.proxy
        if proxy is None or not asked.is_from(proxy.networks):
            return None
        names = asked.headers.getlist(proxy.header)
        name = names[0].strip() if len(names) == 1 else ""
        if not name or len(name) > NAME_CHARS_MAX or not name.isprintable():
            return None
        may_edit = proxy.role == "edit" or name in proxy.editors
        return Person(name, may_edit=may_edit, csrf=mark_forms(visit))

    def signed_in(self, asked: Asked) -> Person | None:
        """Whose session the browser carries."""
        cookie = asked.cookie(COOKIE)
        if not cookie or not self.web.tokens:
            return None
        key = self.sessions.find(cookie, self.keyring(), self._desk.clock.now())
        return None if key is None else Person(key.name, key.may_edit, mark_forms(cookie), has_session=True)

    def begin(self, key: Key, asked: Asked) -> str:
        """A session for who signed in, in place of the one the browser had; returns its cookie."""
        return self.sessions.begin(key, self._desk.clock.now(), instead_of=asked.cookie(COOKIE))


def is_open(path: str) -> bool:
    """Whether it is answered to everybody."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def read_given(asked: Asked) -> Given | None:
    """The token in the header `Authorization`, as Bearer or as the password of Basic."""
    scheme, _, rest = asked.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return Given(rest.strip(), is_bearer=True)
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Given(pair.partition(":")[2], is_bearer=False) if ":" in pair else None
