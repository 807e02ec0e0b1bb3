"""`monitor explain`: every why and why not, as the pipeline wrote it down."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.digests.schedule import parse_schedule
from monitor.digests.second_look import Finding, LookChoice, LookState
from monitor.pipeline.sweep import Retention, sweep
from tests.cli.newsroom import TOPICS, Newsroom
from tests.pipeline.given import a_wire_copy, an_entry

NOW = parse_schedule("now", "UTC")


def test_a_told_article_is_told_from_poll_to_receipt(newsroom: Newsroom) -> None:
    """Feed, visit, story, topic with its words, digest with its slot, channel, delivery with its proof."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell()

    shown = newsroom.run("explain", an_entry(1).link)

    assert shown.code == 0
    for words in (
        "Mayor of Bellmoor speaks of the hostage",
        "by feed Outlet 0, first seen",
        "new, 1 entry, 1 new",
        "new: it may be told",
        "opened story",
        "hostages: matched when it came, score",
        "taken by digest 1 (",
        "console: told",
        "first telling",
        "sent, receipt of digest-1-console-1",
        'shipping: no. nothing of "Tanker" and "attacks" is there',
    ):
        assert words in shown.out, words
    [record] = newsroom.run("explain", an_entry(1).link, "--json").records
    [by_id] = newsroom.run("explain", str(record["article"]), "--json").records
    assert by_id == record
    assert record["standing"] == "new"
    assert record["matches"][0]["evidence"][0]["found"] == {"hostage": 2}
    assert (record["told"][0]["channel"], record["deliveries"][0]["state"]) == ("console", "sent")


def test_the_looks_at_an_alerted_article_are_shown(newsroom: Newsroom) -> None:
    """How many were made, when the next is due, what the last one found."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell(topics=[replace(topic, schedule=NOW) for topic in TOPICS])
    [record] = newsroom.run("explain", an_entry(1).link, "--json").records
    assert (record["second_looks"]["state"], record["second_looks"]["made"]) == ("watched", 0)
    assert "second look: 0 of 3 made, next " in newsroom.run("explain", an_entry(1).link).out
    gone = LookChoice(Finding.WITHDRAWN, LookState.WITHDRAWN, 1, None, "", "404")
    with newsroom.store() as store, store.write() as tx:
        [task] = tx.second_looks.claim(newsroom.now + timedelta(hours=2), owner="me", limit=1)
        assert tx.second_looks.settle(task, gone, owner="me", now=newsroom.now)
    assert "second look: its page is gone" in newsroom.run("explain", an_entry(1).link).out


def test_a_baseline_article_says_why_it_was_not_told(newsroom: Newsroom) -> None:
    """It answers the topic, and stood in the feed when it was first read."""
    newsroom.read_first(an_entry(1))
    newsroom.tell()
    shown = newsroom.run("explain", an_entry(1).link)
    assert shown.code == 0
    assert "part of the feed's first reading: kept, not told" in shown.out
    assert "not told: it was no news when it came" in shown.out
    assert "its story was told to no channel" in shown.out


def test_a_near_miss_says_what_was_missing(newsroom: Newsroom) -> None:
    """The reason is the one written down when it came."""
    newsroom.read_first()
    entry = an_entry(1, about="tanker attacks", summary="It was a drill off the coast.")
    newsroom.read(entry)
    shown = newsroom.run("explain", entry.link)
    assert "shipping: nearly. it would match, but exclude is true: drill" in shown.out
    assert "hostages: no. " in shown.out
    newsroom.configure(watchlist='timezone = "UTC"\n[topics.shipping]\nname = "Tanker attacks"\n')
    edited = newsroom.run("explain", entry.link)
    assert "shipping: would match by today's watchlist, but not when it came." in edited.out
    assert "when it came: it would match, but exclude is true: drill" in edited.out


def test_a_copy_names_its_original_and_the_evidence(newsroom: Newsroom) -> None:
    """Of what it is a copy, by whom, and how alike."""
    newsroom.read_first()
    newsroom.read(a_wire_copy(0))
    newsroom.read(a_wire_copy(1), outlet=1)
    shown = newsroom.run("explain", a_wire_copy(1).link)
    assert "copy in story" in shown.out
    assert '(2 articles), of "Mediators say talks about valley hostage resume within days" (Outlet 0)' in shown.out
    assert "because: " in shown.out
    assert "of the text the same" in shown.out
    assert "waits for" in shown.out


def test_a_watchlist_edited_since_is_named(newsroom: Newsroom) -> None:
    """What matched then and would not now, and what would now and did not then, are told apart."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.configure(
        watchlist='timezone = "UTC"\n[topics.hostages]\nname = "H"\nquery = "balloon"\n'
        '[topics.mayors]\nname = "M"\nquery = "mayor"\n'
    )
    shown = newsroom.run("explain", an_entry(1).link)
    assert "by today's watchlist it would not match" in shown.out
    assert "mayors: would match by today's watchlist, but not when it came." in shown.out


def test_an_unknown_address_names_the_feeds_of_its_host(newsroom: Newsroom) -> None:
    """Exit 1, and which feed should have it, when it was read, when it will be."""
    newsroom.read_first()
    shown = newsroom.run("explain", "https://outlet1.example/news/never-seen")
    assert shown.code == 1
    assert "is not in the archive" in shown.out
    assert "Feed Outlet 1 should have it: last read" in shown.out
    assert "Outlet 2" not in shown.out
    elsewhere = newsroom.run("explain", "https://elsewhere.example/x")
    assert "No feed of elsewhere.example is configured. Add one: monitor feeds add URL" in elsewhere.out
    assert newsroom.run("explain", "777777").code == 1
    [record] = newsroom.run("explain", "https://outlet1.example/x", "--json").records
    assert (record["article"], record["feeds"][0]["feed"]) == (None, "Outlet 1")


def test_a_swept_article_was_there_once(newsroom: Newsroom) -> None:
    """Its text is past the retention; that it was here is still known."""
    newsroom.read_first(an_entry(1))
    with newsroom.store() as store:
        sweep(store, Retention(articles_days=1), newsroom.now + timedelta(days=3))
    shown = newsroom.run("explain", an_entry(1).link)
    assert shown.code == 1
    assert "was stored once; its text is past the retention" in shown.out
