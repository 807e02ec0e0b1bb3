"""`monitor watchlist audit`: what topics nearly found, and the terms that would have caught it.

Effects: database, prints.
"""

import argparse
from collections.abc import Iterator

from monitor.cli.arguments import age
from monitor.cli.lines import write_line
from monitor.cli.opening import find_topic, load_config, opened_store
from monitor.clock import SystemClock
from monitor.pipeline.audit import SINCE, TopicAudit, audit_topic
from monitor.pipeline.audit_words import add_command, change_words
from monitor.text import plain_line, plural

NAME = "audit"


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`audit` among the actions of `monitor watchlist`."""
    said = "what topics nearly found, with terms that would have caught it and what each would bring"
    parser = actions.add_parser(
        NAME,
        help=said,
        description=f"Show {said}: stories more and less in the last 30 days, as `monitor plan` counts them. Nothing "
        "is changed; add a term with `monitor watchlist add-name`.",
        epilog="example:\n  monitor watchlist audit hostage-negotiations --since 14d",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("topic", metavar="TOPIC", nargs="?", help="one topic, by its key or name (default: all)")
    parser.add_argument(
        "--since", metavar="AGE", type=age, default=SINCE, help="near misses of how long, as in 14d (default: 7d)"
    )
    parser.add_argument("--json", action="store_true", help="one object per topic")


def run(args: argparse.Namespace) -> int:
    """Print the audit of one topic or of all. Raises MonitorError for a topic that is not there."""
    loaded = load_config(args)
    topics = [find_topic(loaded, args.topic)] if args.topic else list(loaded.watchlist.topics)
    now = SystemClock().now()
    with opened_store(loaded) as store:
        for topic in topics:
            audit = audit_topic(store, loaded.compiled, topic.key, now, args.since)
            if args.json:
                write_line(_record(audit))
            else:
                print("\n".join(_lines(audit)))
    return 0


def _lines(audit: TopicAudit) -> Iterator[str]:
    misses = plural(audit.misses, "near miss", "near misses") if audit.misses else "no near misses"
    yield f"{audit.topic}: {misses}{'' if audit.terms or not audit.misses else ', and no term that tells them apart'}."
    for term in audit.terms:
        yield f"  {plain_line(term.text)}: catches {term.caught} of them; {change_words(term)}"
        for story in term.stories:
            yield f'      "{plain_line(story.title)}"'
        yield f"      add it: {add_command(audit.topic, term.text)}"


def _record(audit: TopicAudit) -> dict[str, object]:
    return {
        "topic": audit.topic,
        "name": audit.name,
        "near_misses": audit.misses,
        "terms": [
            {
                "term": term.text,
                "caught": term.caught,
                "added": term.added,
                "dropped": term.dropped,
                "days": term.days,
                "titles": [plain_line(story.title) for story in term.stories],
                "command": add_command(audit.topic, term.text),
            }
            for term in audit.terms
        ],
    }
