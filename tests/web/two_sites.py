"""Two workers behind one address: each request goes to the other one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.app import App, build_app
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.reception import answers_of, desk_of
from monitor.topics.lexicon import load_lexicon
from monitor.web.site import build_site
from tests.fakes.clock import START, FakeClock
from tests.web.newsroom import ENVIRON, write_config

MONITOR = """[run]
mode = "distributed"

[database]
url = "{url}"

[channels.console]
kind = "console"

[channels.archive]
kind = "webhook"
url = "https://hook.example/news"
secret_env = "HOOK_SECRET"
"""


class Balancer:
    """Hands each request to the next site."""

    def __init__(self, *sites: ASGIApp) -> None:
        self._sites = cycle(sites)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""
        await next(self._sites)(scope, receive, send)


@dataclass(slots=True)
class TwoSites:
    """Two workers' apps over one database, with one clock, and a browser that meets them by turns."""

    apps: tuple[App, App]
    watchers: tuple[Watcher, Watcher]
    clock: FakeClock
    folder: Path
    client: TestClient

    def until_in_force(self, is_so: Callable[[App], bool]) -> None:
        """Both look at the files, as each does every second, until it is so."""
        for app, watcher in zip(self.apps, self.watchers, strict=True):
            for _ in range(3):
                change = watcher.look()
                if change is not None and change.loaded is not None:
                    app.apply(change.loaded, change.in_words(), change.topics_renamed)
                    watcher.accept(change)
            assert is_so(app)


@contextmanager
def two_sites(folder: Path, url: str, web: str = "", tokens: dict[str, str] | None = None) -> Iterator[TwoSites]:
    """Two workers of one configuration."""
    write_config(folder)
    (folder / "monitor.toml").write_text(MONITOR.format(url=url) + web, encoding="utf-8")
    environ, clock = {**ENVIRON, **(tokens or {})}, FakeClock(START)
    apps, watchers, sites = [], [], []
    with ExitStack() as stack:
        for _ in range(2):
            loaded = load(folder, environ, load_lexicon())
            app = build_app(loaded, clock, write=lambda _text: None)
            stack.callback(app.close)
            watcher = Watcher(folder, environ, loaded, clock)
            watcher.look()
            sites.append(build_site(answers_of(app, lambda: (True, {}), watcher), "127.0.0.1", desk_of(app, watcher)))
            apps.append(app)
            watchers.append(watcher)
        client = TestClient(Balancer(*sites), base_url="http://127.0.0.1", follow_redirects=True)
        stack.callback(client.close)
        yield TwoSites((apps[0], apps[1]), (watchers[0], watchers[1]), clock, folder, client)
