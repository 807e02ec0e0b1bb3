"""The topics of watchlist.toml as the matcher takes them.

Effects: reads files of examples.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from monitor.config.example_sources import ExampleSources
from monitor.config.examples import find_failed_examples
from monitor.config.faults import Problem, check_shape, say_where
from monitor.config.files import ConfigFile, parse_config_file
from monitor.config.places import Path as KeyPath
from monitor.config.schema import TopicEntry, WatchlistFile
from monitor.config.values import near_miss, shown
from monitor.digests.schedule import parse_schedule
from monitor.errors import MonitorError
from monitor.model import ChannelName, Dedup, Level, Topic, TopicKey, Watchlist
from monitor.topics.match import CompiledWatchlist, compile_topic, compile_watchlist
from monitor.topics.meaning import Lexicon


def read_watchlist(
    file: ConfigFile,
    channels: Collection[str] | None,
    lexicon: Lexicon,
    earlier: CompiledWatchlist | None = None,
    sources: ExampleSources | None = None,
) -> tuple[CompiledWatchlist, list[Problem]]:
    """The watchlist, compiled, and everything that is wrong with it; a topic with a fault is left out of it.

    `channels` are the names that topics may use; None where they are not known, and then they are not checked. Its
    examples are tried with the lexicon that the daemon will match with. `sources` knows the archive, and afterwards
    what was read for the examples and which could not be tried; without it, none of stored articles is tried.
    """
    sources = sources if sources is not None else ExampleSources()
    lists = _lists_of(file)
    shape, problems = check_shape(WatchlistFile, file.values, file.shown_path, file.places, {"lists": lists})
    entries = shape.topics if shape else _good_topics(file, lists)
    timezone = shape.timezone if shape else "UTC"
    topics = tuple(_as_topic(key, entry, timezone, file, sources) for key, entry in entries.items())
    watchlist = Watchlist(topics=topics, lists=lists)
    if channels is not None:
        problems += _find_unknown_channels(file, channels)
    compiled, found = _compile(watchlist, file, lexicon, earlier)
    problems += [*found, *sources.problems, *find_failed_examples(compiled, file, sources.origins)]
    return compiled, sorted(problems, key=lambda problem: problem.line)


def _lists_of(file: ConfigFile) -> dict[str, tuple[str, ...]]:
    """The named lists, as far as they are lists of text: queries are checked even where another list is faulty."""
    lists = file.values.get("lists")
    if not isinstance(lists, Mapping):
        return {}
    return {
        str(name): tuple(term for term in terms if isinstance(term, str))
        for name, terms in lists.items()
        if isinstance(terms, list)
    }


def _good_topics(file: ConfigFile, lists: Mapping[str, tuple[str, ...]]) -> dict[str, TopicEntry]:
    """The topics that have no fault of their own, so that their examples are tried although another topic has one."""
    topics = file.values.get("topics")
    good = {}
    for key, values in topics.items() if isinstance(topics, Mapping) else ():
        if not isinstance(values, Mapping):
            continue
        entry, _ = check_shape(TopicEntry, values, file.shown_path, file.places, {"lists": lists})
        if entry is not None:
            good[key] = entry
    return good


def _as_topic(key: str, entry: TopicEntry, timezone: str, file: ConfigFile, sources: ExampleSources) -> Topic:
    return Topic(
        key=TopicKey(key),
        name=entry.name,
        schedule=parse_schedule(entry.schedule, timezone),
        channels=tuple(ChannelName(name) for name in dict.fromkeys(entry.channels)),
        also=tuple(entry.also),
        query=entry.query,
        exclude=entry.exclude,
        level=Level(entry.level),
        settle_s=entry.settle_s,
        breaking=entry.breaking,
        quiet_hours=entry.quiet_hours,
        on_empty=entry.on_empty,
        must_match=sources.gather(key, "must_match", entry.must_match, file),
        must_not_match=sources.gather(key, "must_not_match", entry.must_not_match, file),
        feedback=entry.feedback,
        dedup=Dedup(entry.dedup),
        headlines=entry.headlines,
        appendix=entry.appendix,
        breaking_overrides_quiet=entry.breaking_overrides_quiet,
        place=file.place("topics", key),
        at_most=entry.at_most,
        target_s=entry.target_s,
    )


def _find_unknown_channels(file: ConfigFile, channels: Collection[str]) -> list[Problem]:
    topics = file.values.get("topics")
    problems = []
    for key, values in topics.items() if isinstance(topics, Mapping) else ():
        names = values.get("channels") if isinstance(values, Mapping) else None
        for index, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str) and name and name not in channels:
                path = ("topics", key, "channels", index)
                near = near_miss(name, sorted(channels)) or f"Known: {', '.join(sorted(channels))}. "
                message = f"there is no channel {shown(name)}. {near}Channels stand in monitor.toml."
                problems.append(
                    Problem(file.shown_path, file.places.line(path), say_where(path, file.values) + message)
                )
    return problems


def _compile(
    watchlist: Watchlist, file: ConfigFile, lexicon: Lexicon, earlier: CompiledWatchlist | None
) -> tuple[CompiledWatchlist, list[Problem]]:
    """The topics that the matcher can read, and the others' faults: a name of signs alone can find nothing."""
    try:
        return compile_watchlist(watchlist, lexicon, earlier), []
    except MonitorError:
        watchlist, problems = _find_wordless(watchlist, file, lexicon)
        return compile_watchlist(watchlist, lexicon), problems


def _find_wordless(watchlist: Watchlist, file: ConfigFile, lexicon: Lexicon) -> tuple[Watchlist, list[Problem]]:
    good, problems = [], []
    for topic in watchlist.topics:
        try:
            compile_topic(topic, watchlist, lexicon)
        except MonitorError as error:
            texts: dict[KeyPath, str] = {("name",): topic.name}
            texts |= {("also", index): text for index, text in enumerate(topic.also)}
            key = next((key for key, text in texts.items() if error.what.startswith(shown(text))), ())
            path = ("topics", topic.key, *key)
            stop = "" if error.what.endswith(".") else "."
            message = f"{say_where(path, file.values)}{error.what}{stop} {error.remedy}".rstrip()
            problems.append(Problem(file.shown_path, file.places.line(path), message))
        else:
            good.append(topic)
    return replace(watchlist, topics=tuple(good)), problems


def changed_topics(before: bytes | None, now: bytes) -> set[TopicKey]:
    """The keys of topics that stand in a watchlist and are new or otherwise in it than in the one before.

    Both were in force, so they are good TOML. A list that was edited edits every topic that uses one.
    """
    path = Path("watchlist.toml")
    old = {} if before is None else parse_config_file(before, path, path.name).values
    new = parse_config_file(now, path, path.name).values
    old_topics, new_topics = old.get("topics", {}), new.get("topics", {})
    assert isinstance(old_topics, Mapping), "it was in force"
    assert isinstance(new_topics, Mapping), "it is in force"
    are_lists_edited = old.get("lists", {}) != new.get("lists", {})
    return {
        TopicKey(key)
        for key, topic in new_topics.items()
        if old_topics.get(key) != topic or (are_lists_edited and "@" in f"{topic.get('query')}{topic.get('exclude')}")
    }
