"""Send a digest as plain text through the package `apprise`, to whatever it speaks to: Teams, Telegram, ntfy, Matrix.

The package is an extra and is loaded only where such a channel is configured. It says nothing of why a message was not
taken, nor whether it was, so every failure is of unknown outcome and `on_unknown` decides; its log, which may hold
tokens, is silenced. Feed text cannot call anybody: a sign that begins a mention is parted from the name behind it.

Effects: network, threads.
"""

import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from monitor.channels.base import Examined, Grown, Payload, Receipt
from monitor.channels.plain import render_note_text, render_text
from monitor.channels.wording import subject_line
from monitor.errors import ChannelError, ConfigError, SendOutcome
from monitor.model import Delivery, Digest, Note, StoryId
from monitor.text import plain_line, shorten

TIMEOUT_S = 60.0  # for all messages that a long text is split into, below the outbox's lease
TITLE_CHARS_MAX = 120
WIDTH = 4_000  # columns: a phone wraps by itself
INSTALL = "pip install 'news-monitor[apprise]'"
_PARTS = re.compile(r"https?://\S+|[@<]")
_PARTED = "\u200b"


class AppriseChannel:
    """One address of the package's. The address holds secrets: it appears in no payload, error or `repr`."""

    kind = "apprise"
    can_find = False
    spacing_s = 1.0

    def __init__(self, name: str, url: str, timeout_s: float = TIMEOUT_S, *, package: str = "apprise") -> None:
        self.name = name
        self.account = f"apprise {name}"
        self._timeout_s = timeout_s
        self._package = _load(name, package)
        self._service = _build(name, self._package, url)

    def __repr__(self) -> str:
        return f"AppriseChannel(name={self.name!r})"

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """One part: a title and the digest as text, everything in it. What is too long is split when it is sent."""
        del key, root
        return [_payload(subject_line(digest), render_text(digest, width=WIDTH))]

    def render_note(self, note: Note, key: str, root: str = "") -> Sequence[Payload]:
        """One part: the note's sentence as the title, and the whole note as text."""
        del key, root
        return [_payload(plain_line(note.head), render_note_text(note, width=WIDTH))]

    def render_edit(self, body: str, stories: Mapping[StoryId, Grown]) -> str | None:
        """What was sent stays as it is."""
        del body, stories
        return None

    def split(self, delivery: Delivery) -> Sequence[str]:
        """The package splits by what each service takes."""
        del delivery
        return ()

    def examine(self) -> Sequence[Examined]:
        """The address is one the package understands; more cannot be known without sending."""
        what = str(getattr(self._service, "service_name", "a service"))
        return (Examined("address", True, f"{plain_line(what)}; whether it takes messages only a test message shows."),)

    def send(self, delivery: Delivery) -> Receipt:
        """Hand the text over once, within the time; the receipt says only that it was taken."""
        parts = json.loads(delivery.payload)
        taken: list[bool] = []

        def work() -> None:
            try:
                taken.append(bool(self._notify(parts["title"], parts["text"])))
            except Exception:  # noqa: BLE001  # whatever breaks in there may name the address; the outcome is unknown
                taken.append(False)

        # In a thread of its own: the package's own time limits are per request, and there may be many.
        thread = threading.Thread(target=work, name=f"apprise {self.name}", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        if taken == [True]:
            return Receipt("taken")
        what = "the service did not take it" if taken else f"no answer within {self._timeout_s:.0f} s"
        raise ChannelError(
            f"{what}; part of it may have arrived",
            reason="not_taken" if taken else "timeout",
            outcome=SendOutcome.UNKNOWN,
            where=self._where(delivery),
            remedy="Check the address in the channel's variable or file, and the service itself.",
        )

    def find(self, delivery: Delivery) -> Receipt | None:
        """It cannot be asked; the outbox does not call this while `can_find` is false."""
        raise ChannelError(
            "apprise cannot be asked what was taken",
            reason="cannot_find",
            outcome=SendOutcome.UNKNOWN,
            where=self._where(delivery),
        )

    def _notify(self, title: str, text: str) -> object:
        batch = self._package.Apprise(asset=self._service.asset)
        batch.add(self._service)
        return batch.notify(body=text, title=title, body_format=self._package.NotifyFormat.TEXT)

    def _where(self, delivery: Delivery) -> str:
        return f'delivery {delivery.id} to "{self.name}"'


def _payload(title: str, text: str) -> Payload:
    parts = {"title": _without_calls(shorten(title, TITLE_CHARS_MAX)), "text": _without_calls(text)}
    return Payload(1, "", json.dumps(parts, ensure_ascii=False, separators=(",", ":")))


def _without_calls(text: str) -> str:
    """No `@everyone`, no `<!here>`, no `<@id>`: services read them out of plain text too. In addresses, `%40`."""
    return _PARTS.sub(lambda found: _part(found[0]), text)


def _part(found: str) -> str:
    if len(found) == 1:
        return found + _PARTED
    scheme, host, path = re.split(r"(?<=//)([^/]*)", found, maxsplit=1)  # before a host an @ has a meaning
    return scheme + host + path.replace("@", "%40")


def _load(name: str, package: str) -> ModuleType:
    try:
        found = import_module(package)
    except ImportError:
        raise ConfigError(
            "this kind of channel needs the extra `apprise`, which is not installed",
            where=f'channel "{name}"',
            remedy=f"Install it: {INSTALL}",
        ) from None
    # Both write addresses with tokens in them; what matters of them is said by our own errors.
    for logger in (logging.getLogger(package), logging.getLogger("urllib3")):
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    return found


def _build(name: str, package: ModuleType, url: str) -> Any:
    """The service behind the address, with nothing of the package's own in its messages."""
    asset = package.AppriseAsset(async_mode=False)  # one request after the other, in our thread
    asset.app_id = asset.app_desc = "news-monitor"
    asset.app_url = asset.image_url_mask = asset.image_url_logo = ""
    asset.http_redirects = False  # what follows a redirect hands the message, and the token, to whoever sent it
    try:
        service = package.Apprise.instantiate(url.strip(), asset=asset, suppress_exceptions=True)
    except Exception:  # noqa: BLE001  # the package's own errors repeat the address
        service = None
    if service is None:
        raise ConfigError(
            "the address is none that apprise understands",
            where=f'channel "{name}"',
            remedy="See https://appriseit.com/services/ for how the service's address is written.",
        )
    service.overflow_mode = package.OverflowMode.SPLIT  # what is too long goes in parts: nothing is cut
    service.retry = 0  # the outbox owns every retry
    return service
