"""What people ask in Slack: `/watch` in each of its words, edits after a yes alone, and who may ask where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.app import App, build_app
from monitor.channels.asked import Answer, Asked, AskedKind
from monitor.channels.slack_replies import render_reply
from monitor.config.load import load
from monitor.errors import MonitorError
from monitor.model import ChannelName, MuteKind, TopicKey
from monitor.pending import PENDING_FOR, PENDING_MAX
from monitor.pipeline.digest import close_due
from monitor.slack_desk import SlackDesk
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.fakes.clock import START, FakeClock
from tests.fakes.slack import CHANNEL
from tests.storage.given import a_match, an_article, store_articles

LEXICON = load_lexicon()
ENVIRON = {"BOT": "xoxb-1", "APP": "xapp-1"}
ANNA, BO = "slack:U0ANNA", "slack:U0BO"
FEEDS = '[[feeds]]\nname = "F"\nurl = "https://feed.example/rss"\n'
MONITOR = """\
[database]
url = "sqlite:///{}"
[web]
listen = ""
[channels.desk]
kind = "slack"
channel = "C0123456789"
token_env = "BOT"
app_token_env = "APP"
[channels.night]
kind = "slack"
channel = "C0NIGHT0000"
token_env = "BOT"
app_token_env = "APP"
[channels.quiet]
kind = "slack"
channel = "C0QUIET0000"
token_env = "BOT"
"""
WATCHLIST = """\
timezone = "Europe/Berlin"  # ours

[topics.hostage-negotiations]
name = "Hostage negotiations"
channels = ["desk"]

# at sea
[topics.gulf-shipping]
name = "Attacks on shipping"
channels = ["desk", "night"]
schedule = "daily 08:00"
quiet_hours = "22:00-06:30"
"""


@dataclass
class Room:
    """An app with its desk; one asks, and is answered."""

    app: App
    folder: Path
    clock: FakeClock
    desk: SlackDesk

    def ask(self, text: str, by: str = ANNA, place: str = CHANNEL) -> Answer:
        """`/watch TEXT`."""
        return self.desk(Asked(AskedKind.COMMAND, place, by, text))

    def press(self, answer: Answer, label: str, by: str = ANNA, place: str = CHANNEL) -> Answer:
        """Press a button of an answer."""
        [value] = [button.value for button in answer.buttons if button.label == label]
        return self.desk(Asked(AskedKind.CLICK, place, by, value))

    def watchlist(self) -> str:
        """The file as it stands."""
        return (self.folder / "watchlist.toml").read_text()

    def reload(self) -> None:
        """What the daemon does when it sees the edit."""
        self.app.apply(load(self.folder, ENVIRON, LEXICON))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Two topics, three Slack channels, of which two listen."""
    folder = tmp_path / "config"
    write_folder(folder, monitor=MONITOR.format(tmp_path / "monitor.db"), feeds=FEEDS, watchlist=WATCHLIST)
    clock = FakeClock(START)
    loaded = load(folder, ENVIRON, LEXICON)
    app = build_app(loaded, clock)
    try:
        yield Room(
            app, folder, clock, SlackDesk(app.store, clock, lambda: app.in_force, lambda: tuple(loaded.app_tokens))
        )
    finally:
        app.close()


def words(answer: Answer) -> str:
    """What is read, every line; each answer can be shown."""
    assert render_reply(answer, replaces=False)["blocks"]
    return "\n".join(f"{line.text} – {line.after}" if line.after else line.text for line in answer.lines)


def with_news(room: Room, count: int = 4) -> None:
    """Articles of the last two days that say the same of talks, each a story of its own."""
    at = [START - timedelta(hours=48 - number) for number in range(count)]
    titles = [f"Captives talks resume in town {number} <!here> & *more*" for number in range(count)]
    store_articles(room.app.store, [an_article(n + 1, at=at[n], title=titles[n]) for n in range(count)])


def test_an_added_topic_is_shown_first_and_written_at_a_yes(room: Room) -> None:
    """What it would have told, with examples; then it stands at the end of the file, with who and when."""
    with_news(room)
    asked = room.ask('add "Captives talks" | captive release, "swap, of prisoners"')
    said = words(asked)
    assert said.startswith("Watch “Captives talks”, or captive release, swap, of prisoners?")
    assert "Over the last 2 days it would have told about 2 stories a day (4 stories of 4 articles)." in said
    assert "Captives talks resume in town 3 <!here> & *more* – F" in said
    assert room.watchlist() == WATCHLIST
    done = room.press(asked, "Add it")
    assert "in force within seconds" in words(done)
    assert room.watchlist().startswith(WATCHLIST)
    assert "# Added from Slack by U0ANNA, " in room.watchlist()
    room.reload()
    topic = room.app.in_force.topics[TopicKey("captives-talks")]
    assert (topic.also, topic.channels, topic.schedule.text) == (
        ("captive release", "swap, of prisoners"),
        (ChannelName("desk"),),
        "every 1h",
    )
    assert room.press(asked, "Add it") == done  # pressed twice
    assert words(room.press(asked, "Cancel")) == "It was confirmed before."
    undone = room.press(done, "Undo", by=BO)
    assert words(undone) == "“Captives talks” is watched no more."
    assert room.press(done, "Undo", by=BO) == undone
    assert "captives" not in room.watchlist()


def test_a_no_changes_nothing(room: Room) -> None:
    """Neither does a yes after it."""
    asked = room.ask("add Port strikes")
    assert words(room.press(asked, "Cancel")) == "Nothing was changed."
    with pytest.raises(MonitorError, match="asked too long ago, or is answered"):
        room.press(asked, "Add it")
    assert room.watchlist() == WATCHLIST


def test_only_who_asked_may_confirm_and_only_there_and_in_time(room: Room) -> None:
    """A forged word, another's question, another channel, half an hour later, after too many others."""
    asked = room.ask("add Port strikes")
    with pytest.raises(MonitorError, match="only who asked"):
        room.press(asked, "Add it", by=BO)
    with pytest.raises(MonitorError, match="too long ago"):
        room.press(asked, "Add it", place="C0NIGHT0000")
    with pytest.raises(MonitorError, match="too long ago"):
        room.desk(Asked(AskedKind.CLICK, CHANNEL, ANNA, "confirm:0000"))
    for _ in range(PENDING_MAX):
        late = room.ask("remove Hostage negotiations")
    with pytest.raises(MonitorError, match="too long ago"):
        room.press(asked, "Add it")
    room.clock.forward(seconds=PENDING_FOR.total_seconds() + 1)
    with pytest.raises(MonitorError, match="too long ago"):
        room.press(late, "Remove it")
    assert room.watchlist() == WATCHLIST


def test_a_removed_topic_leaves_the_file_and_comes_back(room: Room) -> None:
    """Its history stays, its comments too."""
    asked = room.ask("remove hostage-negotiations")
    assert "Watch “Hostage negotiations” no more?\nIt told 0 stories here in the last 7 days." in words(asked)
    assert room.watchlist() == WATCHLIST
    done = room.press(asked, "Remove it")
    assert "hostage" not in room.watchlist()
    assert "# at sea" in room.watchlist()
    room.press(done, "Undo")
    room.reload()
    assert set(room.app.in_force.topics) == {"gulf-shipping", "hostage-negotiations"}


def test_a_topic_of_other_channels_is_not_removed_from_here(room: Room) -> None:
    """Nobody in one channel takes it from another."""
    with pytest.raises(MonitorError, match="is told on night too"):
        room.ask("remove Attacks on shipping")


def test_an_edit_made_meanwhile_stays(room: Room) -> None:
    """The file is read anew at the yes; a fault in it is said, and nothing is written."""
    asked = room.ask("add Port strikes")
    broken = WATCHLIST + "[topics.x]\nnam = 'X'\n"
    (room.folder / "watchlist.toml").write_text(broken)
    with pytest.raises(MonitorError, match="nam"):
        room.press(asked, "Add it")
    assert room.watchlist() == broken
    (room.folder / "watchlist.toml").write_text(WATCHLIST + "# a note\n")
    room.press(asked, "Add it")
    assert "# a note\n\n# Added from Slack" in room.watchlist()


REFUSED = [
    ("add", "no topic was named"),
    ("add  | terms", "no topic was named"),
    ("add " + "x" * 10_000, "has at most 200 characters, and this one has 10,000"),
    ("add X | " + "y" * 10_000, "has at most 200 characters"),
    ("add X | " + ",".join(f"term {n}" for n in range(1_000)), "more than 30 other names"),
    ("add hostage NEGOTIATIONS", "there is a topic “Hostage negotiations” already"),
    ("add ?!", "?!"),
    ("remove hostage negotiation", 'Did you mean "Hostage negotiations"?'),
    ("remove", "no topic was named"),
    ("mute Port 24h", "this channel watches no “Port”"),
    ("mute " + "x" * 10_000, "this channel watches no"),
    ("mute Attacks on shipping 9999d", "is no time to mute for"),
    ("digest now Port", "this channel watches no “Port”"),
]


def test_what_cannot_be_is_said_in_words(room: Room) -> None:
    """And what to write instead; nothing is changed."""
    for typed, said in REFUSED:
        with pytest.raises(MonitorError) as caught:
            room.ask(typed)
        assert said in str(caught.value)
        assert len(str(caught.value)) < 600
    assert room.watchlist() == WATCHLIST


NAMES = ['The "Gulf" \\ affair', "<@U012AB3CD> & <!channel>", "O'Neill’s “port”", "Страйк портов", "港口 罢工"]


def test_whatever_name_is_typed_stands_in_the_file(room: Room) -> None:
    """To the letter, under a key that nobody has."""
    for name in NAMES:
        room.press(room.ask(f"add {name} | a <b>, c"), "Add it")
        if name == NAMES[-2]:
            room.reload()
    room.reload()
    for name in NAMES:
        [topic] = [topic for topic in room.app.in_force.topics.values() if topic.name == name]
        assert topic.also == ("a <b>", "c")
        assert topic.key.replace("-", "").isalnum()
    assert {"topic", "topic-2"} <= set(room.app.in_force.topics)


def test_a_test_shows_and_asks_nothing(room: Room) -> None:
    """For a topic that is there, for words, and for a query."""
    with_news(room)
    for typed in ("test Captives talks", "test nothing of the kind | captives talks", "test captiv* AND talks"):
        answer = room.ask(typed)
        assert "it would have told about 2 stories a day" in words(answer)
        assert answer.buttons == ()
    assert "it would have told nothing" in words(room.ask("test gulf-shipping"))
    with pytest.raises(MonitorError, match="a word is needed"):
        room.ask("test (captives AND")
    assert room.watchlist() == WATCHLIST


def test_a_topic_is_muted_here_listed_and_unmuted(room: Room) -> None:
    """For as long as is said, else a day; the other channel is told as before."""
    answer = room.ask("mute Attacks on shipping 2h")
    assert "is held back in this channel until" in words(answer)
    with room.app.store.read() as tx:
        [mute] = tx.mutes.in_force(START)
    assert (mute.kind, mute.value, mute.channel, mute.until) == (
        MuteKind.TOPIC,
        "gulf-shipping",
        "desk",
        START + timedelta(hours=2),
    )
    listed = room.ask("list")
    assert "muted until" in words(listed)
    assert "muted until" not in words(room.ask("list", place="C0NIGHT0000"))
    room.press(listed, "Unmute Attacks on shipping", by=BO)
    assert "muted until" not in words(room.ask("list"))


def test_the_list_says_how_each_topic_does(room: Room) -> None:
    """When it is told, how often it was, and what readers think of it."""
    said = words(room.ask("list"))
    assert "Hostage negotiations – every 1h · 0 told in 7 days · next " in said
    assert "Attacks on shipping – daily 08:00 · 0 told in 7 days · next " in said
    (room.folder / "watchlist.toml").write_text('[topics.a]\nname = "A"\nchannels = ["night"]\n')
    room.reload()
    assert "watches nothing yet" in words(room.ask("list"))


def test_a_digest_is_told_now_and_its_slot_all_the_same(room: Room) -> None:
    """What waits is due at once, once; the next slot comes when it comes. With nothing waiting nothing is due."""
    assert "nothing waits to be told" in words(room.ask("digest now"))
    store_articles(room.app.store, [an_article(1)])
    with room.app.store.write() as tx:
        tx.matches.record([a_match(1)])
        before = tx.topics.get(TopicKey("hostage-negotiations"))
    room.clock.forward(seconds=60)
    now = room.clock.now()
    for _ in range(2):
        assert "1 match looked at now" in words(room.ask("digest now hostage-negotiations"))
    closed = close_due(room.app.store, room.app.in_force.digest, now)
    assert [(one.topic, one.stories) for one in closed] == [("hostage-negotiations", 1)]
    assert close_due(room.app.store, room.app.in_force.digest, now) == []
    with room.app.store.read() as tx:
        after = tx.topics.get(TopicKey("hostage-negotiations"))
    assert before is not None
    assert after is not None
    assert after.next_due_at == before.next_due_at


def test_quiet_hours_hold_also_what_is_asked_for(room: Room) -> None:
    """And it says until when."""
    store_articles(room.app.store, [an_article(1)])
    room.clock.forward(hours=13)
    with room.app.store.write() as tx:
        stored = a_match(1)
        tx.matches.record([replace(stored, match=replace(stored.match, topic=TopicKey("gulf-shipping")))])
    assert "its quiet hours hold it until" in words(room.ask("digest now Attacks on shipping"))


def test_a_channel_that_does_not_listen_is_refused(room: Room) -> None:
    """One that is not configured, and one whose messages have no buttons."""
    for place in ("C0NOWHERE00", "C0QUIET0000", ""):
        with pytest.raises(MonitorError, match="has no part in this channel"):
            room.ask("list", place=place)
        with pytest.raises(MonitorError, match="has no part in this channel"):
            room.desk(Asked(AskedKind.CLICK, place, ANNA, "snooze:gulf-shipping"))


def test_help_is_given_where_it_is_needed(room: Room) -> None:
    """Every command with an example."""
    asked = {
        "": "/watch list",
        "help": "/watch add",
        "lst": "There is no “lst”",
        "digest": "There is no “digest”",
        "digest later": "no “digest later”",
    }
    for typed, said in asked.items():
        answer = words(room.ask(typed))
        assert said in answer
        assert "/watch digest now" in answer
