"""Two recorded days of six invented outlets, and what is told of the second under two configurations.

`python -m tests.replay.recorded_day` writes the recording anew, `--renew` the expected tellings: look at the difference
before it is committed, for it is what a reader would notice of a change.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from bench.world import words
from monitor.cli.replay import record_of
from monitor.config.load import load
from monitor.digests.retelling import compare_tellings
from monitor.errors import FetchError, FetchReason
from monitor.feeds.parse import parse_feed
from monitor.feeds.recorded import Answer
from monitor.feeds.recorder import RawLimits, Recorder
from monitor.model import Feed, FeedId, Fetched, NotModified, ParsedFeed, Polled, PollOutcome
from monitor.replaying import InForceFrom, Side, choose_span, run_side
from monitor.topics.lexicon import load_lexicon

DATA = Path(__file__).resolve().parents[1] / "data" / "replay"
RAW = DATA / "raw"
EXPECTED = DATA / "expected.jsonl"
DAY = date(2026, 3, 14)
BEGUN = datetime(2026, 3, 13, 6, 0, tzinfo=UTC)
END = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)
OUTLETS = 6
SHOWN = 8
TALKS = (
    "Mediators from two countries said that the talks about the hostages held in the northern valley would resume "
    "within days, after both sides had agreed on the order of the meetings and on the names of the envoys who carry "
    "messages between the camps while the border stays closed to traders and to the families who wait."
)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry, and from when on an outlet shows it."""

    outlet: int
    at: datetime
    key: str
    title: str
    text: str


class OwnParser:
    """The parser without its process."""

    def parse(self, body: bytes, base_url: str, charset: str | None, now: datetime) -> ParsedFeed:
        """As in the child process."""
        return parse_feed(body, base_url=base_url, charset=charset, now=now)


def record(folder: Path) -> None:
    """Write the recording: each outlet is visited every two hours."""
    recorder = Recorder(folder, lambda: RawLimits(7), free_bytes=lambda _: 10**12)
    items = sorted(_items(), key=lambda item: item.at)
    tags: dict[int, str] = {}
    at = BEGUN
    while at < END:
        for outlet in range(OUTLETS):
            moment = at + timedelta(minutes=7 * outlet)
            url = f"https://outlet{outlet}.example/rss"
            shown = [item for item in items if item.outlet == outlet and item.at <= moment][-SHOWN:]
            tag = f'"{shown[-1].key}"'
            answer: Answer = NotModified(url, tag)
            if tags.get(outlet) != tag:
                answer = Fetched(_rss(outlet, shown), url, 200, tag, content_type="text/xml")
            if outlet == 4 and moment.day == DAY.day and moment.hour == 12:
                answer = FetchError("no answer", reason=FetchReason.TIMEOUT)
            else:
                tags[outlet] = tag
            recorder.note(Polled(Feed(FeedId(outlet), "", url), PollOutcome.NEW, moment, elapsed_ms=200), answer)
        at += timedelta(hours=2)
    recorder.close()


def run(name: str) -> Side:
    """The day under a configuration of the data's."""
    span = choose_span(RAW, DAY, timedelta(days=7))
    loaded = load(DATA / name, {}, load_lexicon())
    return run_side(RAW, span, [InForceFrom(span.start, loaded)], lambda _: None, OwnParser())


def lines_of(before: Side, after: Side) -> list[str]:
    """Every telling of both sides, a line each."""
    return [json.dumps(record_of(pair)) for pair in compare_tellings(before.tellings, after.tellings)]


def _items() -> Iterator[Item]:
    chance = random.Random("recorded day")
    for outlet in range(OUTLETS):
        for number in range(22):
            at = BEGUN + timedelta(hours=2 * number - 4, minutes=13 * outlet)
            yield Item(outlet, at, f"o-{number}", words(chance, 8), f"{words(chance, 14)}.")
    day = datetime(2026, 3, 14, tzinfo=UTC)
    for outlet in range(5):  # one wire text, five outlets within half an hour: it breaks
        opening = ("Doha", "Amberport", "Bellmoor", "Caskwell", "Dunholt")[outlet]
        title = "Mediators say talks about valley hostages resume within days"
        yield Item(
            outlet, day + timedelta(hours=9, minutes=5 * outlet), f"wire-{outlet}", title, f"{opening} - {TALKS}"
        )
    for number, (outlet, hour, title, text) in enumerate(_NEWS):
        yield Item(outlet, day + timedelta(hours=hour), f"news-{number}", title, f"{text} {words(chance, 12)}.")


_NEWS = (
    (
        5,
        3,
        "Hostage families meet envoys in Fernwick",
        "The families of nine hostages met the envoys of the mediators.",
    ),
    (
        1,
        5,
        "Tanker seized after missile attack off Amberport",
        "Gunmen seized a tanker after a missile attack at dawn.",
    ),
    (2, 7, "Ferry hit by missile near Hartsea", "A ferry with sixty passengers was hit by a missile near the harbour."),
    (
        4,
        4,
        "River floods Elmsgate, forty homes lost",
        "The river floods that hit Elmsgate took forty homes and a bridge.",
    ),
    (3, 11, "Film about hostage negotiations opens festival", "A film about hostage negotiations and a prisoner swap."),
    (
        0,
        15,
        "Captives released in Bellmoor prisoner swap",
        "Twelve captives were released in a prisoner swap at the pass.",
    ),
    (
        5,
        17,
        "Flood warning lifted along the lower river",
        "The flood warning along the river was lifted after two days.",
    ),
)


def _rss(outlet: int, items: list[Item]) -> bytes:
    site = f"https://outlet{outlet}.example"
    parts = [f'<rss version="2.0"><channel><title>Outlet {outlet}</title><link>{site}/</link>']
    parts += [
        f"<item><title>{escape(item.title)}</title><link>{site}/{item.key}</link>"
        f'<guid isPermaLink="false">{item.key}</guid><pubDate>{format_datetime(item.at)}</pubDate>'
        f"<description>{escape(item.text)}</description></item>"
        for item in reversed(items)
    ]
    return "".join([*parts, "</channel></rss>"]).encode()


def main() -> None:
    """Record, or renew what is expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renew", action="store_true", help="write the expected tellings anew")
    if not parser.parse_args().renew:
        shutil.rmtree(RAW, ignore_errors=True)
        record(RAW)
        return
    EXPECTED.write_text("\n".join(lines_of(run("before"), run("after"))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
