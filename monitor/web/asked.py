"""What a request says of where it comes from.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What a proxy adds: a request that has one was made elsewhere, whatever address it comes from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, before anything of it is believed."""

    method: str
    path: str
    headers: Headers
    peer: str
    """The address it came from; empty where that is not known."""
    scheme: str

    @property
    def is_safe(self) -> bool:
        """Whether it changes nothing by its method."""
        return self.method in SAFE_METHODS

    @property
    def is_forwarded(self) -> bool:
        """Whether a proxy says that it handed it on."""
        return any(name in self.headers for name in FORWARDED)

    @property
    def is_https(self) -> bool:
        """Whether the browser asked by https, as far as is said: it decides over a cookie of its own alone."""
        return self.scheme == "https" or self.headers.get("x-forwarded-proto", "").strip().lower() == "https"

    @property
    def wants_page(self) -> bool:
        """Whether it is a person's browser, and not a program or a reader of feeds."""
        return not self.path.startswith("/api/") and not self.is_for_programs

    @property
    def is_for_programs(self) -> bool:
        """Whether it asks for what programs read that know no page to sign in at."""
        return self.path.endswith(".atom") or self.path == "/metrics"

    def cookie(self, name: str) -> str:
        """A cookie; empty where there is none."""
        return cookie_parser(self.headers.get("cookie", "")).get(name, "")

    def is_from(self, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
        """Whether it came straight from one of these."""
        try:
            address = ip_address(self.peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in networks)

    def origin(self, networks: Sequence[IPv4Network | IPv6Network]) -> str:
        """The address of who asks: what a trusted proxy says last, else where it came from."""
        if self.is_from(networks):
            said = self.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return _without_port(said) or self.peer
        return self.peer

    @property
    def is_of_another_page(self) -> bool:
        """Whether a browser says that a page elsewhere made it. Programs say nothing of the kind."""
        site = self.headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = self.headers.get("origin")
        if origin is None:
            return False
        try:
            return urlsplit(origin).netloc.lower() != self.headers.get("host", "").lower()
        except ValueError:
            return True


def read_asked(scope: Scope) -> Asked:
    """What is asked."""
    client = scope.get("client")
    return Asked(
        method=scope["method"],
        path=scope["path"],
        headers=Headers(scope=scope),
        peer=str(client[0]) if client else "",
        scheme=scope.get("scheme", "http"),
    )


def _without_port(said: str) -> str:
    """The address alone: some proxies write its port behind it, which differs each time."""
    host, colon, port = said.rpartition(":")
    is_port = colon and port.isdigit() and (host.startswith("[") or ":" not in host)
    return (host if is_port else said).strip("[]")
