"""How faithful the parser is to what other people's test suites and independent parsers say of real feeds."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import ParseError
from monitor.feeds.fastpath import parse_fast
from monitor.feeds.parse import parse_feed
from monitor.feeds.tolerant import parse_tolerant
from monitor.model import Entry, ParsedFeed
from monitor.text import clean_line

MISSES = {
    "gofeed-parser-rss-rss_channel_item_guid_naked_markup.xml": "elements inside a guid: an id is a string, the rest is"
    " illegal, and nothing real writes it; the entry then has no id rather than a made-up one",
    "gofeed-parser-atom-atom10_feed_title_xhtml_escaped_markup.xml": "the title is closed by </subtitle>: where it ends"
    " is anybody's guess, and a feed's title decides nothing",
    "gofeed-parser-atom-atom10_feed_title_xhtml_inline_markup.xml": "the title is closed by </subtitle>, as above",
}
"""Every expectation of the public suite that does not hold, and why that is right."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def said(entry: Entry, key: str) -> object:
    """What an entry says, in the form of the expectations."""
    value = (entry.guid or entry.id) if key == "id" else getattr(entry, key)
    return value.timestamp() if isinstance(value, datetime) else value


def faults_of(feed: ParsedFeed, row: dict[str, Any]) -> list[str]:
    """Where a feed differs from what its row expects. Titles are compared as text, without their markup."""
    found = []
    if len(feed.entries) != row["n"]:
        found.append(f"{len(feed.entries)} entries, not {row['n']}")
    if row["feed_title"] is not None and feed.title not in (row["feed_title"], clean_line(row["feed_title"])):
        found.append(f"feed title {feed.title!r}, not {row['feed_title']!r}")
    for wanted in row["entries"]:
        index = wanted.pop("i")
        for key, value in wanted.items():
            forms = (value, clean_line(value)) if key == "title" else (value,)
            if index < len(feed.entries) and said(feed.entries[index], key) not in forms:
                found.append(f"{key} {said(feed.entries[index], key)!r}, not {value!r}")
    return found


def test_the_expectations_of_a_public_suite_hold(corpus: Path) -> None:
    """527 small, odd feeds are read as their suite expects, but for the misses that are listed with their reason."""
    missed = {}
    for row in read_rows(corpus / "tricky.jsonl"):
        try:
            found = faults_of(parse_feed((corpus / row["file"]).read_bytes()), row)
        except ParseError as error:
            found = [str(error)]
        if found:
            missed[Path(row["file"]).name] = found
    assert set(missed) == set(MISSES), missed


@pytest.mark.parametrize("road", ["both", "tolerant"])
def test_what_independent_parsers_agree_on_holds(corpus: Path, road: str) -> None:
    """Counts, titles, links and dates of captured feeds are those that independent parsers agree on, on either road."""
    faults = []
    for row in read_rows(corpus / "feeds.jsonl"):
        body = (corpus / "feeds" / row["file"]).read_bytes()
        if road == "tolerant":
            body = b"<!DOCTYPE rss>" + body[body.find(b"?>") + 2 :] if body.startswith(b"<?xml") else body
        feed = parse_feed(body, base_url=row["url"])
        if len(feed.entries) != row["entries"]:
            faults.append(f"{row['file']}: {len(feed.entries)} entries, not {row['entries']}")
        have = [
            {"title": e.title, "link": e.link, "published": e.published and int(e.published.timestamp())}
            for e in feed.entries
        ]
        for wanted in row["agreed"]:
            if "title" in wanted:
                wanted["title"] = clean_line(wanted["title"])
            if not any(wanted.items() <= one.items() for one in have):
                faults.append(f"{row['file']}: {wanted}")
    assert faults == []


def test_the_fast_road_gives_the_identities_of_the_tolerant_one(corpus: Path) -> None:
    """Whichever road a feed takes today, its entries keep the id and link they had, so that nothing is told twice."""
    taken = 0
    for path in sorted((corpus / "feeds").iterdir()):
        xml = path.read_bytes().lstrip()
        fast = parse_fast(xml)
        if fast is None:
            continue
        taken += 1
        slow = parse_tolerant(xml)
        assert [one.id.strip() for one in fast.entries] == [one.id.strip() for one in slow.entries], path.name
        assert [one.link.strip() for one in fast.entries if one.link != one.id] == [
            two.link.strip() for one, two in zip(fast.entries, slow.entries, strict=True) if one.link != one.id
        ], path.name
    assert taken >= 30
