"""Captured feeds of real publishers, served on loopback: what independent parsers agree on is what is stored.

And the promise the product is named for: an article about the idea is told, although it never says the phrase.
"""

import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.feeds.replay import serve_recorded
from monitor.text import clean_line
from tests.acceptance.given import archive, desk, morning
from tests.acceptance.news import Written, invent, write_rss
from tests.acceptance.program import Ended, Place
from tests.fakes.slack import serve_slack
from tests.fakes.smtp import serve_smtp
from tests.fakes.webhook import serve_receiver
from tests.topics.articles import LONG_TALKS

TOPIC = '[topics.talks]\nname = "Hostage negotiations"\nschedule = "now"\nsettle = "0s"\n'
EVERYWHERE = 'channels = ["desk", "morning", "archive", "console"]\n'
GROWN = "Ferry to the outer islands sails again after the storm"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Three cycles over the captured feeds: cold, unchanged, and with one feed grown by one entry."""

    rows: list[dict[str, Any]]
    cold: Ended
    unchanged: Ended
    grown: Ended
    grown_feed: str
    stored: dict[str, list[dict[str, Any]]]
    """Title, link and date of the articles after the first cycle, by feed."""
    counts: tuple[int, int, int]
    """Articles after each cycle."""


def stored_articles(place: Place) -> dict[str, list[dict[str, Any]]]:
    """Every article as the archive has it, by the name of its feed."""
    found: dict[str, list[dict[str, Any]]] = {}
    with place.store() as store, store.read() as tx:
        ids = tx.connection.execute(sa.text("SELECT id FROM article")).scalars()
        for one in tx.articles.by_ids(list(ids)).values():
            article = one.article
            at = int(article.published_at.timestamp()) if article.published_at else None
            record = {"title": article.title, "link": article.url, "published": at}
            found.setdefault(article.feed, []).append(record)
    return found


@pytest.fixture(scope="module")
def rounds(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    """The captured feeds in one configuration, run three times."""
    rows = [json.loads(line) for line in (corpus / "feeds.jsonl").read_text(encoding="utf-8").splitlines()]
    bodies = {f"/{row['file']}": (corpus / "feeds" / row["file"]).read_bytes() for row in rows}
    place = Place(Path(tmp_path_factory.mktemp("corpus")))
    first = rows[0]["file"]
    entry = Written(GROWN, "The first boat left at dawn.", "https://outlet.example/ferry").as_rss().encode()
    with serve_recorded(bodies) as replay:
        feeds = {row["file"]: replay.url_of(row["file"]) for row in rows}
        place.configure(feeds, TOPIC + 'channels = ["console"]\n')
        cold = place.once()
        stored = stored_articles(place)
        unchanged = place.once()
        between = sum(map(len, stored_articles(place).values()))
        replay.replace(first, bodies[f"/{first}"].replace(b"<item>", entry + b"<item>", 1))
        grown = place.once()
        last = sum(map(len, stored_articles(place).values()))
    return Rounds(rows, cold, unchanged, grown, first, stored, (sum(map(len, stored.values())), between, last))


def test_every_captured_feed_is_read_whole(rounds: Rounds) -> None:
    """Every feed is new with the number of entries that independent parsers count; a baseline is told to nobody."""
    assert rounds.cold.code == 0
    assert {row["file"]: (v["outcome"], v["entries"]) for row in rounds.rows for v in [visit(rounds, row)]} == {
        row["file"]: ("new", row["entries"]) for row in rounds.rows
    }
    assert rounds.cold.deliveries == []


def visit(rounds: Rounds, row: dict[str, Any]) -> dict[str, Any]:
    """What the first cycle says of a feed."""
    return rounds.cold.visits[row["file"]]


def test_titles_links_and_dates_are_those_that_parsers_agree_on(rounds: Rounds) -> None:
    """Read back from the archive; an entry that a feed shows several times is kept once."""
    faults = []
    for row in rounds.rows:
        have = rounds.stored[row["file"]]
        wanted = [
            {key: clean_line(value) if key == "title" else value for key, value in one.items()} for one in row["agreed"]
        ]
        faults += [f"{row['file']}: {one}" for one in wanted if not any(one.items() <= other.items() for other in have)]
        distinct = {(one.get("title"), one["link"]) for one in wanted}
        if len(have) != len(distinct) or visit(rounds, row)["new"] != len(distinct):
            faults.append(f"{row['file']}: {len(have)} kept, not {len(distinct)}")
    assert faults == []


def test_a_second_cycle_finds_nothing_changed(rounds: Rounds) -> None:
    """Every publisher answers 304 to what we remembered, nothing is stored, nothing is sent."""
    assert rounds.unchanged.code == 0
    assert {(one["outcome"], one["status"], one["new"]) for one in rounds.unchanged.visits.values()} == {
        ("unchanged", 304, 0)
    }
    assert len(rounds.unchanged.records) == len(rounds.rows)
    assert rounds.counts[0] == rounds.counts[1]


def test_a_feed_that_grew_brings_exactly_its_new_entry(rounds: Rounds) -> None:
    """One entry more is one article more; the other feeds stay as they were."""
    news = {name: one["new"] for name, one in rounds.grown.visits.items() if one["outcome"] != "unchanged"}
    assert news == {rounds.grown_feed: 1}
    assert rounds.counts[2] == rounds.counts[1] + 1


def test_the_real_article_reaches_every_channel(corpus: Path, place: Place) -> None:
    """The acceptance article, as an entry of a feed."""
    text = (corpus / "topics" / "hostage-talks.txt").read_text(encoding="utf-8")
    title = text.split(". ", 1)[0]
    assert_told_everywhere(place, Written(title, text, "https://outlet.example/talks"))


def test_an_article_of_that_shape_reaches_every_channel(place: Place) -> None:
    """The same with an article of our own, so that the promise is kept where the captured one is not at hand."""
    assert_told_everywhere(place, Written("Another night outside", LONG_TALKS, "https://outlet.example/night"))


def assert_told_everywhere(place: Place, article: Written) -> None:
    """After a baseline the article comes, and Slack, mail, webhook and console have it under the topic's name."""
    assert "hostage negotiations" not in f"{article.title} {article.text}".lower()
    with (
        serve_recorded({"/wire.xml": write_rss("Wire", [invent(1)])}) as replay,
        serve_slack() as slack,
        serve_smtp() as smtp,
        serve_receiver() as receiver,
    ):
        channels = desk(slack.url) + morning(smtp.port) + archive(receiver.url)
        place.configure({"Wire": replay.url_of("/wire.xml")}, TOPIC + EVERYWHERE, channels=channels)
        assert place.once().deliveries == []
        replay.replace("/wire.xml", write_rss("Wire", [article, invent(1)]))
        done = place.once()

    assert done.code == 0
    assert {(one["channel"], one["state"]) for one in done.deliveries} == {
        (name, "sent") for name in ("desk", "morning", "archive", "console")
    }
    (post,) = slack.posts()
    mails = [message_from_bytes(mail.content, policy=policy.default) for mail in smtp.mails]
    (hook,) = receiver.received
    parts = [part for mail in mails if (part := mail.get_body(("plain",))) is not None]
    assert len(parts) == 2
    for told in (json.dumps(post), *(part.get_content() for part in parts), json.dumps(hook.data), done.err):
        assert "Hostage negotiations" in told
        assert article.link in told
