"""The listener against a socket on loopback: receipts first, bounded lines, a way back, no secret anywhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import pytest

from monitor.channels.asked import Answer, AnswerButton, Asked, AskedKind, say
from monitor.channels.slack_listener import SlackListener
from monitor.errors import ConfigError, MonitorError
from tests.fakes.slack import APP_TOKEN, CHANNEL, FakeSlack, Fault, serve_slack
from tests.fakes.slack_socket import WAIT_S_MAX, FakeSocket, buttons_of, serve_socket, words_of


class Asker:
    """Keeps what was asked, and answers it as told."""

    def __init__(self, answer: Callable[[Asked], Answer] = lambda asked: say(f"done: {asked.text}")) -> None:
        self.asked: list[Asked] = []
        self.answer = answer

    def __call__(self, asked: Asked) -> Answer:
        """One question."""
        self.asked.append(asked)
        return self.answer(asked)


@contextmanager
def listening(actions: Asker, *, line_max: int = 50) -> Iterator[FakeSocket]:
    """A listener on a socket of its own."""
    with serve_slack() as slack:
        listener = SlackListener(APP_TOKEN, actions, slack.url, ping_s=0.2, line_max=line_max)
        with serve_socket(slack) as socket:
            listener.start()
            socket.wait_for_line()
            yield socket
        listener.stop(0.0)  # its threads end by themselves


def test_a_click_and_a_command_are_receipted_and_answered() -> None:
    """Who, where and what come through as they were; the answer is for whoever asked alone."""
    actions = Asker()
    with listening(actions) as socket:
        click = socket.click("mute:12")
        socket.wait_for_receipt(click)
        message = socket.wait_for_answer(click)
        assert words_of(message) == "done: mute:12"
        assert (message["response_type"], message["replace_original"]) == ("ephemeral", False)
        hostile = 'add "Gulf & ships" <@U012AB3CD> <!here> &lt; ' + "long " * 2_000
        command = socket.command(hostile)
        socket.wait_for_receipt(command)
        socket.wait_for_answer(command)
    assert actions.asked == [
        Asked(AskedKind.CLICK, CHANNEL, "slack:U012AB3CD", "mute:12"),
        Asked(AskedKind.COMMAND, CHANNEL, "slack:U012AB3CD", hostile),
    ]


def test_an_answer_to_a_click_in_an_answer_takes_its_place() -> None:
    """So that a question that was answered cannot be answered again by chance."""
    button = AnswerButton("Undo", "undo:mute:3")
    with listening(Asker(lambda asked: say("Muted.", buttons=(button,)))) as socket:
        message = socket.wait_for_answer(socket.click("undo:mute:3", in_answer=True))
        assert message["replace_original"] is True
        assert "response_type" not in message
        assert buttons_of(message) == {"Undo": "undo:mute:3"}


def test_the_receipt_waits_for_nothing() -> None:
    """While one question takes its time, others are receipted; each has its answer, in order."""
    may_go, begun = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Answer:
        begun.set()
        assert may_go.wait(WAIT_S_MAX)
        return say(asked.text)

    with listening(Asker(slow)) as socket:
        names = [socket.click(f"mute:{number}") for number in range(3)]
        for name in names:
            socket.wait_for_receipt(name)
        assert begun.wait(WAIT_S_MAX)
        assert not socket.has_answers()
        may_go.set()
        assert [words_of(socket.wait_for_answer(name)) for name in names] == ["mute:0", "mute:1", "mute:2"]


def test_who_comes_when_the_line_is_full_is_told_so() -> None:
    """Receipted all the same, nothing of it done; who was in line has their turn."""
    may_go, begun = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Answer:
        begun.set()
        assert may_go.wait(WAIT_S_MAX)
        return say(asked.text)

    actions = Asker(slow)
    with listening(actions, line_max=1) as socket:
        first = socket.click("mute:1")
        socket.wait_for_receipt(first)
        assert begun.wait(WAIT_S_MAX)
        second, third = socket.click("mute:2"), socket.click("mute:3")
        receipts = {socket.receipts.get(timeout=WAIT_S_MAX) for _ in range(2)}
        assert receipts == {second, third}
        name, message = socket.slack.answers.get(timeout=WAIT_S_MAX)
        assert "Too much is asked" in words_of(message)
        assert name in receipts
        may_go.set()
        socket.wait_for_answer(first)
    assert len(actions.asked) == 2


def test_what_cannot_be_done_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Our own words for what is not possible; for what broke, that it broke. The next question is another."""
    faults: Queue[Exception] = Queue()
    faults.put(MonitorError("there is no story 12", remedy="Look again."))
    faults.put(ValueError("secret inside"))

    def failing(asked: Asked) -> Answer:
        raise faults.get_nowait()

    with listening(Asker(failing)) as socket:
        assert words_of(socket.wait_for_answer(socket.click("mute:12"))) == "There is no story 12. Look again."
        broken = words_of(socket.wait_for_answer(socket.click("mute:12")))
        assert broken.startswith("That did not work")
        assert "secret inside" not in broken
        socket.wait_for_answer(socket.click("mute:12"))
    assert [record.getMessage() for record in caplog.records].count("slack.action_broke") == 2


def test_slack_asks_to_leave_and_is_heard_again() -> None:
    """A new line is opened at once, and what comes over it is heard."""
    with listening(Asker()) as socket:
        socket.ask_to_leave()
        socket.wait_for_line()
        name = socket.click("mute:1")
        socket.wait_for_receipt(name)
        assert words_of(socket.wait_for_answer(name)) == "done: mute:1"


def test_a_line_that_is_closed_is_opened_anew() -> None:
    """Whatever the reason was."""
    with listening(Asker()) as socket:
        socket.hang_up()
        socket.wait_for_line()
        socket.wait_for_answer(socket.command("list"))


NOTHING: list[tuple[str, dict[str, object]]] = [
    ("events_api", {"event": {"type": "message", "text": "hello"}}),
    ("interactive", {"type": "view_submission"}),
    ("interactive", {"type": "block_actions", "actions": []}),
    ("interactive", {"type": "block_actions", "actions": [{"type": "button", "url": "https://example.org"}]}),
    ("interactive", {"type": "block_actions", "actions": [[]], "user": 7, "channel": "C"}),
    ("slash_commands", {"command": "/watch", "text": ["list"], "channel_id": 7, "user_id": None}),
]


def test_what_asks_nothing_is_receipted_alone() -> None:
    """Slack must not send it again; nothing is done."""
    actions = Asker()
    with listening(actions) as socket:
        names = {socket.hand_over(kind, payload) for kind, payload in NOTHING}
        assert {socket.receipts.get(timeout=WAIT_S_MAX) for _ in names} == names
        socket.wait_for_answer(socket.command("list"))
    assert [asked.text for asked in actions.asked] == ["list"]


def test_a_stop_lets_what_was_receipted_be_done() -> None:
    """And ends within the time that it is given, whether or not everything was done."""
    may_go, begun = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Answer:
        begun.set()
        assert may_go.wait(WAIT_S_MAX)
        return say(asked.text)

    actions = Asker(slow)
    with serve_slack() as slack, serve_socket(slack) as socket:
        listener = SlackListener(APP_TOKEN, actions, slack.url, ping_s=0.2)
        listener.start()
        socket.wait_for_line()
        first, second = socket.click("mute:1"), socket.click("mute:2")
        socket.wait_for_receipt(first)
        socket.wait_for_receipt(second)
        assert begun.wait(WAIT_S_MAX)
        assert not listener.stop(0.01)
        may_go.set()
        assert listener.stop(WAIT_S_MAX)
        socket.wait_for_answer(first)
        socket.wait_for_answer(second)
    assert len(actions.asked) == 2


def test_an_answer_goes_to_slack_alone() -> None:
    """An address elsewhere is not posted to, whoever named it."""
    with serve_slack() as elsewhere:
        listener = SlackListener(APP_TOKEN, Asker(), "https://slack.example/api/")
        with pytest.raises(ValueError, match="to Slack alone"):
            listener._door.answer(elsewhere.url, b"{}")
        with pytest.raises(ValueError, match="to Slack alone"):
            listener._door.answer("https://slack.com.example/answer", b"{}")
        assert elsewhere.calls == []
        listener.stop(0.0)


def test_hearing_is_what_was_heard() -> None:
    """Not "connected": a line that says nothing any more counts as deaf after a minute."""
    now = [0.0]
    with serve_slack() as slack:
        listener = SlackListener(APP_TOKEN, Asker(), slack.url, elapsed=lambda: now[0])
        assert listener.hearing().said == "Slack cannot be heard: nothing was heard yet"
        listener._note_message('{"type": "hello"}')
        assert listener.hearing().is_well
        now[0] = 61.0
        assert listener.hearing().said == "Slack cannot be heard: nothing was heard for 61 s"
        listener.stop(0.0)


def refused(slack: FakeSlack, now: list[float]) -> SlackListener:
    """A listener that could not get a line."""
    listener = SlackListener(APP_TOKEN, Asker(), slack.url, elapsed=lambda: now[0])
    with pytest.raises(Exception):  # noqa: B017, PT011
        listener._client.issue_new_wss_url()
    return listener


def test_a_refused_token_is_said_once_and_seldom_tried(caplog: pytest.LogCaptureFixture) -> None:
    """With what to do, without the token; the library asks every five seconds and is held down."""
    now = [0.0]
    with serve_slack() as slack:
        slack.app_token = "xapp-another"
        listener = refused(slack, now)
        for _ in range(5):
            now[0] += 5
            with pytest.raises(Exception, match="invalid_auth"):
                listener._client.issue_new_wss_url()
        assert len(slack.calls_of("apps.connections.open")) == 1
        assert "Copy the app-level token" in listener.hearing().said
        now[0] = 301.0
        with pytest.raises(Exception, match="invalid_auth"):
            listener._client.issue_new_wss_url()
        assert len(slack.calls_of("apps.connections.open")) == 2
        assert [record.getMessage() for record in caplog.records] == ["slack.not_listening"]
        assert APP_TOKEN not in f"{caplog.text} {listener.hearing()} {listener._door!r}"
        listener.stop(0.0)


@pytest.mark.parametrize(
    ("fault", "wait_s", "said"),
    [
        (Fault("rate", retry_after="40"), 40.0, "slow down"),
        (Fault("rate", retry_after="2.5"), 2.5, "slow down"),
        (Fault("code", code="socket_mode_disabled"), 300.0, "Switch Socket Mode on"),
        (Fault("code", code="internal_error"), 1.0, "Slack says internal_error"),
        (Fault("html", status=502), 1.0, "no answer came"),
        (Fault("drop"), 1.0, "no answer came"),
    ],
)
def test_how_soon_a_line_is_asked_for_again(fault: Fault, wait_s: float, said: str) -> None:
    """As Slack says, or a second, and twice as long each time; five minutes where a person must act."""
    now = [0.0]
    with serve_slack() as slack:
        slack.fail("apps.connections.open", fault)
        listener = refused(slack, now)
        assert listener._door.wait_s == pytest.approx(wait_s)
        assert said in listener.hearing().said
        now[0] = wait_s + 0.01
        with pytest.raises(Exception, match="internal_error"):
            listener._client.issue_new_wss_url()
        assert len(slack.calls_of("apps.connections.open")) == 2
        listener.stop(0.0)


def test_a_proxy_is_not_used_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for the call nor for the socket, which knows no NO_PROXY; elsewhere it is."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with listening(Asker()) as socket:
        socket.wait_for_answer(socket.command("list"))
    elsewhere = SlackListener(APP_TOKEN, Asker())
    assert elsewhere._client.proxy == "http://127.0.0.1:9"
    elsewhere.stop(0.0)


@pytest.mark.parametrize("token", ["", " ", "xapp-\n1", "xapp 1", "xäpp"])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Before a header could carry it."""
    with pytest.raises(ConfigError, match="the token of the Slack app is empty or holds"):
        SlackListener(token, Asker())
