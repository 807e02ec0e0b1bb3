"""The daemon's ears, through the real client on loopback: from a click to a row, whatever the database does."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.app import App, build_app
from monitor.config.load import load
from monitor.listening import Listening
from monitor.model import ChannelName, DigestKind, StoryId
from monitor.storage.store import Store
from monitor.topics.meaning import EMPTY_LEXICON
from tests.config.folder import write_folder
from tests.fakes.clock import START, FakeClock
from tests.fakes.slack import APP_TOKEN, serve_slack
from tests.fakes.slack_socket import FakeSocket, buttons_of, serve_socket, words_of
from tests.storage.given import TOPIC, an_article, store_articles

FEEDS = '[[feeds]]\nname = "F"\nurl = "https://feed.example/rss"\n'
MONITOR = """\
[database]
url = "sqlite:///{database}"
[web]
listen = ""
[channels.desk]
kind = "slack"
channel = "C0123456789"
token_env = "BOT"
app_token_env = "APP"
api_url = "{api}"
[channels.night]
kind = "slack"
channel = "C0NIGHT0000"
token_env = "BOT"
app_token_env = "APP"
api_url = "{api}"
"""
WATCHLIST = '[topics.hostage-negotiations]\nname = "Hostage negotiations"\nchannels = ["desk"]\n'
ENVIRON = {"BOT": "xoxb-1", "APP": APP_TOKEN}


@dataclass
class Ears:
    """A daemon's listeners on a fake Slack."""

    app: App
    folder: Path
    socket: FakeSocket
    listening: Listening

    def reload(self, environ: dict[str, str]) -> None:
        """What a reload does, with these secrets."""
        loaded = load(self.folder, environ)
        self.app.apply(loaded)
        self.listening.take(loaded)


@contextmanager
def listening(tmp_path: Path) -> Iterator[Ears]:
    """Two channels that share one app."""
    with serve_slack() as slack, serve_socket(slack) as socket:
        folder = tmp_path / "config"
        monitor = MONITOR.format(database=tmp_path / "monitor.db", api=slack.url)
        write_folder(folder, monitor=monitor, feeds=FEEDS, watchlist=WATCHLIST)
        app = build_app(load(folder, ENVIRON), FakeClock())
        ears = Ears(app, folder, socket, Listening(app))
        try:
            ears.listening.take(app.in_force.loaded)
            socket.wait_for_line()
            yield ears
        finally:
            ears.listening.stop(0.0)
            app.close()


def tell(store: Store, story: int = 7) -> None:
    """The desk was told of a story."""
    store_articles(store, [an_article(story, title="Captives freed in Bellmoor")])
    with store.write() as tx:
        window = {"window_start": START, "window_end": START, "now": START}
        digest = tx.digests.close(TOPIC, "slot", DigestKind.NOW, **window)
        assert digest is not None
        values = (
            {"channel": "desk", "story_id": story, "telling": 0, "article_id": story, "digest_id": digest}
            | {"topic": TOPIC, "told_at": START, "reason": "new"}
            | {"article_count": 1, "publisher_count": 1, "independent_count": 1}
        )
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        tx.connection.exec_driver_sql(
            f"INSERT INTO sent_log ({columns}) VALUES ({marks})",
            {**values, "told_at": "2026-03-14 09:00:00.000000"},
        )


def test_a_click_is_receipted_while_the_database_is_locked(tmp_path: Path) -> None:
    """The receipt waits for nobody; what was asked is done once the database is free."""
    with listening(tmp_path) as ears:
        tell(ears.app.store)
        other = sqlite3.connect(tmp_path / "monitor.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        click = ears.socket.click("mute:7")
        ears.socket.wait_for_receipt(click)
        assert not ears.socket.has_answers()
        other.execute("ROLLBACK")
        other.close()
        assert "Captives freed in Bellmoor" in words_of(ears.socket.wait_for_answer(click))
        with ears.app.store.read() as tx:
            [mute] = tx.mutes.in_force(START)
        assert (mute.value, mute.by) == ("7", "slack:U012AB3CD")


def test_a_double_click_mutes_once_and_undo_lifts_it(tmp_path: Path) -> None:
    """Both are answered alike; the answer's own button takes it back."""
    with listening(tmp_path) as ears:
        tell(ears.app.store)
        first, second = ears.socket.click("mute:7"), ears.socket.click("mute:7")
        answer = ears.socket.wait_for_answer(first)
        assert ears.socket.wait_for_answer(second) == answer
        with ears.app.store.read() as tx:
            assert len(tx.mutes.listed()) == 1
        undo = ears.socket.click(buttons_of(answer)["Undo"], in_answer=True)
        assert "No longer muted" in words_of(ears.socket.wait_for_answer(undo))
        with ears.app.store.read() as tx:
            assert tx.mutes.in_force(START) == []


def test_every_button_of_a_message_reaches_the_database(tmp_path: Path) -> None:
    """As each is named under a story and at a message's end; a story of another channel is refused."""
    with listening(tmp_path) as ears:
        tell(ears.app.store)
        said = {
            value: words_of(ears.socket.wait_for_answer(ears.socket.click(value)))
            for value in ("nr:7", "useful:7", "follow:7", f"snooze:{TOPIC}")
        }
        with ears.app.store.read() as tx:
            assert [mark.verdict for mark in tx.marks.newest()] == ["useful"]
            assert [follow.story_id for follow in tx.follows.of(ChannelName("desk"), START)] == [StoryId(7)]
            assert [mute.value for mute in tx.mutes.in_force(START)] == [TOPIC]
        assert "held back in this channel" in said[f"snooze:{TOPIC}"]
        forged = ears.socket.click("mute:7", channel="C0NIGHT0000")
        assert "This channel was not told of that story" in words_of(ears.socket.wait_for_answer(forged))
        nowhere = ears.socket.command("list", channel="C0NOWHERE00")
        assert "has no part in this channel" in words_of(ears.socket.wait_for_answer(nowhere))


def test_a_topic_is_added_by_a_command_and_a_yes(tmp_path: Path) -> None:
    """Quotes, a mention and ten thousand characters come through the wire as they were typed."""
    with listening(tmp_path) as ears:
        typed = 'add "The <@U012AB3CD> & “Gulf” affair" | tankers, "a, b"'
        asked = ears.socket.wait_for_answer(ears.socket.command(typed))
        assert words_of(asked).startswith("Watch “The <@U012AB3CD> & “Gulf” affair”, or tankers, a, b?")
        yes = ears.socket.click(buttons_of(asked)["Add it"], in_answer=True)
        assert "in force within seconds" in words_of(ears.socket.wait_for_answer(yes))
        [_, topic] = load(ears.folder, ENVIRON, EMPTY_LEXICON).watchlist.topics
        assert (topic.name, topic.also) == ("The <@U012AB3CD> & “Gulf” affair", ("tankers", "a, b"))
        long = ears.socket.wait_for_answer(ears.socket.command("add " + "x" * 10_000))
        assert "and this one has 10,000" in words_of(long)


def test_channels_of_one_app_share_a_line_and_a_new_token_opens_another(tmp_path: Path) -> None:
    """The same configuration again changes nothing; without a token nobody listens."""
    with listening(tmp_path) as ears:
        ears.reload(ENVIRON)
        assert len(ears.socket.slack.calls_of("apps.connections.open")) == 1
        assert set(ears.listening.hearing()) == {"desk", "night"}
        ears.socket.slack.app_token = "xapp-2"
        ears.reload({**ENVIRON, "APP": "xapp-2"})
        ears.socket.wait_for_line()
        ears.socket.wait_for_answer(ears.socket.command("list"))
        plain = (ears.folder / "monitor.toml").read_text().replace('app_token_env = "APP"\n', "")
        (ears.folder / "monitor.toml").write_text(plain)
        ears.reload(ENVIRON)
        assert ears.listening.hearing() == {}


def test_a_token_that_cannot_be_one_is_said_and_kept_to_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The daemon goes on without ears."""
    with listening(tmp_path) as ears:
        ears.reload({**ENVIRON, "APP": "xapp-not one"})
        assert ears.listening.hearing() == {}
        assert "xapp-not" not in caplog.text
        assert [record.getMessage() for record in caplog.records] == ["slack.not_listening"]
        ears.listening.stop(0.0)
        ears.reload(ENVIRON)  # after a stop
        assert ears.listening.hearing() == {}
