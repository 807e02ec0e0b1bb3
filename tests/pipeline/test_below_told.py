"""What fell below a bar is said in every medium, by the real pipeline and channels; and budgets are looked back on."""

import email
import email.policy
import html
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.config.load import load
from monitor.destinations import build_channel, take_links
from monitor.digests.budget import Hindsight, parse_budget
from monitor.feeds.guard import Guard
from monitor.model import ChannelName, Delivery
from monitor.pipeline.bars import look_back_on
from monitor.pipeline.digest import close_due
from monitor.storage.store import Store
from monitor.topics.lexicon import load_lexicon
from monitor.web.readers import Readers
from tests.config.folder import write_folder
from tests.fakes.clock import START, FakeClock
from tests.pipeline.given import HOSTAGES, SHIPPING, a_topic, digest_context
from tests.pipeline.test_budget import DAY, HOUR, a_desk_with_history

MONITOR = """\
[channels.console]
kind = "console"
[channels.slack]
kind = "slack"
channel = "C0123456789"
token_env = "TOKEN"
[channels.mail]
kind = "email"
to = ["anna@example.org"]
from = "Monitor <monitor@example.org>"
smtp = { host = "127.0.0.1", port = 25, security = "none" }
[channels.hook]
kind = "webhook"
url = "https://hook.example.org/x"
secret_env = "SECRET"
"""
NAMES = tuple(ChannelName(name) for name in ("console", "slack", "mail", "hook"))
LINE = "2 more fell below the bar of 59: monitor stories list --below hostages"


@pytest.fixture
def told(store: Store, tmp_path: Path) -> dict[ChannelName, Delivery]:
    """One digest of a topic under a bar, as it stands in line for each kind of channel."""
    desk = a_desk_with_history(store)
    write_folder(tmp_path, monitor=MONITOR, watchlist='[topics.a]\nname = "A b"\nchannels = ["mail"]\n')
    loaded = load(tmp_path, {"TOKEN": "xoxb-1", "SECRET": "a" * 40}, load_lexicon())
    links = take_links(store, loaded)
    channels = {name: build_channel(name, loaded, Guard([]), lambda _: None, links) for name in NAMES}
    topic = replace(desk.topics[0], channels=NAMES)
    context = replace(digest_context([topic], desk.channel), channels=channels)
    desk.read({50: 58, 51: 59, 52: 30}, 4 * DAY + HOUR / 2)
    close_due(store, context, START + 4 * DAY + HOUR)
    with store.read() as tx:
        found = {one.delivery.channel: one.delivery for one in tx.outbox.listed() if one.delivery.channel in NAMES}
    assert set(found) == set(NAMES)
    return found


def test_each_medium_says_how_many_fell_below_and_how_to_see_them(
    told: dict[ChannelName, Delivery], store: Store
) -> None:
    """The console, both parts of a mail, Slack's blocks, a webhook's record; and the Atom feed by its subtitle."""
    console, slack, mail, hook = (told[name].payload for name in NAMES)
    assert LINE in console
    assert LINE in json.dumps(json.loads(slack)["blocks"])
    record = json.loads(hook)
    assert record["below"] == {"stories": 2, "bar": 59, "at_most": "2 per day", "words": LINE}
    parts = {
        part.get_content_type(): " ".join(part.get_content().split())
        for part in email.message_from_string(json.loads(mail)["message"], policy=email.policy.default).walk()
        if part.get_content_maintype() == "text"
    }
    assert LINE in parts["text/plain"]
    assert LINE in html.unescape(parts["text/html"])
    assert all("seats" not in payload for payload in (console, slack, mail, hook))

    readers = Readers(store, FakeClock(START + 11 * DAY + HOUR / 2), lambda: {HOSTAGES: a_topic()})
    answer = readers.feed("hostages")
    assert answer is not None
    assert "2 stories fell below the bar: monitor stories list --below hostages</subtitle>" in answer.text


def test_a_budget_is_looked_back_on(store: Store) -> None:
    """Of ten stories a day for four days a bar of 59 lets two a day through; a channel has one over its topics."""
    desk = a_desk_with_history(store)
    slack = ChannelName("slack")
    topics = [replace(desk.topics[0], channels=(slack,)), a_topic(SHIPPING, channels=(slack,))]
    with store.read() as tx:
        found = look_back_on(tx, topics, {slack: parse_budget("1 per day")}, START + 4 * DAY)
        young = look_back_on(tx, topics, {}, START + HOUR)
    assert found["hostages"].hindsight == Hindsight(59, 40, 8, 4.0)
    assert found["channel slack"].hindsight == Hindsight(60, 40, 4, 4.0)
    assert young["hostages"].hindsight == Hindsight(None, 0, 0, 0.0), "an hour says nothing"
    with store.read() as tx:
        assert look_back_on(tx, topics, {}, START + 4 * DAY, lambda: True) == {}, "no turn before the time was over"
