"""`monitor once`: one full cycle in a process of its own, from feeds on loopback to what the channels received."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

from monitor.feeds.replay import Replay, serve_recorded
from tests.acceptance.given import CONSOLE, FERRIES, TELL, archive, desk, morning
from tests.acceptance.news import invent, token_of, write_rss
from tests.acceptance.program import Place
from tests.fakes.slack import Fault, serve_slack
from tests.fakes.smtp import serve_smtp
from tests.fakes.webhook import serve_receiver


def about(*numbers: int) -> bytes:
    """A feed of articles that the topic `ferries` finds."""
    return write_rss("Wire", [invent(number, "hydrofoil") for number in numbers])


@contextmanager
def wire(body: bytes) -> Iterator[tuple[Replay, dict[str, str]]]:
    """A feed named Wire on loopback, and the feeds of a configuration that has it."""
    with serve_recorded({"/wire.xml": body}) as replay:
        yield replay, {"Wire": replay.url_of("/wire.xml")}


def test_the_first_reading_is_a_baseline_and_the_second_brings_what_is_new(place: Place) -> None:
    """A new user is not flooded with what a feed holds already; what comes after is told, with the promised keys."""
    with wire(about(1, 2)) as (replay, feeds):
        place.configure(feeds, FERRIES + CONSOLE)
        first = place.once()
        replay.replace("/wire.xml", about(3, 1, 2))
        second = place.once()

    assert first.code == 0
    assert first.deliveries == []
    visit = first.visits["Wire"]
    assert list(visit)[:7] == ["feed", "url", "outcome", "status", "entries", "new", "error"]
    assert visit["url"] == feeds["Wire"]
    assert (visit["outcome"], visit["status"], visit["entries"], visit["new"]) == ("new", 200, 2, 2)
    assert visit["error"] is None
    assert visit["baseline"] is True
    assert second.code == 0
    assert (second.visits["Wire"]["new"], second.visits["Wire"]["baseline"]) == (1, False)
    (delivery,) = second.deliveries
    assert list(delivery)[:5] == ["topic", "channel", "stories", "state", "error"]
    assert [delivery[key] for key in list(delivery)[:5]] == ["ferries", "console", 1, "sent", None]
    assert token_of(3) in second.err.lower()
    assert not {token_of(1), token_of(2)} & set(second.err.lower().split())


def test_without_json_a_person_reads_that_it_was_a_baseline(place: Place) -> None:
    """Nobody waits in vain for a digest of the first reading: the command says why there is none."""
    with wire(about(1)) as (replay, feeds):
        place.configure(feeds, FERRIES + CONSOLE)
        first = place.run("once")
        replay.replace("/wire.xml", about(2, 1))
        second = place.run("once")

    assert first.code == 0
    assert "Read for the first time: 1 feed" in first.out
    assert "baseline" in first.out
    assert token_of(1) not in first.out.lower()
    assert token_of(2) in second.out.lower()
    assert "ferries to console: sent" in second.out


def test_a_person_at_a_terminal_sees_how_far_the_reading_is(place: Place) -> None:
    """A thousand feeds take a while; the line is taken away again, and nothing of it is in a file or a pipe."""
    with wire(about(1)) as (_, feeds):
        place.configure(feeds, FERRIES + CONSOLE)
        shown = place.run_on_terminal("once")
        piped = place.run("once")

    assert "\r1 of 1 feed read\r\x1b[K" in shown.err
    assert "1 feed visited: 1 with news" in shown.out
    assert piped.err == ""


def test_a_first_reading_is_told_where_that_is_asked_for(place: Place) -> None:
    """`first_poll = "tell"` is for tours and for feeds that begin empty."""
    with wire(about(1, 2)) as (_, feeds):
        place.configure(feeds, FERRIES + CONSOLE, polling=TELL)
        first = place.once()

    assert first.visits["Wire"]["baseline"] is False
    assert [(d["channel"], d["stories"], d["state"]) for d in first.deliveries] == [("console", 2, "sent")]
    assert token_of(1) in first.err.lower()
    assert token_of(2) in first.err.lower()


def test_a_faulty_configuration_starts_nothing(place: Place) -> None:
    """Every fault with its file and line, exit 2, no database made, no feed asked."""
    with wire(about(1)) as (replay, feeds):
        place.configure(feeds, FERRIES + CONSOLE + 'chanels = ["desk"]\n', polling='interval_mix = "5m"')
        done = place.once()

        assert replay.requests == ()
    assert done.code == 2
    assert done.out == ""
    assert "watchlist.toml:8" in done.err
    assert "monitor.toml:7" in done.err
    assert 'Did you mean "channels"' in done.err
    assert not place.database.exists()


def test_only_when_every_feed_failed_the_command_fails(place: Place) -> None:
    """A cron job mails when nothing works; one feed that fails among others is said, and is no failure of the run."""
    with wire(about(1)) as (replay, feeds):
        broken = {"Broken": replay.url_of("/nowhere.xml")}
        place.configure({**feeds, **broken}, FERRIES + CONSOLE)
        some = place.once()
        place.configure(broken, FERRIES + CONSOLE)
        every = place.once()

    assert some.code == 0
    assert some.visits["Wire"]["outcome"] == "new"
    assert (some.visits["Broken"]["outcome"], some.visits["Broken"]["status"]) == ("failed", 404)
    assert every.code == 1
    assert list(every.visits) == ["Broken"]


def test_a_dead_channel_costs_the_others_nothing(place: Place) -> None:
    """The desk's token is bad, the console is told all the same; the failed delivery is the exit code's reason."""
    topic = FERRIES + 'channels = ["desk", "console"]\n'
    with wire(about(1)) as (_, feeds), serve_slack() as slack:
        slack.fail("chat.postMessage", Fault("code", code="invalid_auth"))
        place.configure(feeds, topic, polling=TELL, channels=desk(slack.url))
        done = place.once()

    assert done.code == 1
    states = {delivery["channel"]: delivery for delivery in done.deliveries}
    assert states["console"]["state"] == "sent"
    assert states["desk"]["state"] == "pending", "it waits for a good token"
    assert "invalid_auth" in states["desk"]["error"]
    assert token_of(1) in done.err.lower()


def test_a_story_is_told_once_per_channel_whatever_topics_find_it(place: Place) -> None:
    """Two topics find one article; they share the desk and each has a channel of its own: three tellings, not four."""
    topics = (
        FERRIES
        + 'channels = ["desk", "console"]\n'
        + FERRIES.replace("erries", "oils")
        + 'channels = ["desk", "night"]\n'
    )
    with wire(about(1)) as (_, feeds), serve_slack() as slack:
        slack.messages["C0NIGHT001"] = []
        slack.members.add("C0NIGHT001")
        channels = desk(slack.url) + desk(slack.url, "night", "C0NIGHT001")
        place.configure(feeds, topics, polling=TELL, channels=channels)
        done = place.once()
        again = place.once()

        assert [token_of(1) in str(post).lower() for post in slack.posts()] == [True]
        assert [token_of(1) in str(post).lower() for post in slack.posts("C0NIGHT001")] == [True]
    assert sorted(delivery["channel"] for delivery in done.deliveries) == ["console", "desk", "night"]
    assert done.err.lower().count(token_of(1)) > 0
    assert again.deliveries == []


def test_mail_reaches_each_recipient_and_the_webhook_is_signed(place: Place) -> None:
    """One mail per recipient, who sees no other's address; a webhook's receiver can tell that it was us."""
    topic = FERRIES + 'channels = ["morning", "archive"]\n'
    with wire(about(1)) as (_, feeds), serve_smtp() as smtp, serve_receiver() as receiver:
        channels = morning(smtp.port) + archive(receiver.url)
        place.configure(feeds, topic, polling=TELL, channels=channels)
        done = place.once()

        assert sorted(mail.recipient for mail in smtp.mails) == ["desk@example.org", "night@example.org"]
        for mail in smtp.mails:
            body = message_from_bytes(mail.content, policy=policy.default).get_body(("plain",))
            assert body is not None
            assert token_of(1) in body.get_content().lower()
            assert sum(other in mail.content for other in (b"desk@example.org", b"night@example.org")) == 1
        assert receiver.rejected == []
        assert [token_of(1) in str(one.data).lower() for one in receiver.received] == [True]
    assert {(delivery["channel"], delivery["state"]) for delivery in done.deliveries} == {
        ("morning", "sent"),
        ("archive", "sent"),
    }
