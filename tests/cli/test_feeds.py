"""`monitor feeds`: what is polled and how it is; feeds tried, added, brought in and out."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.feeds.opml import read_opml
from monitor.feeds.replay import Replay, serve_recorded
from tests.cli.newsroom import FEEDS, Newsroom
from tests.pipeline.given import a_context, a_failed_visit, a_topic, an_entry, claim_again, ingest

RSS = (
    '<rss version="2.0"><channel><title>River Gazette</title><language>en</language>'
    + "".join(f"<item><title>Flood {n} recedes</title><link>https://river.example/{n}</link></item>" for n in range(7))
    + "</channel></rss>"
).encode()
OPML = """<opml version="2.0"><body>
<outline type="rss" text="Outlet 0" xmlUrl="https://another.example/feed"/>
<outline type="rss" text="Known" xmlUrl="https://outlet1.example/rss"/>
<outline type="rss" text="Marsh Post" xmlUrl="https://marsh.example/rss"/>
</body></opml>"""


@pytest.fixture
def replay() -> Iterator[Replay]:
    """A publisher on loopback: a feed and a page."""
    page = b"<!doctype html><html><head><title>Hello</title></head><body>no feed here</body></html>"
    with serve_recorded({"/rss.xml": RSS, "/page": page}) as serving:
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

    assert lines[0].startswith("ok            Outlet 0  2 articles, newest 20")
    assert lines[1].startswith("failed        Outlet 1  0 articles, nothing new yet")
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


def test_add_refuses_what_is_no_feed(newsroom: Newsroom, replay: Replay) -> None:
    """Nothing is written that would only fail."""
    assert newsroom.run("feeds", "add", replay.url_of("/page")).code == 1
    assert (newsroom.folder / "feeds.toml").read_text() == FEEDS


def test_import_adds_what_is_new_under_free_names(newsroom: Newsroom) -> None:
    """A known address is left out; a taken name gets its host and refuses nothing; a second import adds nothing."""
    file = newsroom.path / "list.opml"
    file.write_text(OPML)

    shown, again = newsroom.run("feeds", "import", str(file)), newsroom.run("feeds", "import", str(file))

    assert (shown.code, shown.out.split("feeds added")[0].strip()) == (0, "2")
    assert "1 were there already" in shown.out
    assert again.out.startswith("0 feeds added")
    names = [record["feed"] for record in newsroom.run("feeds", "list", "--json").records]
    assert names == ["Outlet 0", "Outlet 1", "Outlet 2", "Outlet 0 (another.example)", "Marsh Post"]
    assert (newsroom.folder / "feeds.toml").read_text().startswith(FEEDS.rstrip("\n"))


def test_import_of_what_is_no_opml_changes_nothing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input as well; the error names where."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<html>no list</html>")))
    refused = newsroom.run("feeds", "import", "-")
    assert refused.code == 2
    assert "standard input:1: the file holds <html>, not <opml>" in refused.err
    assert (newsroom.folder / "feeds.toml").read_text() == FEEDS


def test_export_can_be_read_back(newsroom: Newsroom) -> None:
    """Every configured feed, on standard output or in a file."""
    shown = newsroom.run("feeds", "export")
    target = newsroom.path / "out.opml"
    assert newsroom.run("feeds", "export", str(target)).out == f"3 feeds written to {target}.\n"
    assert Path(target).read_text() == shown.out
    assert [(feed.name, feed.url) for feed in read_opml(shown.out.encode(), "out")] == [
        (f"Outlet {n}", f"https://outlet{n}.example/rss") for n in range(3)
    ]
