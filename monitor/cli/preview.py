"""`monitor preview`: the digest that would be sent, unsent.

Effects: database, prints.
"""

import argparse
import sys
from datetime import timedelta

from monitor.cli.opening import find_topic, load_config, opened_store
from monitor.clock import SystemClock
from monitor.destinations import render_preview
from monitor.digests.schedule import parse_duration
from monitor.pipeline.digest import preview

NAME = "preview"
SUMMARY = "The digest of a topic as it would be sent for the stored articles; nothing is sent or written down."
EXAMPLE = "monitor preview hostage-negotiations --since 24h --as text"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("topic", metavar="TOPIC", help="key or name of a topic of the watchlist")
    parser.add_argument("--since", default="24h", help="how far back, as in 90m, 24h or 7d (default: 24h)")
    parser.add_argument("--as", dest="medium", choices=("text", "html", "slack", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the digest; when nothing matched, say so."""
    loaded = load_config(args)
    topic = find_topic(loaded, args.topic)
    now = SystemClock().now()
    since = now - timedelta(seconds=parse_duration(args.since))
    with opened_store(loaded) as store:
        digest = preview(store, topic, now, since=since)
    if digest is None:
        print(f'Nothing in the last {args.since} answers "{topic.name}".', file=sys.stderr)
        return 0
    print(render_preview(digest, args.medium))
    return 0
