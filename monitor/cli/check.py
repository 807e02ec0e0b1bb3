"""`monitor check`: is the configuration good, and how is each query read?

Effects: reads files and the archive, writes to standard output.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from monitor.cli.lines import write_line
from monitor.cli.opening import existing_store, stored_lookup
from monitor.clock import Clock, SystemClock
from monitor.config.load import ConfigFaults, Loaded, load
from monitor.errors import StorageError
from monitor.model import Budget, Topic, TopicKey
from monitor.pipeline.bars import LookedBack, look_back_on
from monitor.storage.outlook import Outlook, look_ahead
from monitor.storage.search import compile_by_archive
from monitor.text import plural
from monitor.topics.lexicon import load_lexicon
from monitor.topics.query import compile_query

EXAMPLE = "monitor check --config config"

ARCHIVE_S = 2.0
"""Seconds the archive is looked into; topics whose turn does not come are checked as without one."""
BUDGETS_S = 0.5
"""Seconds budgets are looked back on; of those whose turn does not come nothing is said."""
EXIT_GOOD = 0
EXIT_FAULTY = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--json", action="store_true", help="one JSON object per fault, or per topic when all is good")


def run(args: argparse.Namespace) -> int:
    """Print every fault, or what is configured and each query as it is understood."""
    folder = Path(args.config)
    try:
        with stored_lookup(folder) as stored:
            loaded = load(folder, os.environ, load_lexicon(), stored=stored)
    except ConfigFaults as faults:
        if args.json:
            for problem in faults.problems:
                write_line({"path": problem.path, "line": problem.line or None, "message": problem.message})
        else:
            print(faults)
        return EXIT_FAULTY
    outlooks = look_into_archive(loaded, SystemClock())
    budgets = look_back_on_budgets(loaded, SystemClock())
    if args.json:
        for topic in loaded.watchlist.topics:
            write_line(_topic_record(topic, loaded, outlooks, budgets))
        for note in loaded.untried:
            print(f"Note: {note}", file=sys.stderr)  # a script that reads the records must not take them for tried
    else:
        print("\n".join(_lines(loaded, outlooks, budgets)))
    return EXIT_GOOD


def look_into_archive(loaded: Loaded, clock: Clock) -> Mapping[TopicKey, Outlook]:
    """What the archive says of each topic: nothing where there is none yet, or none that this version can read.

    Looks only: nothing is made, upgraded or written, and a daemon may be at work on it.
    """
    until_s = clock.monotonic_s() + ARCHIVE_S
    try:
        with existing_store(loaded) as store:
            if store is None:
                return {}
            weighed = compile_by_archive(store, loaded.compiled)
            return look_ahead(store, weighed, clock.now(), lambda: clock.monotonic_s() > until_s)
    except StorageError:
        return {}  # a check of files does not fail for a database that is down; status says what is wrong with it


def look_back_on_budgets(loaded: Loaded, clock: Clock) -> Mapping[str, LookedBack]:
    """What each budget would have meant for the stories of the last two weeks; nothing where none are stored."""
    if not loaded.at_most and all(topic.at_most is None for topic in loaded.watchlist.topics):
        return {}
    try:
        with existing_store(loaded) as store:
            if store is None:
                return {}
            with store.read() as tx:
                over = partial(_is_later, clock, clock.monotonic_s() + BUDGETS_S)
                return look_back_on(tx, loaded.watchlist.topics, loaded.at_most, clock.now(), over)
    except StorageError:
        return {}


def _lines(loaded: Loaded, outlooks: Mapping[TopicKey, Outlook], budgets: Mapping[str, LookedBack]) -> Iterator[str]:
    topics = loaded.watchlist.topics
    used = {name for topic in topics for name in topic.channels}
    counts = (plural(len(loaded.feeds), "feed"), plural(len(topics), "topic"), plural(len(used), "channel"))
    yield f"{str(loaded.folder).rstrip('/')}/ is good: {', '.join(counts)}."
    for topic in topics:
        yield ""
        yield f"{topic.key}: {topic.name}"
        yield f"  {topic.schedule.text} on {', '.join(topic.channels)}"
        record = _topic_record(topic, loaded, outlooks, budgets)
        if topic.query is None:
            yield f"  by name, {topic.level}: {' | '.join((topic.name, *topic.also))}"
        else:
            yield f"  query: {record['query']}"
        if topic.exclude is not None:
            yield f"  never with: {record['exclude']}"
        per_day = outlooks.get(topic.key, Outlook()).per_day
        if per_day is not None:
            yield f"  {_say_rate(per_day)}"
        if topic.at_most is not None:
            yield f"  {_say_budget(topic.at_most, budgets.get(topic.key))}"
        lints = record["lints"]
        for lint in lints if isinstance(lints, list) else []:
            yield f"  note: {lint}"
    for name, budget in loaded.at_most.items():
        yield ""
        yield f"channel {name}: {_say_budget(budget, budgets.get(f'channel {name}'))}"
    for note in loaded.notes:
        yield ""
        yield f"Note: {note}"
    unused = sorted(set(loaded.settings.channels) - used)
    if unused:
        yield ""
        yield f"No topic uses {plural(len(unused), 'channel')}: {', '.join(unused)}."


def _is_later(clock: Clock, until_s: float) -> bool:
    return clock.monotonic_s() > until_s


def _say_budget(budget: Budget, looked_back: LookedBack | None) -> str:
    if looked_back is None:
        return f"at most {budget}"
    if not looked_back.hindsight.stories:
        return f"at most {budget}: too little is stored to say what that means"
    seen = looked_back.hindsight
    bar = f", and the bar stands at {seen.bar}" if seen.bar is not None else ""
    told = f"{seen.told:,} of {plural(seen.stories, 'story', 'stories')} would have been told"
    return f"at most {budget}: in the last {plural(max(1, round(seen.days)), 'day')} {told}{bar}"


def _budget_record(budget: Budget, looked_back: LookedBack | None) -> dict[str, object]:
    seen = None if looked_back is None else looked_back.hindsight
    return {
        "at_most": str(budget),
        "bar": seen and seen.bar,
        "stories": seen and seen.stories,
        "told": seen and seen.told,
        "days": seen and round(seen.days, 1),
    }


def _say_rate(per_day: float) -> str:
    if per_day >= 1:
        return f"matches about {per_day:,.0f} a day, by the last days of the archive"
    return (
        "matches less than one article a day, by the last days of the archive"
        if per_day
        else ("matches nothing in the last days of the archive")
    )


def _topic_record(
    topic: Topic, loaded: Loaded, outlooks: Mapping[TopicKey, Outlook], budgets: Mapping[str, LookedBack]
) -> dict[str, object]:
    """A topic as it is understood: queries normalised and fully parenthesised, with what looks unintended in them."""
    lists = loaded.watchlist.lists
    compiled = {
        key: compile_query(text, lists, loaded.compiled.lexicon, is_exclusion=key == "exclude")
        if text is not None
        else None
        for key, text in (("query", topic.query), ("exclude", topic.exclude))
    }
    read = next(one for one in loaded.compiled.topics if one.topic.key == topic.key)
    outlook = outlooks.get(topic.key, Outlook())
    return {
        "topic": topic.key,
        "name": topic.name,
        "also": list(topic.also),
        "level": None if topic.query is not None else str(topic.level),
        **{key: query.normalised if query else None for key, query in compiled.items()},
        "schedule": topic.schedule.text,
        "channels": list(topic.channels),
        "lints": [*read.lints, *outlook.lints],
        "per_day": None if outlook.per_day is None else round(outlook.per_day, 1),
        "budget": None if topic.at_most is None else _budget_record(topic.at_most, budgets.get(topic.key)),
        "place": topic.place,
    }
