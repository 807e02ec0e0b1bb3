"""`monitor explain` beyond one address: headlines, sightings, waits, deliveries, and what is not in the archive."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import ChannelName
from monitor.pipeline.sweep import Retention, sweep
from tests.cli.newsroom import FEEDS, WATCHLIST, Newsroom
from tests.pipeline.given import a_context, a_failed_visit, a_wire_copy, an_entry, claim_again, ingest

HOUR = timedelta(hours=1)
TITLE = an_entry(1).title


def change(newsroom: Newsroom, statement: str, **values: object) -> None:
    """Something that takes days to come about."""
    with newsroom.store() as store, store.write() as tx:
        tx.connection.execute(sa.text(statement), values)


# --- by what an article is asked for ---------------------------------------------------------------------------------


def test_every_spelling_of_an_address_finds_it(newsroom: Newsroom) -> None:
    """Tracking, AMP, a redirector, no scheme."""
    newsroom.read_first(an_entry(1))
    link = an_entry(1).link
    for wanted in (
        f"{link}?utm_source=x&fbclid=1",
        link.replace("https://", "http://www.") + "/amp",
        link.replace("https://", ""),
        f"https://www.google.com/url?q={link}",
    ):
        assert newsroom.run("explain", wanted).code == 0, wanted


def test_an_exact_headline_finds_its_article(newsroom: Newsroom) -> None:
    """Whatever its case and signs, quoted or as several words."""
    newsroom.read_first(an_entry(1), an_entry(2))
    for words in ([TITLE], [TITLE.upper() + "!"], TITLE.split()):
        shown = newsroom.run("explain", *words)
        assert shown.code == 0
        assert shown.out.startswith(TITLE)


def test_one_headline_over_copies_of_one_story_finds_the_first(newsroom: Newsroom) -> None:
    """The others stand beside it, with the feeds that showed them."""
    newsroom.read_first()
    newsroom.read(a_wire_copy(0))
    newsroom.read(a_wire_copy(1), outlet=1)
    shown = newsroom.run("explain", a_wire_copy(0).title)
    assert shown.code == 0
    assert "shown as a copy by feed Outlet 1, first " in shown.out
    [record] = newsroom.run("explain", a_wire_copy(0).title, "--json").records
    assert [other["feed"] for other in record["elsewhere"]] == ["Outlet 1"]


def test_words_that_may_mean_several_give_a_list(newsroom: Newsroom) -> None:
    """Numbered, at most ten, the likeliest first, each with its number; exit 1."""
    newsroom.read_first(*(an_entry(n) for n in range(15)), an_entry(30, about="balloon"))
    listed = newsroom.run("explain", "mayor", "balloon")
    assert listed.code == 1
    assert f" 1. {an_entry(30, about='balloon').title}" in listed.out
    assert "10. " in listed.out
    assert "11. " not in listed.out
    assert "Ask for one by its number: monitor explain " in listed.out
    [record] = newsroom.run("explain", "mayor balloon", "--json").records
    assert record["article"] is None
    assert record["likely"][0]["title"] == an_entry(30, about="balloon").title
    assert newsroom.run("explain", str(record["likely"][0]["article"])).code == 0
    unknown = newsroom.run("explain", "quantum", "chromodynamics")
    assert unknown.code == 1
    assert "is not in the archive" in unknown.out


# --- its way ---------------------------------------------------------------------------------------------------------


def test_later_sightings_say_by_which_name(newsroom: Newsroom) -> None:
    """The visit that brought it, then each feed and name by which it was seen again."""
    newsroom.read_first()
    newsroom.read(an_entry(1), ago=2 * HOUR - timedelta(minutes=1))
    newsroom.read(an_entry(1), ago=HOUR)
    newsroom.read(replace(an_entry(1), id="another"), ago=HOUR / 2)
    shown = newsroom.run("explain", an_entry(1).link)
    assert ", which brought it\n" in shown.out
    assert "seen again by feed Outlet 0 under the same id, from " in shown.out
    assert "seen again by feed Outlet 0 under the same address, from " in shown.out
    assert "it is known since by: id, address, headline and date" in shown.out
    [record] = newsroom.run("explain", an_entry(1).link, "--json").records
    assert [seen["by"] for seen in record["seen_again"]] == ["guid", "url"]


def test_what_waits_says_why(newsroom: Newsroom) -> None:
    """Quiet hours and full hours, in the watchlist's time."""
    newsroom.configure(watchlist=WATCHLIST.replace("UTC", "Asia/Tokyo"))
    newsroom.read_first()
    newsroom.read(an_entry(1))
    with newsroom.store() as store, store.write() as tx:
        reason = f"quiet hours until {newsroom.now:%Y-%m-%d} 12:30 UTC"
        tx.waits.note(next(state.key for state in tx.topics.all()), [ChannelName("console")], reason, "quiet")
    shown = newsroom.run("explain", an_entry(1).link)
    assert 'console: waited: topic "hostages": quiet hours until ' in shown.out
    assert f"{newsroom.now.day} {newsroom.now:%b} 21:30\n" in shown.out
    assert "times are those of Asia/Tokyo" in shown.out
    [record] = newsroom.run("explain", an_entry(1).link, "--json").records
    assert record["waited"][0]["gate"] == "quiet"


def test_a_story_that_was_told_before_says_with_which_article(newsroom: Newsroom) -> None:
    """A copy led nothing; who told the story is named, and what a later digest did with the copy."""
    newsroom.read_first()
    newsroom.read(a_wire_copy(0))
    newsroom.tell()
    newsroom.read(a_wire_copy(1), outlet=1, ago=timedelta(minutes=1))
    shown = newsroom.run("explain", a_wire_copy(1).link)
    assert f', led by article 1 "{a_wire_copy(0).title}"' in shown.out
    newsroom.now += 2 * HOUR
    newsroom.tell()
    assert "console: not told in digest 2 of hostages (" in newsroom.run("explain", a_wire_copy(1).link).out


def test_a_delivery_that_waits_says_for_what(newsroom: Newsroom) -> None:
    """For its turn, after a failure, or for a channel that is held."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell(deliver=False)
    shown = newsroom.run("explain", an_entry(1).link)
    assert "console: not delivered yet, though put in line" in shown.out
    assert "to console: waits for its turn, due " in shown.out
    with newsroom.store() as store, store.write() as tx:
        tx.holds.hold(
            [ChannelName("console")],
            newsroom.now,
            account="a",
            scope="channel",
            reason="not_in_channel",
            error="the bot is not in the channel",
            remedy="Invite it.",
        )
    held = newsroom.run("explain", an_entry(1).link)
    assert "waits: the channel takes nothing since " in held.out
    assert ": the bot is not in the channel. Invite it." in held.out
    change(newsroom, "UPDATE delivery SET state = 'dead', reason = 'dropped'")
    assert "taken out of the line by a person" in newsroom.run("explain", an_entry(1).link).out


def test_a_slack_message_is_linked_where_the_workspace_is_known(newsroom: Newsroom) -> None:
    """By the channel and the message's time; without the workspace's host there is no link that may be dead."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell()
    change(newsroom, "UPDATE delivery SET channel = 'desk', receipt = '1773482400.000100'")
    monitor = (newsroom.folder / "monitor.toml").read_text()
    slack = '[channels.desk]\nkind = "slack"\nchannel = "C0123456789"\ntoken_env = "SLACK_BOT_TOKEN"\n'
    (newsroom.folder / "monitor.toml").write_text(monitor + slack)
    assert "archives" not in newsroom.run("explain", an_entry(1).link).out
    (newsroom.folder / "monitor.toml").write_text(monitor + slack + 'workspace = "example.slack.com"\n')
    address = "https://example.slack.com/archives/C0123456789/p1773482400000100"
    assert address in newsroom.run("explain", an_entry(1).link).out
    [record] = newsroom.run("explain", an_entry(1).link, "--json").records
    assert record["deliveries"][0]["link"] == address


# --- what is not there -----------------------------------------------------------------------------------------------


def test_a_missing_article_says_what_its_feed_did_that_day(newsroom: Newsroom) -> None:
    """Visits that failed or lost something around the day its address names."""
    newsroom.read_first(an_entry(1))
    at = newsroom.now - HOUR
    with newsroom.store() as store:
        feeds = claim_again(store, at)
        ingest(store, [a_failed_visit(feeds[0], now=at)], a_context(()), at)
    newsroom.read(*(an_entry(n) for n in range(5, 9)), ago=HOUR / 2)
    day = at.astimezone(UTC)
    shown = newsroom.run("explain", f"https://outlet0.example/{day:%Y/%m/%d}/never-seen")
    assert shown.code == 1
    for words in (
        f"By its address it was published on {day:%Y-%m-%d}.",
        "Feed Outlet 0 should have it: last read ",
        "Feed Outlet 0 brought 5 articles from outlet0.example, the last ",
        "It rolled over between two polls 1 time: about ",
        "Around that day (3 visits recorded; quiet ones are not):",
        ": failed: 503",
        "its window rolled over since the visit before",
    ):
        assert words in shown.out, words
    old = newsroom.run("explain", "https://outlet0.example/2019/05/01/never-seen")
    assert "after that day: what it had dropped by then never came" in old.out
    assert "Around that day no visit to it is recorded" in old.out
    [record] = newsroom.run("explain", f"https://outlet0.example/{day:%Y/%m/%d}/x", "--json").records
    assert record["published_on"] == f"{day:%Y-%m-%d}"
    assert len(record["feeds"][0]["visits_then"]) == 3


def test_a_feed_that_is_kept_away_says_by_what(newsroom: Newsroom) -> None:
    """Held, asked to stay away, at hours it closes, removed from the configuration, never read."""
    newsroom.read_first()
    until = datetime(2099, 1, 1, tzinfo=UTC)
    with newsroom.store() as store, store.write() as tx:
        feed = sa.table("feed", *map(sa.column, ("url", "skip_times", "quarantine", "hold_until", "active")))
        mine = sa.update(feed).where(feed.c.url == "https://outlet1.example/rss")
        values = {
            "skip_times": "0,1;sun",
            "quarantine": "it called itself X",
            "hold_until": f"{until:%Y-%m-%d} 00:00:00.000000",
        }
        tx.connection.execute(mine.values(**values))
    shown = newsroom.run("explain", "https://outlet1.example/x-y-z")
    for words in (
        "Its server asked us to stay away until 1 Jan 2099 00:00.",
        "It asks not to be visited at these hours (UTC) and days, and is not: 0, 1, sun.",
        "It is held: it called itself X.",
    ):
        assert words in shown.out, words
    newsroom.configure(feeds=FEEDS.replace("outlet1", "outlet9"))
    change(newsroom, "UPDATE feed SET active = :no WHERE name = 'Outlet 1'", no=False)
    gone = newsroom.run("explain", "https://outlet1.example/x-y-z")
    assert "Feed Outlet 1 is not in feeds.toml any more" in gone.out


def test_a_swept_headline_was_there_once(newsroom: Newsroom) -> None:
    """Its name is kept longer than its text."""
    newsroom.read_first(an_entry(1))
    with newsroom.store() as store:
        sweep(store, Retention(articles_days=1), newsroom.now + timedelta(days=3))
    shown = newsroom.run("explain", TITLE)
    assert shown.code == 1
    assert "was stored once; its text is past the retention" in shown.out


# --- hostile text ----------------------------------------------------------------------------------------------------


def test_nothing_that_is_shown_steers_the_terminal(newsroom: Newsroom) -> None:
    """Not what was stored, not what was asked for, not an error; and not as JSON either."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    evil = "\x1b]0;owned\x07\x9b31m\u202etxt\nStory\n  forged"
    change(newsroom, "UPDATE article SET title = :evil, evidence = :evil, url = :evil", evil=evil)
    change(newsroom, "UPDATE poll SET error = :evil", evil=evil)
    for words in (("1",), (f"https://outlet0.example/{evil}",), (f"headline {evil}",)):
        for form in ([], ["--json"]):
            shown = newsroom.run("explain", *words, *form).out
            assert not any(char in shown for char in "\x1b\x07\x9b\u202e"), (words, form)
            assert "\n  forged" not in shown
