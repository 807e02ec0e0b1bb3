"""docs/channels.md says what is true."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor.channels.record import digest_record
from monitor.channels.webhook import WebhookChannel
from tests.fakes.digests import KEY, a_delivery, a_digest
from tests.fakes.webhook import Answer

PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text()


def test_the_verification_example_verifies() -> None:
    """A receiver that copies the example accepts our messages and refuses a changed one."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example.group(1), names)
    is_genuine: Callable[[str, dict[str, str], bytes], bool] = names["is_genuine"]
    seen: list[tuple[dict[str, str], bytes]] = []

    def keep(url: str, body: bytes, headers: Any, timeout_s: float) -> Answer:
        seen.append((dict(headers), body))
        return Answer()

    for secret in ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "just some text"):
        channel = WebhookChannel("archive", "https://example.org/hook", secret, keep)
        channel.send(a_delivery(channel.render(a_digest(), KEY)[0].body))
        headers, body = seen[-1]
        assert is_genuine(secret, headers, body)
        assert not is_genuine(secret, headers, body + b" ")


def test_every_key_of_the_record_is_documented() -> None:
    """A receiver finds every key on the page."""
    record = digest_record(a_digest())
    keys = set(record) | set(record["stories"][0])
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []
