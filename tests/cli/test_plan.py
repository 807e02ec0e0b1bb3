"""`monitor plan`: what an edited watchlist would change, in words and as records."""

from hashlib import sha256

import pytest

from monitor.config.load import load
from monitor.storage.store import Store
from tests.cli.newsroom import WATCHLIST, Newsroom
from tests.pipeline.given import an_entry

WIDER = WATCHLIST.replace('query = "hostage*"', 'query = "hostage* OR bread"')


def some_news(newsroom: Newsroom) -> None:
    """Two articles that are told, one of a first reading."""
    newsroom.read_first(an_entry(1, title="Mayor frees hostage", summary="The mayor spoke."))
    newsroom.read(an_entry(2, title="Bread costs more", summary="Prices rise."))
    newsroom.read(an_entry(3, title="Envoy", summary="Hostage talks resume in the capital."), outlet=1)


def put_in_force(newsroom: Newsroom) -> None:
    """The daemon took the files as they stand."""
    loaded = load(newsroom.folder, {}, needs_channels=False)
    with newsroom.store() as store, store.write() as tx:
        watchlist, feeds = loaded.bodies["watchlist.toml"], loaded.bodies["feeds.toml"]
        tx.revisions.record(watchlist=watchlist, feeds=feeds, monitor_hash="", change="", at=newsroom.now)


def counts(store: Store) -> list[int]:
    """Rows of every table a plan might be thought to write."""
    names = (
        "article",
        "match",
        "near_miss",
        "config_edit",
        "config_revision",
        "topic",
        "digest",
        "delivery",
        "heartbeat",
    )
    with store.read() as tx:
        return [tx.connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names]


def test_an_edit_is_told_with_its_stories(newsroom: Newsroom) -> None:
    """What is edited, what it brings with titles, and all of it together; nothing is written."""
    some_news(newsroom)
    put_in_force(newsroom)
    newsroom.configure(watchlist=WIDER)
    with newsroom.store() as store:
        before = counts(store)
    ended = newsroom.run("plan")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("Against revision 1 of ")
    assert lines[0].endswith("by file, in force.")
    assert "hostages: edited: query" in lines
    assert any(line.startswith("  1 more: 3 stories, 1 of them from before its feed was watched") for line in lines)
    assert any(line.startswith("  + Bread costs more (Outlet 0, ") for line in lines)
    assert "In all: 1 topic touched, 1 as before; 1 story more, 0 less." in lines
    with newsroom.store() as store:
        assert counts(store) == before


def test_records_hold_a_topic_each_and_the_total(newsroom: Newsroom) -> None:
    """The documented keys."""
    some_news(newsroom)
    put_in_force(newsroom)
    newsroom.configure(watchlist=WIDER)
    topic, total = newsroom.run("plan", "--json").records
    assert (topic["topic"], topic["change"], topic["edited"]) == ("hostages", "changed", ["query"])
    assert (topic["added"], topic["dropped"], topic["stories_before"], topic["stories_after"]) == (1, 0, 2, 3)
    assert topic["alerts_per_day_after"] is None  # of two hours nothing can be said
    assert [one["title"] for one in topic["added_stories"]] == ["Bread costs more"]
    assert (total["total"], total["against"], total["added"], total["applied"]) == (True, 1, 1, False)
    assert (total["articles"], total["unchanged"]) == (3, 1)


def test_without_a_revision_every_topic_is_new(newsroom: Newsroom) -> None:
    """And that is said."""
    some_news(newsroom)
    ended = newsroom.run("plan")
    assert ended.code == 0
    assert ended.out.startswith("No watchlist was in force yet, so every topic is new.")
    assert "hostages: new, every 1h on console" in ended.out


def test_an_edit_that_changes_no_topic(newsroom: Newsroom) -> None:
    """A comment, or another order of lines."""
    some_news(newsroom)
    put_in_force(newsroom)
    newsroom.configure(watchlist=f"# ours\n{WATCHLIST}")
    assert newsroom.run("plan").out.splitlines()[1:] == ["No topic changes."]


def test_a_faulty_edit_and_a_broken_example_are_told_with_their_lines(newsroom: Newsroom) -> None:
    """As `check` tells them, with its code; nothing is approved."""
    newsroom.configure(watchlist=WATCHLIST + 'must_match = ["Bread costs more"]\n')
    for words in (("plan",), ("plan", "--apply")):
        ended = newsroom.run(*words)
        assert ended.code == 2
        assert "watchlist.toml:12:" in ended.out
        assert "must_match" in ended.out
    assert newsroom.run("plan", "--json").records[0]["line"] == 12
    assert newsroom.run("plan").out == newsroom.run("check").out
    with newsroom.store() as store, store.read() as tx:
        assert tx.revisions.edit_of(sha256((newsroom.folder / "watchlist.toml").read_bytes()).hexdigest()) is None


def test_a_yes_is_noted_for_the_text_that_was_planned(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """With who said it and how far back new topics look."""
    monkeypatch.setenv("LOGNAME", "ada")
    some_news(newsroom)
    put_in_force(newsroom)
    newsroom.configure(watchlist=WIDER)
    ended = newsroom.run("plan", "--apply", "--replay", "24h")
    assert ended.code == 0
    assert "as it stands is approved." in ended.out
    with newsroom.store() as store, store.read() as tx:
        edit = tx.revisions.edit_of(sha256(WIDER.encode()).hexdigest())
    assert edit is not None
    assert edit.planned
    assert edit.author == "cli:ada"
    assert edit.replay_s == 86_400


def test_wrong_use_says_what_to_do(newsroom: Newsroom) -> None:
    """A replay without a yes, a revision or topic that is not there, a time without a unit."""
    assert newsroom.run("plan", "--replay", "24h").code == 2
    assert newsroom.run("plan", "--since", "30").code == 2
    assert "there is no revision 7. There is none yet." in newsroom.run("plan", "--against", "7").err
    assert 'there is no topic "hostage"' in newsroom.run("plan", "--topic", "hostage").err
    newsroom.configure(database="none.db")
    assert "there is no archive" in newsroom.run("plan").err


def test_one_topic_and_an_earlier_revision(newsroom: Newsroom) -> None:
    """Both narrow what is told."""
    some_news(newsroom)
    put_in_force(newsroom)
    newsroom.configure(watchlist=WIDER)
    put_in_force(newsroom)
    over = newsroom.run("plan", "--apply", "--replay", "24h").out
    assert over.startswith("watchlist.toml as it stands is in force already: revision 2 of ")
    assert "\nAgainst revision 1 of " in over
    assert "hostages: edited: query" in over
    assert "There is nothing to approve: " in over
    assert "hostages: edited: query" in newsroom.run("plan", "--against", "1").out
    assert "No topic changes." in newsroom.run("plan", "--against", "1", "--topic", "shipping").out
