"""The console: one write per digest."""

from io import StringIO

import pytest

from monitor.channels.console import ConsoleChannel, render_text
from monitor.errors import ChannelError, SendOutcome
from tests.fakes.digests import KEY, a_delivery, a_digest


def test_a_digest_is_written_in_one_piece() -> None:
    """Digests of several channels never mix on the screen: each is one write."""
    written: list[str] = []
    channel = ConsoleChannel("console", written.append)
    (payload,) = channel.render(a_digest(), KEY)

    channel.send(a_delivery(payload.body))

    assert written == [render_text(a_digest()) + "\n"]


def test_a_closed_output_loses_nothing() -> None:
    """A stream that was closed leaves the digest waiting for the next start."""
    stream = StringIO()
    stream.close()
    channel = ConsoleChannel("console", lambda text: print(text, file=stream))

    with pytest.raises(ChannelError) as caught:
        channel.send(a_delivery("hello"))

    assert caught.value.outcome is SendOutcome.RETRYABLE
