"""`monitor status`: one screen, and an exit code for scripts."""

from datetime import timedelta

from monitor.config.load import load
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import a_context, a_failed_visit, a_topic, an_entry, claim_again, ingest


def test_a_fresh_database_needs_nobody(newsroom: Newsroom) -> None:
    """Before the first run there is nothing wrong, only nothing yet."""
    shown = newsroom.run("status")
    assert shown.code == 0
    assert "never ran on this database" in shown.out
    assert "Nothing needs a person." in shown.out


def test_what_stands_is_counted(newsroom: Newsroom) -> None:
    """Feeds, articles, tellings, deliveries, and each topic with what waits for it."""
    newsroom.read_first(an_entry(1))
    newsroom.read(an_entry(2))
    newsroom.tell()
    newsroom.read(an_entry(3), ago=timedelta(minutes=1))
    with newsroom.store() as store, store.write() as tx:
        tx.topics.beat("daemon", newsroom.now)

    shown = newsroom.run("status")
    [record] = newsroom.run("status", "--json").records

    assert shown.code == 0
    assert "Feeds       3 polled, 0 failing" in shown.out
    assert "Articles    3 kept, 3 in the last 24 hours" in shown.out
    assert "Stories     told 1 times" in shown.out
    assert "  hostages: every 1h, 1 match waiting, next digest " in shown.out
    assert record["feeds"] == {"polled": 3, "failing": [], "not_read_yet": 0, "troubles": []}
    assert record["deliveries"] == {"waiting": 0, "failed": 0}
    assert [topic["waiting"] for topic in record["topics"]] == [1, 0]


def test_what_needs_a_person_is_said_with_its_remedy(newsroom: Newsroom) -> None:
    """A silent daemon, a delivery given up, a feed that failed for a day: exit 1, and what to do."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell(faults=["refused"])
    long_ago = newsroom.now - timedelta(days=2)
    with newsroom.store() as store:
        feed = claim_again(store, newsroom.now)[1]
        ingest(store, [a_failed_visit(feed)], a_context([a_topic()]), long_ago)
        with store.write() as tx:
            tx.topics.beat("daemon", newsroom.now - timedelta(hours=1))

    shown = newsroom.run("status")

    assert shown.code == 1
    assert "The daemon has been silent since" in shown.out
    assert "1 deliveries were given up. See why: monitor outbox list" in shown.out
    assert 'Feed "Outlet 1" has failed since' in shown.out
    [record] = newsroom.run("status", "--json").records
    assert len(record["needs"]) == 3
    assert record["feeds"]["failing"][0]["feed"] == "Outlet 1"


def test_a_faulty_file_does_not_hide_how_things_stand(newsroom: Newsroom) -> None:
    """The archive is shown all the same, the fault among what needs a person; a faulty monitor.toml is told alone."""
    newsroom.read_first(an_entry(1))
    loaded = load(newsroom.folder, {}, needs_channels=False)
    with newsroom.store() as store, store.write() as tx:
        watchlist, feeds = loaded.bodies["watchlist.toml"], loaded.bodies["feeds.toml"]
        tx.revisions.record(watchlist=watchlist, feeds=feeds, monitor_hash="", change="", at=newsroom.now)
    newsroom.configure(watchlist="[topics.a]\nnam = 'A'\n")
    shown = newsroom.run("status")
    assert "  hostages: every 1h, " in shown.out
    [record] = newsroom.run("status", "--json").records
    assert (shown.code, "Feeds       3 polled" in shown.out) == (2, True)
    assert "a running daemon keeps the one it loaded" in shown.out
    assert "`name` is missing" in shown.out
    assert "`name` is missing" in shown.err
    assert len(record["faults"]) == 2
    (newsroom.folder / "monitor.toml").write_text("[database]\nurl = 3\n")
    assert newsroom.run("status").code == 2
