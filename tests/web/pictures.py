"""The pictures of the page in docs/pictures: a world of invented outlets, photographed in a real browser.

Run it as `python -m tests.web.pictures`; it needs Chromium. The world is the same each time.
"""

import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from monitor.model import Entry
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import an_entry, an_unchanged_visit, ingest
from tests.web.browser import DESK, chromium_path, opened, running_browser, served
from tests.web.newsroom import OUTLETS, Newsroom, open_newsroom, url_of

TARGET = Path(__file__).parents[2] / "docs" / "pictures"
DAYS = 16
HOSTAGES = (
    ("Hostage negotiations resume in {}", "Envoys of both sides met at noon. The captives are all alive."),
    ("Families of {} captives ask for a list of names", "They want the hostage talks to begin with the sick."),
    ("Ridge Front frees two captives near {} in prisoner swap", "Two hostages crossed the bridge at Dunholt at dawn."),
    ("Mediators table a new list in {} hostage talks", "The negotiations turn on eleven names, an official said."),
    ("Captive release delayed as convoy is turned back at {}", "The hostages were to be handed over at the pass."),
    ("Envoy leaves {} hostage negotiations without a date", "He said that both sides had gone home to ask."),
    ("Third round of hostage talks ends in {}", "The negotiators agreed on a corridor for aid."),
)
SHIPPING = (
    ("Tanker seized off {} after missile attack", "Gunmen boarded the tanker Northern Light at first light."),
    ("Cargo ship hit by missile attack in the strait of {}", "The vessel was attacked forty miles off the cape."),
    ("Vessel with nine sailors seized near {}", "The coast guard says the vessel was seized at night."),
)
FLOODS = (
    ("River floods {} for the second time", "The river flooded four streets before the dam was opened."),
    ("Floods on the river Elm cut off {}", "Boats bring bread. The river is still rising."),
)
OTHER = ("A market opens in {}", "Concert in {} draws thousands", "{} votes on a new tram", "Bakers of {} win a prize")
PLACES = ("Amberport", "Bellmoor", "Caskwell", "Dunholt", "Elmsgate", "Fernwick", "Hartsea", "Selby", "Thornham")


def live(room: Newsroom) -> None:
    """Sixteen days of news, told as it comes."""
    begun = room.clock.now()
    room.poll([(n, _news(n, 0, ("The weather in the valley", "It rains."), begun)) for n in range(6)], begun)
    shown: dict[int, list[Entry]] = {}
    for step in range(DAYS * 8):
        now = room.clock.forward(hours=3)
        place = PLACES[step % len(PLACES)]
        news = [(step % 6, _news(step % 6, step + 1, (OTHER[step % 4].format(place), f"{place} is glad."), now))]
        if step % 3 == 0 or step > DAYS * 8 - 8:
            news += _told_by(room, step, HOSTAGES[step // 3 % 7], now, 1 + step % 4)
        if step % 11 == 4:
            news += _told_by(room, step + 500, SHIPPING[step // 11 % 3], now, 2)
        if step % 17 == 9:
            news += _told_by(room, step + 900, FLOODS[step // 17 % 2], now, 1)
        for outlet, entry in news:
            shown[outlet] = [entry, *shown.get(outlet, [])[:9]]
        windows = [(outlet, entry) for outlet in {outlet for outlet, _ in news} for entry in shown[outlet]]
        room.poll(windows, now - timedelta(minutes=2))
        room.tell()
    now = room.clock.now()
    with room.app.store.write() as tx:
        tx.topics.beat("daemon", now)
        tx.feeds.release(room.app.owner)
        claimed = tx.feeds.claim_due(now + timedelta(days=300), owner=room.app.owner, limit=1000)
    quiet = [an_unchanged_visit(feed, now=now) for feed in claimed if feed.url != url_of(5)]
    ingest(room.app.store, quiet, room.app.in_force.ingest, now)


def _told_by(room: Newsroom, step: int, what: tuple[str, str], now: datetime, outlets: int) -> list[tuple[int, Entry]]:
    """One event as several outlets have it, each in words of its own."""
    headline, text = what
    place, number = PLACES[step % len(PLACES)], step * 7 % 23 + 2
    own = f"{text} {number} people from {place} were there, {OUTLETS[step % 6]} has learned."
    return [
        ((step + n) % 6, _news((step + n) % 6, step * 10 + n + 1000, (headline.format(place), own), now))
        for n in range(outlets)
    ]


def _news(outlet: int, number: int, what: tuple[str, str], now: datetime) -> Entry:
    entry = an_entry(number, at=now - timedelta(minutes=7 + number % 9), outlet=outlet)
    return replace(entry, title=what[0], summary=what[1])


def main() -> None:
    """Write the pictures anew."""
    path = chromium_path()
    if path is None:
        sys.exit("no Chromium is installed; name one with MONITOR_CHROMIUM")
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock(START - timedelta(days=DAYS))
        with open_newsroom(Path(folder), clock=clock) as room:
            live(room)
            with served(room) as address, running_browser(path) as browser, opened(browser) as page:
                for name, where in (("overview", "/"), ("topic", "/topics/hostage-negotiations")):
                    page.goto(address + where)
                    clip = {"x": 0, "y": 0, "width": DESK["width"], "height": 900}
                    page.screenshot(path=TARGET / f"page-{name}.png", clip=clip, full_page=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
