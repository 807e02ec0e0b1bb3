"""`monitor outbox`: what waits to be sent, what failed and why.

Effects: database, prints.
"""

import argparse
from collections.abc import Collection

from monitor.cli.arguments import list_number
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import load_config, opened_store
from monitor.clock import SystemClock
from monitor.errors import MonitorError
from monitor.model import ChannelName, DeliveryId, DeliveryKind, DeliveryState
from monitor.storage.holds import Hold
from monitor.storage.outbox import StoredDelivery
from monitor.storage.recipients import READER, REFUSED_MAX, Recipient
from monitor.storage.store import Store
from monitor.text import plural

EXAMPLE = "monitor outbox list; monitor outbox retry 8812"
_RETRY_HELP = "send a delivery that did not arrive, without asking the channel for it first: look there before"


_WHO = "Whom mail goes to and who gets none any more; --resume brings somebody back, who should have asked for it."

_DROP_HELP = "give a delivery up for good, and with it the parts of its message behind it, which cannot stand alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="list|retry|drop|recipients", required=True)
    listing = actions.add_parser("list", help="waiting and failed deliveries, oldest first")
    listing.add_argument("--all", action="store_true", help="the latest sent ones too")
    listing.add_argument("--json", action="store_true", help="one object per line")
    people = actions.add_parser("recipients", help="whom mail goes to, who left and who was refused", description=_WHO)
    people.add_argument("--resume", metavar="ADDRESS", help="write to this address again")
    people.add_argument("--channel", help="with --resume: on this channel alone")
    people.add_argument("--json", action="store_true", help="one object per line")
    for action, words in (("retry", _RETRY_HELP), ("drop", _DROP_HELP)):
        parser_of = actions.add_parser(action, help=words, description=words)
        parser_of.add_argument("id", type=list_number, nargs="+", help="numbers of `outbox list`")


def run(args: argparse.Namespace) -> int:
    """List, or change the deliveries named; 1 when one of them does not wait or has not failed."""
    with opened_store(load_config(args)) as store:
        if args.action == "list":
            with store.read() as tx:
                listed, holds = tx.outbox.listed(everything=args.all), tx.holds.all()
            _list(listed, holds, as_json=args.json)
            return 0
        if args.action == "recipients":
            return _recipients(store, args)
        now = SystemClock().now()
        with store.write() as tx:
            change = tx.outbox.retry if args.action == "retry" else tx.outbox.drop
            swept = tx.outbox.swept(args.id) if args.action == "retry" else []
            changed = {number: int(change(DeliveryId(number), now)) for number in dict.fromkeys(args.id)}
    missing = [number for number, count in changed.items() if not count]
    for number, count in changed.items():
        if count:
            behind = f", and {plural(count - 1, 'part')} of its message behind it" if count > 1 else ""
            print(f"delivery {number}: {'in line again' if args.action == 'retry' else 'dropped'}{behind}")
    if swept:
        named = ", ".join(str(number) for number in swept)
        raise MonitorError(
            f"the text of delivery {named} is gone with the retention; it cannot be sent again",
            remedy="Give it up: monitor outbox drop " + " ".join(str(number) for number in swept),
        )
    if missing:
        named = ", ".join(str(number) for number in missing)
        raise MonitorError(f"no delivery {named} waits or has failed", remedy="See: monitor outbox list --all")
    return 0


def _list(stored: list[StoredDelivery], holds: list[Hold], *, as_json: bool) -> None:
    if as_json:
        for item in stored:
            write_line(_record(item))
        return
    if not stored:
        print("The outbox is empty: everything was sent.")
    held = {hold.channel for hold in holds}
    for hold in holds:
        since, until = say_time(hold.since), say_time(hold.until)
        print(f"{hold.channel} is held since {since}, tried again {until}: {hold.error}")
    for item in stored:
        delivery = item.delivery
        to = f" to {delivery.lane}" if delivery.lane else ""
        print(
            f"{delivery.id:>6}  {delivery.state.value:<7}  {delivery.channel}{to}: {_what(item)}"
            f", part {delivery.part}, attempt {delivery.attempt}{_when(item, held)}"
        )
        if delivery.error:
            print(f"        {delivery.error}")


def _when(item: StoredDelivery, held: Collection[ChannelName]) -> str:
    """When it is tried next, as far as that depends on this delivery alone."""
    delivery = item.delivery
    if delivery.state is DeliveryState.LEASED:
        return ", being sent; asked for again within minutes if the daemon was killed over it"
    if delivery.state is not DeliveryState.PENDING:
        return ""
    if delivery.channel in held:
        return ", waits for the channel"
    return f", next try {say_time(delivery.next_attempt_at)}"


def _what(item: StoredDelivery) -> str:
    about = f"{item.topic}, " if item.topic else ""
    if item.delivery.kind is DeliveryKind.DIGEST:
        return f"{about}{plural(item.stories, 'story', 'stories')}"
    return f"{about}{item.delivery.kind.value}"


def _recipients(store: Store, args: argparse.Namespace) -> int:
    if args.resume is not None:
        with store.write() as tx:
            channels = tx.recipients.resume(args.resume, args.channel and ChannelName(args.channel))
        if not channels:
            raise MonitorError(f"{args.resume} is not stopped", remedy="See: monitor outbox recipients")
        print(f"{args.resume}: gets mail again from {', '.join(channels)}")
        return 0
    with store.read() as tx:
        found = tx.recipients.listed()
    if args.json:
        for one in found:
            write_line(
                {
                    "channel": one.channel,
                    "address": one.address,
                    "refused": one.refused,
                    "stopped_at": format_time(one.stopped_at),
                    "stopped_by": one.stopped_by or None,
                    "error": one.error or None,
                }
            )
        return 0
    if not found:
        print("Nobody left, and nobody was refused.")
    for one in found:
        print(f"{one.channel}: {one.address}  {_standing(one)}")
        if one.error:
            print(f"        {one.error}")
    return 0


def _standing(one: Recipient) -> str:
    if one.stopped_at is None:
        return f"refused {one.refused} of {REFUSED_MAX} times" if one.refused else "gets mail"
    return f"{'left' if one.stopped_by == READER else 'refused too often'}, {say_time(one.stopped_at)}"


def _record(item: StoredDelivery) -> dict[str, object]:
    delivery = item.delivery
    return {
        "id": delivery.id,
        "topic": item.topic,
        "channel": delivery.channel,
        "digest": delivery.digest_id or None,
        "kind": delivery.kind.value,
        "recipient": delivery.lane or None,
        "part": delivery.part,
        "stories": item.stories,
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "created_at": format_time(delivery.created_at),
        "next_attempt_at": format_time(delivery.next_attempt_at),
        "settled_at": format_time(item.settled_at),
        "perhaps_sent": delivery.perhaps_sent,
        "receipt": delivery.receipt,
        "reason": delivery.reason or None,
        "error": delivery.error or None,
    }
