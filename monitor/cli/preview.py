"""`monitor preview`: the digest that would be sent, unsent; or the text of a delivery that was rendered.

Effects: database, prints.
"""

import argparse
import sys
from datetime import datetime
from importlib import import_module

from monitor.channels.email_reading import mail_as_read
from monitor.channels.plain import render_text
from monitor.cli.arguments import list_number, read_age
from monitor.cli.moments import say_time
from monitor.cli.opening import find_channel, find_topic, load_config, opened_store
from monitor.clock import SystemClock
from monitor.errors import MonitorError
from monitor.model import DeliveryId, Topic
from monitor.pipeline.digest import preview
from monitor.storage.store import Store
from monitor.text import plain_line

EXAMPLE = "monitor preview hostage-negotiations --since 24h --as text"

STORIES_MAX = 10
"""Told in full where no channel says otherwise: the channels' own default."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("topic", metavar="TOPIC", nargs="?", help="key or name of a topic of the watchlist")
    wanted.add_argument("--delivery", type=list_number, metavar="ID", help="a delivery of `monitor outbox list --all`")
    parser.add_argument("--since", default="24h", help="how far back, as in 90m, 24h or 7d (default: 24h)")
    parser.add_argument(
        "--as", dest="medium", choices=("text", "html", "slack", "json"), help="the medium (default: text)"
    )
    parser.add_argument(
        "--channel",
        metavar="NAME",
        help="as this channel would send it: its parts, a line each, or --as another medium",
    )


def run(args: argparse.Namespace) -> int:
    """Print the digest, or the delivery; when nothing matched, say so."""
    loaded = load_config(args)
    if args.delivery is not None:
        with opened_store(loaded) as store:
            payload = _frozen(store, DeliveryId(args.delivery))
        as_read = None if args.medium == "json" else mail_as_read(payload)
        sys.stdout.write(payload if as_read is None else as_read)
        return 0
    topic = find_topic(loaded, args.topic)
    name = find_channel(loaded, args.channel) if args.channel else None
    stories_max = loaded.settings.channels[name].stories_max if name else STORIES_MAX
    now = SystemClock().now()
    since = now - read_age(args.since)
    with opened_store(loaded) as store:
        digest = preview(store, topic, now, since=since, stories_max=stories_max)
        if digest is None:
            print(_why_nothing(store, topic, args.since, since), file=sys.stderr)
            return 0
    if args.medium == "text" or not (name or args.medium):
        print(render_text(digest))
        return 0
    # The channels bring the libraries by which they send: together these load as long as all the rest.
    channels = import_module("monitor.destinations")
    if args.medium:
        print(channels.render_preview(digest, args.medium))
    else:
        print("\n".join(channels.render_as(name, loaded, digest)))
    return 0


def _why_nothing(store: Store, topic: Topic, span: str, since: datetime) -> str:
    with store.read() as tx:
        if tx.articles.count() == 0:
            return "The archive holds no article yet. Start the monitor first: monitor run."
        state = tx.topics.get(topic.key)
    what = f'"{plain_line(topic.name)}"'
    if state is None:
        return f"{what} is not in force yet, so nothing was matched with it. See what it would find: monitor plan"
    if state.created_at > since:
        began = say_time(state.created_at)
        plan = f"monitor plan --topic {topic.key}"
        return (
            f"Nothing answers {what} since matching began, {began}. What was stored before is not matched with it.\n"
            f"See what it would have found: {plan}, or ask the archive: monitor search QUERY"
        )
    return f"Nothing in the last {span} answers {what}."


def _frozen(store: Store, delivery_id: DeliveryId) -> str:
    """What the delivery carries, byte for byte."""
    with store.read() as tx:
        payload = tx.outbox.payload_of(delivery_id)
    if payload is None:
        raise MonitorError(f"there is no delivery {delivery_id}", remedy="See: monitor outbox list --all")
    if not payload:
        raise MonitorError(
            f"the text of delivery {delivery_id} is past the retention and was removed",
            remedy="Keep texts longer with [retention] articles_days.",
        )
    return payload
