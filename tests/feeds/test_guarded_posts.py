"""A post goes through the same guard, follows nothing, and says whether it may have arrived."""

import socket
import threading
from collections.abc import Sequence

import pytest

from monitor.errors import FetchError, FetchReason
from monitor.feeds.guard import ANSWER_BYTES_MAX, Guard, guarded_post
from tests.fakes.http import Script, drip, drop, hang, reset, respond, serve_scripts

OWN = ["127.0.0.0/8"]


def test_a_post_is_guarded_too_and_follows_nothing() -> None:
    """A webhook's address is given by a user, and its server may answer anything."""
    with serve_scripts() as server:
        url = server.script("/hook", respond("302 Found", "Location: /other", b"moved"))
        answer = guarded_post(Guard(OWN), url, b"{}", {"X-Test": "1"}, 5.0)
        assert (answer.status, answer.body, answer.headers["location"]) == (302, b"moved", "/other")
        assert [asked.path for asked in server.asked] == ["/hook"]
        assert (server.asked[0].body, server.asked[0].headers["x-test"]) == (b"{}", b"1")
        with pytest.raises(FetchError) as caught:
            guarded_post(Guard(), url, b"{}", {}, 5.0)
        assert caught.value.reason is FetchReason.REFUSED_ADDRESS
        assert len(server.asked) == 1


@pytest.mark.parametrize(("script", "reason"), [(drop, FetchReason.PROTOCOL), (hang, FetchReason.TIMEOUT)])
def test_a_post_that_may_have_arrived_is_told_from_one_that_did_not(script: bytes, reason: FetchReason) -> None:
    """What follows differs: one may be sent again at once, the other may be there already."""
    with serve_scripts() as server:
        url = server.script("/hook", script)
        with pytest.raises(FetchError) as caught:
            guarded_post(Guard(OWN), url, b"{}", {}, 0.4)
        assert caught.value.reason is reason
        assert len(server.asked) == 1
    with pytest.raises(FetchError) as refused:
        guarded_post(Guard(OWN), url, b"{}", {}, 0.4)
    assert refused.value.reason is FetchReason.CONNECT


def test_a_post_that_hung_before_it_was_sent_is_certainly_not_sent() -> None:
    """A dead name server and a silent handshake end before the whole time does, and are told from a lost answer."""
    over = threading.Event()

    def dead(host: str, port: int) -> Sequence[str]:
        over.wait(5)
        return []

    with pytest.raises(FetchError) as caught:
        guarded_post(Guard(resolve=dead), "http://slow.example.org/hook", b"{}", {}, 0.6)
    over.set()
    assert caught.value.reason is FetchReason.CONNECT
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/hook"
        with pytest.raises(FetchError) as caught:
            guarded_post(Guard(OWN), url, b"{}", {}, 0.6)
    assert caught.value.reason is FetchReason.CONNECT


def test_a_post_with_a_header_that_cannot_be_sent_is_our_error() -> None:
    """Not the library's."""
    with serve_scripts() as server, pytest.raises(FetchError):
        guarded_post(Guard(OWN), server.url(), b"{}", {"X-Name": "é\n"}, 2.0)


@pytest.mark.parametrize("script", [reset, drip])
def test_a_post_that_was_answered_is_answered(script: Script) -> None:
    """A status says what the receiver did; that its body then breaks off or never ends does not make it unknown."""
    with serve_scripts() as server:
        answer = guarded_post(Guard(OWN), server.script("/hook", script), b"{}", {}, 0.4)
    assert answer.status == 200
    assert answer.body.strip() in (b"half", b"<rss>", b"")


def test_a_long_answer_to_a_post_is_cut() -> None:
    """Nobody needs more than the beginning of what a receiver says."""
    with serve_scripts() as server:
        url = server.script("/hook", respond(body=b"x" * (ANSWER_BYTES_MAX + 1)))
        assert len(guarded_post(Guard(OWN), url, b"{}", {}, 5.0).body) == ANSWER_BYTES_MAX
