"""`monitor feeds`: what is polled and how it is; feeds tried, added, brought in and out."""

import io
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.errors import FetchError, FetchReason
from monitor.feeds.opml import read_opml
from monitor.feeds.replay import Replay, serve_recorded
from monitor.model import Polled, PollOutcome
from tests.cli.newsroom import FEEDS, Newsroom
from tests.fakes.http import respond, serve_scripts
from tests.pipeline.given import a_context, a_failed_visit, a_topic, a_visit, an_entry, claim_again, ingest

RSS = (
    '<rss version="2.0"><channel><title>River Gazette</title><language>en</language>'
    + "".join(f"<item><title>Flood {n} recedes</title><link>https://river.example/{n}</link></item>" for n in range(7))
    + "</channel></rss>"
).encode()
PAGE = b"<!doctype html><html><head><title>Hello</title></head><body>no feed here</body></html>"
LINKED = (
    b"<html><head><link rel=alternate type=application/rss+xml href=/comments/feed/ title='Hello: Comments Feed'>"
    b"<link rel=alternate type=application/rss+xml href=rss.xml></head></html>"
)
OPML = """<opml version="2.0"><body>
<outline type="rss" text="Outlet 0" xmlUrl="https://another.example/feed"/>
<outline type="rss" text="Known" xmlUrl="https://outlet1.example/rss"/>
<outline type="rss" text="Marsh Post" xmlUrl="https://marsh.example/rss"/>
</body></opml>"""


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A publisher on loopback: a feed and a page."""
    with serve_recorded({"/rss.xml": RSS, "/page": PAGE}) as serving:
        yield serving


def test_list_shows_the_health_of_every_feed(newsroom: Newsroom) -> None:
    """Read, failing and not read yet, with what a person needs to know of each."""
    newsroom.read_first(an_entry(1), an_entry(2))
    with newsroom.store() as store:
        failing = claim_again(store, newsroom.now)[1]
        ingest(store, [a_failed_visit(failing)], a_context([a_topic()]), newsroom.now)
    newsroom.configure(feeds=FEEDS + '[[feeds]]\nname = "Fresh"\nurl = "https://fresh.example/rss"\n')

    lines = newsroom.run("feeds", "list").out.splitlines()
    records = newsroom.run("feeds", "list", "--json").records

    assert lines[0].startswith("ok            Outlet 0  2 articles, newest of ")
    assert lines[1].startswith("failed        Outlet 1  0 articles, nothing yet")
    assert lines[2].strip().startswith("503")
    assert lines[-1] == "not read yet  Fresh  https://fresh.example/rss"
    assert [record["outcome"] for record in records] == ["new", "failed", "unchanged", None]
    assert records[1]["reason"] == "unavailable"
    assert records[1]["failing_since"] is not None


def test_test_reads_a_feed_and_stores_nothing(newsroom: Newsroom, replay: Replay) -> None:
    """Title, number of entries, the first few; as an object for scripts."""
    url = replay.url_of("/rss.xml")
    shown = newsroom.run("feeds", "test", url)
    assert shown.code == 0
    assert shown.out.startswith("River Gazette: 7 entries, ")
    assert "Flood 0 recedes" in shown.out
    assert shown.out.endswith("and 2 more\n")
    [record] = newsroom.run("feeds", "test", "--json", url).records
    assert (record["ok"], record["title"], record["entries"], record["status"]) == (True, "River Gazette", 7, 200)
    assert "River" not in (newsroom.folder / "feeds.toml").read_text()


def test_what_is_no_feed_is_refused_with_the_reason(newsroom: Newsroom, replay: Replay) -> None:
    """A page, a missing file, a private address: exit 1 in words or as an object."""
    page = newsroom.run("feeds", "test", replay.url_of("/page"))
    assert (page.code, "web page" in page.err) == (1, True)
    assert f"See which feeds it has: monitor feeds discover {replay.url_of('/page')}" in page.err
    missing = newsroom.run("feeds", "test", "--json", replay.url_of("/nothing"))
    assert missing.code == 1
    assert (missing.records[0]["ok"], missing.records[0]["reason"]) == (False, "not_found")
    private = newsroom.run("feeds", "test", "http://10.1.2.3/rss")
    assert (private.code, private.out) == (1, "")


def test_add_keeps_every_comment(newsroom: Newsroom, replay: Replay) -> None:
    """The feed stands at the end under its own title; what was there is there, byte for byte."""
    shown = newsroom.run("feeds", "add", replay.url_of("/rss.xml"))
    assert shown.code == 0
    assert 'Added "River Gazette" with 7 entries' in shown.out
    text = (newsroom.folder / "feeds.toml").read_text()
    assert text.startswith(FEEDS.rstrip("\n"))
    assert "River Gazette" in text
    assert "# number 2" in text
    assert newsroom.run("check").code == 0

    again = newsroom.run("feeds", "add", replay.url_of("/rss.xml"), "--name", "Another")
    assert again.code != 0
    assert (newsroom.folder / "feeds.toml").read_text() == text, "what is there already is not written twice"


def test_add_refuses_a_page_without_a_feed(newsroom: Newsroom) -> None:
    """Nothing is written that would only fail; what was tried is told, and what to do."""
    with serve_recorded({"/a/page": PAGE}) as bare:
        refused = newsroom.run("feeds", "add", bare.url_of("/a/page"))
    assert (refused.code, refused.out) == (1, "")
    assert "no feed was found: it is a web page with no link to a feed; of the usual places" in refused.err
    assert "none is a feed (18 404)" in refused.err
    assert "monitor feeds add" in refused.err
    assert (newsroom.folder / "feeds.toml").read_text() == FEEDS


def test_add_takes_the_one_feed_of_a_page(newsroom: Newsroom) -> None:
    """Typed without a scheme; feeds of comments or without entries do not count; a second time it is there already."""
    page = LINKED.replace(b"</head>", b"<link rel=alternate type=application/atom+xml href=empty.xml></head>")
    empty = b"<rss version='2.0'><channel><title>Soon</title></channel></rss>"
    with serve_recorded({"/": page, "/rss.xml": RSS, "/empty.xml": empty, "/comments/feed/": RSS}) as site:
        typed = site.base_url.partition("://")[2]
        added = newsroom.run("feeds", "add", typed)
        again = newsroom.run("feeds", "add", typed)
    assert (added.code, added.err) == (0, "")
    assert f"Its address, linked in the page, is {site.url_of('/rss.xml')}\n" in added.out
    assert f'url = "{site.url_of("/rss.xml")}"' in (newsroom.folder / "feeds.toml").read_text()
    assert again.code == 1
    assert 'there already, as "River Gazette"' in again.err


def test_of_several_feeds_a_person_chooses(newsroom: Newsroom) -> None:
    """`discover` lists them best first, as objects for scripts; `add` shows the list and writes nothing."""
    atom = RSS.replace(b"River", b"Lake")
    page = LINKED.replace(b"</head>", b"<link rel=alternate type=application/atom+xml href=lake.xml></head>")
    with serve_recorded({"/": page, "/rss.xml": RSS, "/lake.xml": atom}) as site:
        urls = [site.url_of("/rss.xml"), site.url_of("/lake.xml")]
        newsroom.configure(feeds=f'[[feeds]]\nname = "Gazette"\nurl = "{urls[0]}"\n')
        records = newsroom.run("feeds", "discover", site.url_of("/"), "--json").records
        refused = newsroom.run("feeds", "add", site.url_of("/"))
    keys = ("url", "title", "entries", "newest", "found_by", "configured_as")
    assert [tuple(record) for record in records] == [keys, keys]
    assert [tuple(record.values()) for record in records] == [
        (urls[0], "River Gazette", 7, None, "link", "Gazette"),
        (urls[1], "Lake Gazette", 7, None, "link", None),
    ]
    assert refused.code == 1
    first, about, second, _ = refused.out.splitlines()
    assert [first, second] == urls
    assert about == '  River Gazette: 7 entries; linked in the page, configured as "Gazette"'
    assert "2 feeds were found, so nothing was written. Choose one: monitor feeds add " in refused.err
    assert "Lake" not in (newsroom.folder / "feeds.toml").read_text()


def test_import_adds_what_is_new_under_free_names(newsroom: Newsroom) -> None:
    """A known address is left out; a taken name gets its host and refuses nothing; a second import adds nothing."""
    file = newsroom.path / "list.opml"
    file.write_text(OPML)

    shown, again = newsroom.run("feeds", "import", str(file)), newsroom.run("feeds", "import", str(file))

    assert (shown.code, shown.out.split("feeds added")[0].strip()) == (0, "2")
    assert "1 were there already" in shown.out
    assert shown.out.count(" is there already as ") == 1
    assert again.out.count(" is there already as ") == 3
    assert again.out.startswith("0 feeds added")
    names = [record["feed"] for record in newsroom.run("feeds", "list", "--json").records]
    assert names == ["Outlet 0", "Outlet 1", "Outlet 2", "Outlet 0 (another.example)", "Marsh Post"]
    assert (newsroom.folder / "feeds.toml").read_text().startswith(FEEDS.rstrip("\n"))


def test_import_leaves_out_what_is_bad_and_takes_the_rest(newsroom: Newsroom) -> None:
    """Each bad outline is named with its line, no password with it; folders come back with the export."""
    file = newsroom.path / "list.opml"
    file.write_text(
        """<opml><body><outline text="World"><outline text="Africa">
<outline text="Good" xmlUrl="feed://good.example/a feed?a=1&b=2"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
</outline><outline text="Secret" xmlUrl="https://me:hidden@secret.example/rss"/>
<outline type="rss" text="Lost"/></outline>
<outline text="Top" xmlUrl="https://top.example/rss"/></body></opml>"""
    )

    shown = newsroom.run("feeds", "import", str(file))

    assert shown.code == 0
    assert shown.out.startswith("2 feeds added to ")
    assert shown.out.endswith(", 0 were there already, 3 left out.\n")
    where = f"{file}:"
    assert sorted(line.removeprefix(where).partition(" is ")[0] for line in shown.err.splitlines()) == [
        '3: "Script": left out: `xmlUrl`',
        '4: "Secret": left out: `xmlUrl` holds a user name or password, and',
        '5: "Lost": left out: has no `xmlUrl`, so it',
    ]
    assert "hidden" not in shown.err
    found = read_opml(newsroom.run("feeds", "export").out.encode(), "out")
    assert [(feed.name, feed.url, feed.folder) for feed in found if "outlet" not in feed.url] == [
        ("Top", "https://top.example/rss", ""),
        ("Good", "http://good.example/a%20feed?a=1&b=2", "World/Africa"),
    ]


def test_import_of_nothing_but_bad_outlines_is_1(newsroom: Newsroom) -> None:
    """For scripts; nothing is written."""
    file = newsroom.path / "list.opml"
    file.write_text('<opml><body><outline text="A" xmlUrl="mailto:a@b.example"/></body></opml>')
    assert newsroom.run("feeds", "import", str(file)).code == 1
    assert (newsroom.folder / "feeds.toml").read_text() == FEEDS


def test_import_of_what_is_no_opml_changes_nothing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input as well; the error names where."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<html>no list</html>")))
    refused = newsroom.run("feeds", "import", "-")
    assert refused.code == 2
    assert "standard input:1: the file holds <html>, not <opml>" in refused.err
    assert (newsroom.folder / "feeds.toml").read_text() == FEEDS


def test_a_configured_feed_is_tried_with_its_key(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name or its address, as the daemon would; a key that is refused is named as the fault."""
    with serve_scripts() as server:
        url = server.script("/rss", respond(body=RSS))
        newsroom.configure(
            feeds=FEEDS + f'[[feeds]]\nname = "Keyed"\nurl = "{url}"\nheader = "X-Key"\nheader_env = "KEY"\n'
        )
        monkeypatch.setenv("KEY", "open-sesame")
        assert newsroom.run("feeds", "test", "keyed").out.startswith("River Gazette: 7 entries")
        assert newsroom.run("feeds", "test", url).code == 0
        assert [asked.headers["x-key"] for asked in server.asked] == [b"open-sesame"] * 2
        server.script("/rss", respond("401 Unauthorized"))
        refused = newsroom.run("feeds", "test", "Keyed")
    assert (refused.code, "does not take the credentials" in refused.err) == (1, True)
    assert "sesame" not in refused.err


def test_a_failing_feed_is_hurried_and_a_host_that_sent_us_away_is_not(newsroom: Newsroom) -> None:
    """`retry` makes it due now; a feed nobody configured is refused."""
    newsroom.read_first(an_entry(1))
    with newsroom.store() as store:
        failing, limited = claim_again(store, newsroom.now)[1:]
        error = FetchError("429", reason=FetchReason.RATE_LIMITED, status=429, retry_after_s=7200)
        visits = [a_failed_visit(failing), Polled(limited, PollOutcome.FAILED, newsroom.now, error=error)]
        ingest(store, visits, a_context([a_topic()]), newsroom.now)
    assert newsroom.run("feeds", "retry", "Outlet 1").code == 0
    refused = newsroom.run("feeds", "retry", limited.url)
    assert (refused.code != 0, "too often" in refused.err) == (True, True)
    assert "no feed is called" in newsroom.run("feeds", "retry", "Outlet 99").err
    with newsroom.store() as store, store.write() as tx:
        due = tx.feeds.claim_due(newsroom.now + timedelta(minutes=1), owner="next", limit=9)
    assert "Outlet 1" in [feed.name for feed in due]
    assert "Outlet 2" not in [feed.name for feed in due]


def test_a_held_feed_says_so_until_it_is_accepted(newsroom: Newsroom) -> None:
    """With the reason, and how many articles were kept back meanwhile."""
    newsroom.read_first(an_entry(1))
    with newsroom.store() as store:
        feed = claim_again(store, newsroom.now)[0]
        visit = a_visit(feed, [an_entry(7), an_entry(8)], now=newsroom.now)
        assert visit.parsed is not None
        spam = replace(visit, parsed=replace(visit.parsed, title="Casino bonus"))
        ingest(store, [spam], a_context([a_topic()]), newsroom.now)
        with store.write() as tx:
            tx.feeds.release()
    listed = newsroom.run("feeds", "list").out
    assert listed.startswith("held          Outlet 0")
    assert 'Held: it called itself "Outlet 0" and now "Casino bonus"' in listed
    assert 'Feed "Outlet 0" is held' in newsroom.run("status").out
    accepted = newsroom.run("feeds", "accept", "outlet 0")
    assert (accepted.code, "2 articles of it came while it was held" in accepted.out) == (0, True)
    assert "is not held" in newsroom.run("feeds", "accept", "Outlet 0").err


def test_export_can_be_read_back(newsroom: Newsroom) -> None:
    """Every configured feed, on standard output or in a file."""
    shown = newsroom.run("feeds", "export")
    target = newsroom.path / "out.opml"
    assert newsroom.run("feeds", "export", str(target)).out == f"3 feeds written to {target}.\n"
    assert Path(target).read_text() == shown.out
    assert [(feed.name, feed.url) for feed in read_opml(shown.out.encode(), "out")] == [
        (f"Outlet {n}", f"https://outlet{n}.example/rss") for n in range(3)
    ]
