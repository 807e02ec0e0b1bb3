"""`monitor preview`: the digest that would be sent, in every medium, unsent."""

import json
from datetime import timedelta

import pytest

from monitor.model import DeliveryId, TopicKey
from monitor.storage.topics import TopicPlan
from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry

HOSTILE = 'Mayor frees hostage <script>alert("x")</script> & <!channel>'


@pytest.mark.parametrize("medium", ["text", "html", "slack", "json"])
def test_every_medium_shows_the_stories(newsroom: Newsroom, medium: str) -> None:
    """Also what stood in the feed at its first reading; hostile titles are text in each."""
    newsroom.read_first(an_entry(1), an_entry(2, title=HOSTILE))
    shown = newsroom.run("preview", "hostages", "--since", "3h", "--as", medium)
    assert shown.code == 0
    assert "Mayor of Bellmoor" in shown.out
    if medium == "html":
        assert "<script>" not in shown.out
    if medium in ("slack", "json"):
        assert json.loads(shown.out)
    assert newsroom.run("outbox", "list", "--all").out.startswith("The outbox is empty")


def test_a_topic_is_found_by_its_name_too(newsroom: Newsroom) -> None:
    """`hostages` and `Hostages` are the same; a topic that is not there is refused with those that are."""
    newsroom.read_first(an_entry(1))
    assert newsroom.run("preview", "HOSTAGES").code == 0
    refused = newsroom.run("preview", "elections")
    assert refused.code == 1
    assert 'there is no topic "elections". The watchlist has: hostages, shipping.' in refused.err


def test_nothing_to_show_is_said(newsroom: Newsroom) -> None:
    """Nothing on standard output, a sentence on the other; a span that is none is wrong use."""
    newsroom.read_first(an_entry(1))
    shown = newsroom.run("preview", "shipping", "--since", "60m")
    assert (shown.code, shown.out) == (0, "")
    assert 'Nothing in the last 60m answers "Tanker attacks".' in shown.err
    assert newsroom.run("preview", "hostages", "--since", "soon").code == 2


def test_a_channel_shows_what_it_would_send_without_its_secret(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own rendering and its own number of stories; another medium where one is asked for."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    path = newsroom.folder / "monitor.toml"
    path.write_text(
        path.read_text()
        + '[channels.desk]\nkind = "slack"\nchannel = "C0123456789"\ntoken_env = "SLACK_BOT_TOKEN"\nstories_max = 1\n'
    )
    newsroom.read_first(an_entry(1), an_entry(2))
    shown = newsroom.run("preview", "hostages", "--since", "3h", "--channel", "desk")
    assert shown.code == 0
    assert all("blocks" in record for record in shown.records)
    as_text = newsroom.run("preview", "hostages", "--since", "3h", "--channel", "desk", "--as", "text")
    assert "and 1 more" in as_text.out
    console = newsroom.run("preview", "hostages", "--since", "3h", "--channel", "console")
    assert console.out.startswith(newsroom.run("preview", "hostages", "--since", "3h").out.rstrip("\n")[:40])
    refused = newsroom.run("preview", "hostages", "--channel", "dusk")
    assert (refused.code, 'Did you mean "desk"?' in refused.err) == (1, True)


def test_a_delivery_is_shown_to_the_byte(newsroom: Newsroom) -> None:
    """Rendered once, when it closed; swept, or never made, it says so."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    newsroom.tell()
    with newsroom.store() as store, store.read() as tx:
        [item] = tx.outbox.listed(everything=True)
    number = str(item.delivery.id)
    assert newsroom.run("preview", "--delivery", number).out == item.delivery.payload
    missing = newsroom.run("preview", "--delivery", "77")
    assert (missing.code, "there is no delivery 77. See: monitor outbox list --all" in missing.err) == (1, True)
    with newsroom.store() as store, store.write() as tx:
        assert tx.outbox.forget(newsroom.now + timedelta(days=365), among=[DeliveryId(int(number))]) == 1
    assert "past the retention" in newsroom.run("preview", "--delivery", number).err
    for words in ((), ("hostages", "--delivery", "1")):
        with pytest.raises(SystemExit, match="2"):
            newsroom.run("preview", *words)


def test_an_empty_archive_is_said(newsroom: Newsroom) -> None:
    """Not that nothing answers: nothing is there."""
    assert "The archive holds no article yet." in newsroom.run("preview", "hostages").err


def test_a_new_topic_says_since_when_it_is_matched(newsroom: Newsroom) -> None:
    """Not that nothing answers it: nothing stored before was ever matched with it."""
    newsroom.read_first()
    newsroom.read(an_entry(1))
    late = '[topics.late]\nname = "Late topic"\n'
    newsroom.configure(watchlist=late)
    assert "is not in force yet" in newsroom.run("preview", "late").err
    with newsroom.store() as store, store.write() as tx:
        tx.topics.sync([TopicPlan(TopicKey("late"), "Late topic", "every 1h", None)], newsroom.now)
    shown = newsroom.run("preview", "late").err
    assert 'Nothing answers "Late topic" since matching began, ' in shown
    assert "monitor plan --topic late" in shown
