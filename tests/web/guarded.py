"""A newsroom's site as other machines see it: behind tokens, behind a proxy, or closed."""

import base64
import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from msgspec.structs import replace
from starlette.testclient import TestClient

from monitor.config.load import Loaded, load
from monitor.reception import answers_of, desk_of
from monitor.web.site import build_site
from tests.web.newsroom import ENVIRON, Newsroom

DESK_TOKEN = "0123456789abcdef-desk"  # of a made-up newsroom
WALL_TOKEN = "fedcba9876543210-wall"
TOKENS = """
[web.tokens.desk]
token_env = "DESK_TOKEN"
[web.tokens.wall]
token_env = "WALL_TOKEN"
role = "read"
"""
PROXY = """
[web.proxy]
from = ["10.0.0.0/8"]
editors = ["anna"]
"""


@dataclass(slots=True)
class Guarded:
    """The site, and what is configured, which a test may change."""

    room: Newsroom
    loaded: Loaded
    client: TestClient

    def configure(self, web: str, environ: Mapping[str, str] | None = None) -> None:
        """Put other tables for `[web]` in force."""
        self.loaded = loaded_with(self.room, web, environ)

    def sign_in(self, token: str, onward: str = "/") -> int:
        """Give the form a token; the status of what came."""
        answer = self.client.post("/sign-in", data={"token": token, "next": onward}, follow_redirects=False)
        return int(answer.status_code)


def loaded_with(room: Newsroom, web: str, environ: Mapping[str, str] | None = None) -> Loaded:
    """The newsroom's configuration with other tables for `[web]`."""
    body = (room.folder / "monitor.toml").read_bytes() + web.encode()
    tokens = {"DESK_TOKEN": DESK_TOKEN, "WALL_TOKEN": WALL_TOKEN}
    earlier = room.app.in_force.loaded.compiled
    environ = {**ENVIRON, **tokens, **(environ or {})}
    return load(room.folder, environ, earlier.lexicon, earlier=earlier, instead={"monitor.toml": body})


@contextmanager
def guarded(
    room: Newsroom,
    web: str = TOKENS,
    *,
    host: str = "0.0.0.0",
    peer: str = "192.0.2.7",  # made up
) -> Iterator[Guarded]:
    """A browser on another machine, which asks by a name."""
    desk = desk_of(room.app, room.watcher)
    found: Guarded
    desk = dataclasses.replace(desk, force=lambda: replace(room.app.in_force, loaded=found.loaded))
    site = build_site(answers_of(room.app, lambda: (True, {"healthy": True}), room.watcher), host, desk)
    name = "127.0.0.1" if host == "127.0.0.1" else "monitor.example.org"
    client = TestClient(site, base_url=f"http://{name}", follow_redirects=True, client=(peer, 50_000))
    found = Guarded(room, loaded_with(room, web), client)
    try:
        yield found
    finally:
        found.client.close()


def bearer(token: str) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token}"}


def basic(token: str, user: str = "reader") -> dict[str, str]:
    """The header of a feed reader."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}
