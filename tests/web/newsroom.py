"""A small newsroom with three days behind it: topics, feeds, stories told and untold, deliveries sent and refused.

Everything went the real way, through ingest, digests and the outbox; only the visits were made up.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from starlette.testclient import TestClient

from monitor.app import App, build_app
from monitor.clock import Clock
from monitor.config.load import load
from monitor.config.watch import Watcher
from monitor.model import ChannelName, Entry, Feed
from monitor.pipeline.digest import close_due
from monitor.reception import answers_of, desk_of
from monitor.topics.lexicon import load_lexicon
from monitor.web.site import build_site
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import a_failed_visit, a_visit, an_entry, ingest

MONITOR = """[database]
url = "sqlite:///{folder}/data/monitor.db"

[channels.console]
kind = "console"

[channels.archive]
kind = "webhook"
url = "https://hook.example/news"
secret_env = "HOOK_SECRET"
"""
WATCHLIST = """# The desk's watchlist: this comment stays.
timezone = "Europe/Berlin"

[lists]
armed_groups = ["Red Front", "Northern Brigade"]

[topics.hostage-negotiations]
name = "Hostage negotiations"          # a name alone is a topic
also = ["captive release", "prisoner swap"]
exclude = 'film OR "video game"'
channels = ["console", "archive"]
schedule = "every 1h"
must_match = ["Mediators say talks to free the captives resume in Doha"]
must_not_match = ["Director says his hostage film took six years"]

[topics.gulf-shipping]
name = "Attacks on Gulf shipping"
query = \'\'\'(tanker OR vessel OR "cargo ship") NEAR/12 (attack* OR seiz* OR missile)\'\'\'
channels = ["console"]
schedule = "daily 08:00"

[topics.floods]
name = "River floods"
level = "broad"
channels = ["console"]
schedule = "every 6h"
"""
ENVIRON = {"HOOK_SECRET": "whsec_bm90LWEtcmVhbC1zZWNyZXQtbm90LWEtcmVhbA=="}
OUTLETS = ("Gulf Wire", "Harbour Times", "Valley Post", "Northern Star", "River Daily", "Delta Herald")
PLACES = ("Doha", "Amberport", "Bellmoor", "Caskwell", "Dunholt", "Elmsgate", "Fernwick", "Hartsea")
WIRE = (
    "Mediators from two countries said on Monday that the talks about the hostages held in the northern valley would "
    "resume within days, after both sides had agreed on the order of the meetings and on the names of the envoys who "
    "carry messages between the camps while the border stays closed to traders, drivers and the families who wait."
)


@dataclass(slots=True)
class Newsroom:
    """The built app, its files, and a browser without a window."""

    app: App
    watcher: Watcher
    clock: FakeClock
    folder: Path
    client: TestClient
    shown: list[str]
    """What the console was told."""
    feeds: list[Feed]

    def csrf(self) -> str:
        """What forms carry back: as it stands in a page, the cookie with it."""
        self.client.get("/")
        page: str = self.client.get("/watchlist").text
        return page.partition('name="csrf" value="')[2].partition('"')[0]

    def poll(self, entries: Sequence[tuple[int, Entry]], now: datetime) -> None:
        """The feeds by number show these entries now; those without one are not visited."""
        with self.app.store.write() as tx:
            tx.feeds.release(self.app.owner)
            claimed = tx.feeds.claim_due(now + timedelta(days=300), owner=self.app.owner, limit=1000)
        by_url = {feed.url: feed for feed in claimed}
        self.feeds = [by_url[url_of(number)] for number in range(len(OUTLETS))]
        shown: dict[int, list[Entry]] = {}
        for number, entry in entries:
            shown.setdefault(number, []).append(entry)
        batch = [a_visit(self.feeds[number], found, now=now, body=str(now).encode()) for number, found in shown.items()]
        ingest(self.app.store, batch, self.app.in_force.ingest, now)

    def tell(self) -> None:
        """Close what is due and send it; the webhook's host is not there."""
        app = self.app
        app.numbers.note_closed(close_due(app.store, app.in_force.digest, self.clock.now()))
        for name in ("console", "archive"):
            channel, rules = app.in_force.channels[ChannelName(name)], app.in_force.rules[ChannelName(name)]
            app.sender.deliver_due(channel, rules, pause=lambda _s: None)


def url_of(number: int) -> str:
    """A feed's address."""
    return f"https://outlet{number}.example/rss"


def write_config(folder: Path, outlets: Sequence[str] = OUTLETS, watchlist: str = WATCHLIST) -> None:
    """The three files."""
    quoted = [name.replace("\\", "\\\\").replace('"', '\\"') for name in outlets]
    feeds = "\n".join(
        f'[[feeds]]\nname = "{name}"\nurl = "{url_of(number)}"\nlanguage = "en"\n' for number, name in enumerate(quoted)
    )
    (folder / "monitor.toml").write_text(MONITOR.format(folder=folder), encoding="utf-8")
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    (folder / "watchlist.toml").write_text(watchlist, encoding="utf-8")


@contextmanager
def open_newsroom(
    folder: Path, *, outlets: Sequence[str] = OUTLETS, watchlist: str = WATCHLIST, clock: FakeClock | None = None
) -> Iterator[Newsroom]:
    """A newsroom in which nothing happened yet."""
    write_config(folder, outlets, watchlist)
    clock = clock or FakeClock(START - timedelta(days=3))
    shown: list[str] = []
    loaded = load(folder, ENVIRON, load_lexicon())
    app = build_app(loaded, clock, write=shown.append)
    try:
        watcher = Watcher(folder, ENVIRON, loaded, clock)
        watcher.look()
        with client_of(app, watcher, clock) as client:
            yield Newsroom(app, watcher, clock, folder, client, shown, [])
    finally:
        app.close()


@contextmanager
def client_of(app: App, watcher: Watcher, clock: Clock, host: str = "127.0.0.1") -> Iterator[TestClient]:
    """A browser at the site of this app."""
    site = build_site(answers_of(app, lambda: (True, {"healthy": True}), watcher), host, desk_of(app, watcher))
    client = TestClient(site, base_url="http://127.0.0.1", follow_redirects=True)
    try:
        yield client
    finally:
        client.close()


def live_three_days(room: Newsroom, spice: Sequence[str] = ("",)) -> None:
    """A baseline, then news every three hours, told as it comes; `spice` goes into what feeds write, each in turn."""
    begun = room.clock.now()
    room.poll([(n, _entry(n, 0, "the weather in the valley", begun - timedelta(hours=4), "")) for n in range(6)], begun)
    for step in range(24):
        now = room.clock.forward(hours=3)
        bit = spice[step % len(spice)]
        place, outlet = PLACES[step % len(PLACES)], step % 6
        news = [
            (outlet, _entry(outlet, step + 1, f"the hostages near {place}", now, bit)),
            ((outlet + 1) % 6, _entry((outlet + 1) % 6, step + 101, f"a market in {place}", now, bit)),
        ]
        if step % 3 == 0:
            what = f"Tanker seized after missile attack off {place} {bit}".strip()
            text = f"A tanker with {step + 9} sailors was seized by gunmen after a missile attack off {place}. {bit}"
            news.append((2, replace(_entry(2, step + 201, place, now, bit), title=what, summary=text)))
        if step % 8 == 5:
            news += [(n, _wire(n, step, now - timedelta(minutes=n), bit)) for n in range(5)]
        if step % 5 == 1:
            river = replace(
                _entry(4, step + 301, place, now, bit), title=f"River floods {place}, {step + 40} homes lost"
            )
            news.append((4, river))
        room.poll(news, now - timedelta(minutes=2))
        room.tell()
    with room.app.store.write() as tx:
        tx.feeds.release(room.app.owner)
        claimed = tx.feeds.claim_due(room.clock.now() + timedelta(days=300), owner=room.app.owner, limit=1000)
    failing = next(feed for feed in claimed if feed.url == url_of(5))
    ingest(room.app.store, [a_failed_visit(failing, now=room.clock.now())], room.app.in_force.ingest, room.clock.now())
    with room.app.store.write() as tx:
        tx.feeds.release(room.app.owner)
        tx.topics.beat("daemon", room.clock.now())


def _entry(outlet: int, number: int, about: str, at: datetime, bit: str) -> Entry:
    entry = an_entry(number, about=about, at=at - timedelta(minutes=5), outlet=outlet)
    words = f"{entry.summary} {bit}".strip()
    return replace(entry, title=f"{entry.title} {bit}".strip(), summary=words, author=bit or "Ann Example")


def _wire(outlet: int, step: int, at: datetime, bit: str) -> Entry:
    """The same agency text as each outlet prints it, with its own opening words and address."""
    place = PLACES[step % len(PLACES)]
    return Entry(
        id=f"wire-{step}-{outlet}",
        title=f"Mediators say {place} talks about valley hostages resume within days {bit}".strip(),
        link=f"https://outlet{outlet}.example/wire/{step}-{outlet}",
        published=at,
        summary=f"{PLACES[outlet]} (Agency) - {WIRE} The {place} round is number {step}. {bit}".strip(),
    )
