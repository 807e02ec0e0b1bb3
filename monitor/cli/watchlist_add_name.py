"""`monitor watchlist add-name`: let a topic look for one more name, comments of the file kept.

Effects: reads and writes files, database, prints.
"""

import argparse
from pathlib import Path

from monitor.cli.edited import noting_edit
from monitor.cli.opening import find_topic, load_config, stored_lookup
from monitor.config.edit_names import add_name

NAME = "add-name"


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`add-name` among the actions of `monitor watchlist`."""
    parser = actions.add_parser(
        NAME,
        help="let a topic look for one more name",
        description="Add a name to the topic's `also`, or behind its query with OR; everything else in watchlist.toml "
        "stays as it is. Every example is tried first, and where one fails nothing is written.",
        epilog='example:\n  monitor watchlist add-name hostage-negotiations "captives"',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("topic", metavar="TOPIC", help="its key or name")
    parser.add_argument("name", metavar="NAME", help="a word, or words that belong together")


def run(args: argparse.Namespace) -> int:
    """Write it. Raises MonitorError where it cannot be."""
    loaded = load_config(args)
    topic = find_topic(loaded, args.topic)
    folder = Path(args.config)
    note = f'"{args.name}" added to {topic.key}'
    lexicon, noting = loaded.compiled.lexicon, noting_edit(loaded, note)
    with stored_lookup(folder) as stored:
        line = add_name(folder, topic.key, args.name, lexicon, noting=noting, stored=stored)
    print(f"{folder / 'watchlist.toml'}:{line}: {topic.key} looks for {args.name} too.")
    if loaded.settings.watchlist.apply == "planned":
        print("It waits for you to see what it brings: monitor plan, then monitor plan --apply")
    else:
        print("A running monitor takes it within two seconds. To take it back: monitor watchlist rollback")
    return 0
