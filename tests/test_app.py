"""What the app puts in force."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import build_app
from monitor.clock import SystemClock
from monitor.config.load import load
from monitor.cycle import run_once
from monitor.feeds.packed import pack_polled
from monitor.model import ArticleId, ChannelName
from monitor.outbox.deliver import SendRules
from monitor.outbox.retry import ASK_AFTER_S
from monitor.pipeline.indexing import Indexer
from monitor.storage.handed import HandOver
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.clock import FakeClock
from tests.fakes.digests import a_digest
from tests.fakes.slack import CHANNEL, TOKEN, serve_slack
from tests.pipeline.given import a_visit, an_entry
from tests.storage.given import a_delivery, an_article, store_articles

MONITOR = '[database]\nurl = "sqlite:///{}"\n[web]\nlisten = ""\n'
MAIL = """
public_url = "https://news.example.org/monitor/"
[channels.morning]
kind = "email"
to = ["anna@example.org", "ben@example.org", "anna@example.org"]
from = "monitor@example.org"
smtp = { host = "127.0.0.1", security = "none" }
"""
WATCHLIST = 'timezone = "UTC"\n[topics.t]\nname = "Captives talks"\nschedule = "every 1h"\n'
FEEDS = '[[feeds]]\nname = "F"\nurl = "https://feed.example/rss"\n'


def test_words_are_weighed_by_the_archive_at_start_and_when_asked(tmp_path: Path) -> None:
    """In between the watchlist in force stays the very same, whatever is stored and indexed meanwhile."""
    folder = tmp_path / "config"
    write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db"), feeds=FEEDS, watchlist=WATCHLIST)
    loaded = load(folder, {}, load_lexicon())
    app = build_app(loaded, FakeClock())
    try:
        in_force = app.in_force.watched.watchlist
        assert in_force is loaded.compiled
        store_articles(app.store, [an_article(number) for number in range(1, 400)])
        Indexer(app.store).catch_up(portions=3)
        assert app.in_force.watched.watchlist is in_force
        app.weigh_words()
        weighed = app.in_force.ingest.watchlist
        assert weighed is app.in_force.watched.watchlist
        assert weighed.lexicon.counted.articles == 399
        assert weighed.lexicon.idf("captives") < in_force.lexicon.idf("captives")
    finally:
        app.close()
    again = build_app(load(folder, {}, load_lexicon()), FakeClock())
    try:
        assert again.in_force.watched.watchlist.lexicon.counted == weighed.lexicon.counted
    finally:
        again.close()


def test_what_workers_left_behind_is_stored_by_the_one_process(tmp_path: Path) -> None:
    """Its feed is leased until that is done: nobody else would visit it for a day."""
    folder = tmp_path / "config"
    own = FEEDS.replace("https://feed.example", "http://127.0.0.1:9")  # refused without a connection
    write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db"), feeds=own, watchlist=WATCHLIST)
    app = build_app(load(folder, {}, load_lexicon()), SystemClock())
    try:
        now = app.clock.now()
        with app.store.write() as tx:
            (feed,) = tx.feeds.claim_due(now + timedelta(hours=1), owner="gone", limit=1)
            brought = pack_polled(a_visit(feed, [an_entry(1, at=now)], now=now))
            assert tx.handed.hand_over("gone", [HandOver(feed.id, 10, brought)], now)
        run_once(app)
        with app.store.read() as tx:
            assert (tx.articles.count(), tx.handed.waiting().feeds) == (1, 0)
    finally:
        app.close()


def test_each_reader_of_mail_has_a_link_that_stays(tmp_path: Path) -> None:
    """With a public address every recipient's mails carry a link of their own, the same after every start."""
    folder = tmp_path / "config"
    write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db") + MAIL, feeds=FEEDS, watchlist=WATCHLIST)
    seen = []
    for _ in range(2):
        app = build_app(load(folder, {}, load_lexicon()), FakeClock())
        try:
            payloads = app.in_force.channels[ChannelName("morning")].render(a_digest(), "key")
            with app.store.read() as tx:
                assert [one.address for one in tx.recipients.listed()] == ["anna@example.org", "ben@example.org"]
        finally:
            app.close()
        found = [re.findall(r"List-Unsubscribe: <(.*?)>", json.loads(one.body)["message"]) for one in payloads]
        seen.append({one.lane: links for one, links in zip(payloads, found, strict=True)})
    assert seen[0] == seen[1]
    links = [link for found in seen[0].values() for link in found]
    assert len(set(links)) == 2
    assert all(re.fullmatch(r"https://news\.example\.org/monitor/unsubscribe/[\w-]{43}", link) for link in links)


@pytest.mark.parametrize("was_out", [True, False])
def test_what_a_killed_process_had_in_hand_is_asked_for_soon_after_the_start(tmp_path: Path, was_out: bool) -> None:
    """The lock proves the owner dead: nothing waits for a lease to end, and nothing is lost or doubled."""
    folder, clock, desk = tmp_path / "config", FakeClock(), ChannelName("desk")
    with serve_slack() as slack:
        channel = f'[channels.desk]\nkind = "slack"\nchannel = "{CHANNEL}"\ntoken_env = "T"\napi_url = "{slack.url}"\n'
        write_folder(
            folder, monitor=MONITOR.format(tmp_path / "monitor.db") + channel, feeds=FEEDS, watchlist=WATCHLIST
        )
        loaded = load(folder, {"T": TOKEN}, load_lexicon())
        killed = build_app(loaded, clock)
        store_articles(killed.store, [an_article(1)])
        [body] = [one.body for one in killed.in_force.channels[desk].render(a_digest(), "digest-1-desk")]
        with killed.store.write() as tx:
            tx.outbox.add([a_delivery(payload=body)], clock.now(), due_at=clock.now())
            [in_hand] = tx.outbox.claim(clock.now(), owner=killed.owner, channel=desk)
            tx.second_looks.add([ArticleId(1)], clock.now() - timedelta(hours=2))
            assert tx.second_looks.claim(clock.now(), owner=killed.owner, limit=8)
        if was_out:
            killed.in_force.channels[desk].send(in_hand)
        killed.close()

        again = build_app(load(folder, {"T": TOKEN}, load_lexicon()), clock)
        try:
            clock.forward(seconds=ASK_AFTER_S)
            with again.store.write() as tx:
                assert tx.outbox.channels_due(clock.now()) == [desk]
                assert len(tx.second_looks.claim(clock.now(), owner=again.owner, limit=8)) == 1
            [sent] = again.sender.deliver_due(again.in_force.channels[desk], SendRules())
        finally:
            again.close()
        assert sent.state == "sent"
        assert len(slack.posts()) == 1
        assert slack.calls_of("conversations.history"), "it was asked for first"
