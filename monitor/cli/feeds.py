"""`monitor feeds`: which feeds there are and how they are; find, try, add some, lists from and to other readers.

Effects: files, database, network (discover, add, test), prints.
"""

import argparse
from importlib import import_module

from monitor.cli.opening import load_config

EXAMPLE = "monitor feeds discover theguardian.com\n  monitor feeds test https://feeds.bbci.co.uk/news/world/rss.xml"


ACTIONS = {
    "list": ("feeds_health", "list_health"),
    "discover": ("feeds_found", "show_feeds"),
    "add": ("feeds_found", "add_feed"),
    "test": ("feeds_tried", "test_feed"),
    "retry": ("feeds_health", "retry_feed"),
    "accept": ("feeds_health", "accept_feed"),
    "import": ("feeds_lists", "import_feeds"),
    "export": ("feeds_lists", "export_feeds"),
}
"""Each is done by a function of a module of this package. Only that one is loaded: who lists feeds needs nothing that
visits one.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="|".join(ACTIONS), required=True)
    listing = actions.add_parser("list", help="every feed with its health")
    listing.add_argument("--json", action="store_true", help="one object per line")
    finding = actions.add_parser("discover", help="the feeds of a site or page, best first; nothing is written")
    finding.add_argument("url", metavar="URL", help="of a page, with or without https://")
    finding.add_argument("--json", action="store_true", help="one object per feed")
    adding = actions.add_parser(
        "add", help="try a feed, or the one feed of a page, and write it into feeds.toml, comments kept"
    )
    adding.add_argument("url", metavar="URL", help="of a feed, or of a page that has exactly one")
    adding.add_argument("--name", help="default: the feed's own title")
    adding.add_argument("--language", help="such as en or de; default: what the feed says")
    testing = actions.add_parser("test", help="fetch and parse a feed as the daemon would; nothing is stored")
    testing.add_argument("url", metavar="URL|NAME", help="an address, or the name of a configured feed")
    testing.add_argument("--json", action="store_true", help="one object")
    retrying = actions.add_parser("retry", help="have the daemon visit a feed now, whatever its wait")
    retrying.add_argument("feed", metavar="NAME|URL", help="its name or address in feeds.toml")
    accepting = actions.add_parser("accept", help="say that a held feed is the right one: from now on it is told again")
    accepting.add_argument("feed", metavar="NAME|URL", help="its name or address in feeds.toml")
    importing = actions.add_parser("import", help="add every feed of an OPML file to feeds.toml")
    importing.add_argument("file", metavar="FILE.opml|-")
    exporting = actions.add_parser("export", help="every configured feed as OPML")
    exporting.add_argument("file", metavar="FILE.opml|-", nargs="?", default="-")


def run(args: argparse.Namespace) -> int:
    """Do the one thing asked for; 1 when a feed that was to be tried or added is none."""
    module, does = ACTIONS[args.action]
    return int(getattr(import_module(f"monitor.cli.{module}"), does)(args, load_config(args)))
