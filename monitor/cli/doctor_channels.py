"""`monitor doctor`'s look at the channels: each in a thread of its own, so that one that hangs costs no other its line.

Effects: network through the channels, threads, the clock.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Sequence

from msgspec import Struct

from monitor.channels.base import Channel, Examined
from monitor.channels.slack_listener import examine_app_token
from monitor.cli.opening import existing_store
from monitor.clock import SystemClock
from monitor.config.channels import ChannelSettings, SlackSettings
from monitor.config.load import Loaded
from monitor.destinations import build_channel
from monitor.errors import ChannelError, MonitorError, SendOutcome
from monitor.feeds.guard import Guard
from monitor.model import (
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    DigestId,
    Note,
    NoteKind,
)

TRY_S = 40.0
"""For all that is asked of a channel before its line is written: a few calls of 15 s at most each."""
SEND_S = 90.0
"""As much again for a test message: mail's own bound on one dialogue."""
TEST_HEAD = "A test from news-monitor. Nothing needs doing."

_OUTBOX = re.compile(r"[,;]? then: monitor outbox (?:retry|drop) \d+[^.]*\.?")
"""What a remedy says of the outbox: a test message is not in it."""

_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")


class Finding(Struct, frozen=True):
    """How one part is."""

    part: str
    is_well: bool
    said: str


def try_channels(
    loaded: Loaded, names: Sequence[str], write: Callable[[str], None], *, sends: bool, bound_s: float | None = None
) -> list[Finding]:
    """How each of these channels is, in their order; with `sends` each is sent a test message too.

    Takes `bound_s` seconds at most, however many channels hang; one that does not answer by then is not well. `write`
    is what a console writes with.
    """
    found: dict[str, Finding] = {}

    def work(name: str) -> None:
        found[name] = _try_one(loaded, name, write, sends=sends)

    # Daemons: one that hangs must not keep the command from ending.
    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    bound = bound_s if bound_s is not None else TRY_S + (SEND_S if sends else 0.0)
    until = time.monotonic() + bound
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = f"it did not answer within {bound:g} s. Look whether its server can be reached from this machine."
    return [found.get(name) or Finding(name, False, late) for name in names]


def _try_one(loaded: Loaded, name: str, write: Callable[[str], None], *, sends: bool) -> Finding:
    missing = _missing_secret(loaded, name)
    if missing:
        return Finding(name, False, f"{missing} is not there. Set it where the daemon starts.")
    try:
        channel = build_channel(name, loaded, Guard(loaded.settings.polling.allow_private_hosts), write)
        examined = [*channel.examine(), *_examine_app_token(loaded, name)]
        if sends:
            examined += _send_test(channel, _left(loaded, name))
    except MonitorError as error:
        return Finding(name, False, f"{error.what}. {error.remedy}".rstrip())
    except Exception as error:  # noqa: BLE001  # the edge of a unit of work: told in its line, the other channels go on
        return Finding(name, False, f"it could not be tried ({type(error).__name__}). Please report this.")
    return join_examined(name, examined)


def _examine_app_token(loaded: Loaded, name: str) -> list[Examined]:
    """Whether the app's own token opens a line, for a channel with buttons."""
    settings, token = loaded.settings.channels[name], loaded.app_tokens.get(ChannelName(name))
    if token is None or not isinstance(settings, SlackSettings):
        return []
    return [examine_app_token(token.reveal(), settings.api_url)]


def join_examined(name: str, examined: Sequence[Examined]) -> Finding:
    """A channel's parts in one line: what is missing with its remedy first, then what works."""
    well = "; ".join(_clause(one) for one in examined if one.is_well)
    bad = " ".join(_once([f"{_clause(one)}." for one in examined if not one.is_well]))
    if bad:
        return Finding(name, False, f"{bad} Well: {well}." if well else bad)
    return Finding(name, True, f"{well}." if well else "nothing can be tried without sending: use --send-test.")


def _once(said: Sequence[str]) -> list[str]:
    """Each clause without the sentences at its end that an earlier one had there: one remedy serves all of them."""
    known: set[str] = set()
    left = []
    for clause in said:
        first, *more = _SENTENCE.split(clause)
        left.append(" ".join((first, *(one for one in more if one not in known))))
        known.update(more)
    return left


def _clause(one: Examined) -> str:
    return one.said.strip().rstrip(".")


def _missing_secret(loaded: Loaded, name: str) -> str:
    """Which variable or file its token, password or key should be in and is not; empty where all is there."""
    return "" if ChannelName(name) in loaded.secrets else named_secret(loaded.settings.channels[name])


def named_secret(settings: ChannelSettings) -> str:
    """The variable or file that holds the channel's secret, as a message may name it; empty where it needs none."""
    for part in (settings, getattr(settings, "smtp", None)):
        for key in ("token", "secret", "password", "url"):
            variable, file = getattr(part, f"{key}_env", None), getattr(part, f"{key}_file", None)
            if variable or file:
                return f"${variable}" if variable else str(file)
    return ""


def _left(loaded: Loaded, name: str) -> frozenset[str]:
    """The addresses that get nothing more from this channel: no test message either."""
    with existing_store(loaded) as store:
        if store is None:
            return frozenset()
        with store.read() as tx:
            return tx.recipients.stopped(ChannelName(name))


def _send_test(channel: Channel, left: Collection[str]) -> list[Examined]:
    """A short note through the channel itself, past the outbox; what came back for each part of it."""
    now = SystemClock().now()
    note = Note(NoteKind.OPERATOR, TEST_HEAD, now)
    key = f"test-{uuid.uuid4().hex[:16]}-{channel.name}"
    said = []
    for payload in channel.render_note(note, key):
        if payload.lane in left:
            said.append(Examined("test", True, f"No test message to {payload.lane}, which gets no mail any more"))
            continue
        delivery = Delivery(
            id=DeliveryId(0),
            digest_id=DigestId(0),
            channel=ChannelName(channel.name),
            key=f"{key}-{payload.part}" + (f"-{payload.suffix}" if payload.suffix else ""),
            part=payload.part,
            payload=payload.body,
            state=DeliveryState.LEASED,
            attempt=1,
            created_at=now,
            next_attempt_at=now,
            first_attempt_at=now,
            kind=DeliveryKind.NOTE,
            lane=payload.lane,
        )
        said.append(_send_one(channel, delivery))
    return said


def _send_one(channel: Channel, delivery: Delivery) -> Examined:
    to = f" to {delivery.lane}" if delivery.lane else ""
    try:
        receipt = channel.send(delivery)
    except ChannelError as error:
        what = "may have been sent" if error.outcome is SendOutcome.UNKNOWN else "was not sent"
        remedy = _OUTBOX.sub(".", error.remedy)
        return Examined("test", False, f"A test message{to} {what}: {error.what}. {remedy}".rstrip())
    return Examined("test", True, f"A test message{to} was taken, {receipt.reference}")
