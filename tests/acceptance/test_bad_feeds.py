"""Every way a feed goes wrong has its own recorded outcome and reason, and the feeds beside it lose nothing."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.acceptance.news import invent, write_rss
from tests.acceptance.program import Ended, Place
from tests.acceptance.publisher import Page, Publisher, serve_pages

GOOD = {"Wire": write_rss("Wire", [invent(1), invent(2)]), "Gazette": write_rss("Gazette", [invent(3)])}
BOMB = gzip.compress(b"<rss><channel><title>" + b" " * 20_000_000, 9)
LATIN = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Café</title>'
    "<item><title>Grève à Orléans</title><guid>latin-1</guid></item></channel></rss>"
).encode("latin-1")
CUT_SHORT = write_rss("Short", [invent(number) for number in (4, 5, 6)]).rsplit(b".", 1)[0]
XML_OF_NOTHING = b'<?xml version="1.0"?><invoice><total>12</total></invoice>'


def pages(url: str) -> dict[str, Page]:
    """What the publisher serves, by path: the feed's name in lower case."""
    return {
        **{f"/{name.lower()}": Page(body) for name, body in GOOD.items()},
        "/html": Page(b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"),
        "/empty": Page(b""),
        "/huge": Page(b"<rss><channel><title>" + b" " * 50_000, repeat=1_000),
        "/bomb": Page(BOMB, headers={"Content-Encoding": "gzip"}),
        "/slow": Page(b"<rss>", hangs=True),
        "/nothing": Page(XML_OF_NOTHING),
        "/not gzip": Page(b"<rss>", headers={"Content-Encoding": "gzip"}),
        "/missing": Page(b"not here", 404),
        "/gone": Page(b"gone", 410),
        "/circle": Page(status=302, headers={"Location": f"{url}/circle2"}),
        "/circle2": Page(status=302, headers={"Location": f"{url}/circle"}),
        "/inward": Page(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
        "/cut": Page(CUT_SHORT),
        "/latin": Page(LATIN),
    }


BAD = {
    "HTML": ("failed", "html", 200),
    "Empty": ("failed", "empty", 200),
    "Huge": ("failed", "too_large", None),
    "Bomb": ("failed", "too_large", None),
    "Slow": ("failed", "timeout", None),
    "Nothing": ("failed", "not_a_feed", 200),
    "Not%20gzip": ("failed", "bad_encoding", None),
    "Missing": ("failed", "not_found", 404),
    "Gone": ("gone", "gone", 410),
    "Busy": ("failed", "rate_limited", 429),
    "Circle": ("failed", "redirects", None),
    "Inward": ("failed", "refused_address", None),
    "Closed": ("failed", "connect", None),
}


@dataclass(frozen=True, slots=True)
class Rounds:
    """Two rounds over the same feeds, what `feeds list` says after them, and who was asked how often."""

    first: Ended
    second: Ended
    listed: dict[str, dict[str, Any]]
    publisher: Publisher
    crowded: Publisher
    titles: list[str]
    """Of every article kept."""


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rounds]:
    """One configuration with every kind of bad feed beside good ones, visited twice."""
    place = Place(Path(tmp_path_factory.mktemp("bad")))
    busy = {"/busy": Page(b"slow down", 429, {"Retry-After": "3600"})}
    # On a host of its own, because it speaks for all feeds of its host.
    with serve_pages() as publisher, serve_pages(busy, host="127.0.0.2") as crowded:
        publisher.pages.update({path.replace(" ", "%20"): page for path, page in pages(publisher.url).items()})
        names = [*GOOD, *BAD, "Cut", "Latin"]
        feeds = {name: f"{publisher.url}/{name.lower()}" for name in names}
        feeds["Busy"] = f"{crowded.url}/busy"
        feeds["Closed"] = "http://127.0.0.1:9/closed"
        place.configure(feeds, '[topics.nothing]\nname = "Nothing"\nquery = "hydrofoil"', polling='timeout = "2s"')
        first, second = place.once(), place.once()
        listed = {record["feed"]: record for record in place.run("feeds", "list", "--json").records}
        with place.store() as store, store.read() as tx:
            titles = list(tx.connection.execute(sa.text("SELECT title FROM article")).scalars())
        yield Rounds(first, second, listed, publisher, crowded, titles)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_feed_has_its_own_outcome_and_reason(rounds: Rounds, name: str) -> None:
    """The run's line and the list of feeds say the same: what happened, and a sentence a person can act on."""
    visit, listed = rounds.first.visits[name], rounds.listed[name]
    outcome, reason, status = BAD[name]

    assert (visit["outcome"], visit["reason"], visit["status"]) == (outcome, reason, status)
    assert (listed["outcome"], listed["reason"], listed["status"]) == (outcome, reason, status)
    assert visit["entries"] == visit["new"] == listed["articles"] == 0
    assert (listed["failing_since"] is None) == (reason == "rate_limited"), "429 says nothing against the feed"
    if outcome == "failed":
        assert visit["error"]
        assert listed["error"] == visit["error"]


def test_good_feeds_beside_them_lose_nothing(rounds: Rounds) -> None:
    """One feed's failure never stops another."""
    assert rounds.first.code == rounds.second.code == 0
    assert {name: rounds.first.visits[name]["new"] for name in GOOD} == {"Wire": 2, "Gazette": 1}
    assert {rounds.second.visits[name]["outcome"] for name in GOOD} == {"unchanged"}
    assert {rounds.listed[name]["articles"] for name in GOOD} == {1, 2}
    assert {rounds.listed[name]["failing_since"] for name in GOOD} == {None}


@pytest.mark.parametrize(("name", "entries"), [("Cut", 3), ("Latin", 1)])
def test_what_can_be_read_is_read(rounds: Rounds, name: str, entries: int) -> None:
    """A feed that is broken or lies about its encoding is read as far as it can be."""
    visit = rounds.first.visits[name]
    assert (visit["outcome"], visit["entries"], visit["error"]) == ("new", entries, None)


def test_a_feed_in_another_encoding_than_it_says_is_read_right(rounds: Rounds) -> None:
    """Bytes that are no UTF-8 are not turned into question marks."""
    assert "Grève à Orléans" in rounds.titles


def test_who_asked_us_to_stay_away_is_not_asked_again(rounds: Rounds) -> None:
    """429 with Retry-After and 410 count even for a run by hand; the others are tried again."""
    assert {name for name in BAD if name not in rounds.second.visits} == {"Gone", "Busy"}
    assert rounds.publisher.asked["/gone"] == rounds.crowded.asked["/busy"] == 1
    assert rounds.publisher.asked["/missing"] == 2


def test_nobody_is_read_to_the_end_of_a_body_too_large(rounds: Rounds) -> None:
    """50 MB are not downloaded to be refused."""
    assert rounds.publisher.asked["/huge"] == 2
    assert rounds.publisher.answered["/huge"] == 0
