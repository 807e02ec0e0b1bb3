"""The topics of watchlist.toml as the matcher takes them, and the examples a person gave, tried.

Effects: none.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from monitor.config.faults import Problem, check_shape, say_where
from monitor.config.files import ConfigFile
from monitor.config.places import Path as KeyPath
from monitor.config.schema import TopicEntry, WatchlistFile
from monitor.config.values import near_miss, shown
from monitor.digests.schedule import parse_schedule
from monitor.errors import MonitorError
from monitor.model import Article, ArticleId, ChannelName, Level, Topic, TopicKey, Watchlist
from monitor.topics.match import CompiledWatchlist, compile_topic, compile_watchlist, match_article
from monitor.topics.meaning import Lexicon


def read_watchlist(
    file: ConfigFile, channels: Collection[str] | None, lexicon: Lexicon
) -> tuple[CompiledWatchlist, list[Problem]]:
    """The watchlist, compiled, and everything that is wrong with it; a topic with a fault is left out of it.

    `channels` are the names that topics may use; None where they are not known, and then they are not checked. Its
    examples are tried with the lexicon that the daemon will match with.
    """
    lists = _lists_of(file)
    shape, problems = check_shape(WatchlistFile, file.values, file.shown_path, file.places, {"lists": lists})
    entries = shape.topics if shape else _good_topics(file, lists)
    timezone = shape.timezone if shape else "UTC"
    topics = tuple(_as_topic(key, entry, timezone, file) for key, entry in entries.items())
    watchlist = Watchlist(topics=topics, lists=lists)
    if channels is not None:
        problems += _find_unknown_channels(file, channels)
    compiled, found = _compile(watchlist, file, lexicon)
    problems += found + _find_failed_examples(compiled, file)
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


def _as_topic(key: str, entry: TopicEntry, timezone: str, file: ConfigFile) -> Topic:
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
        must_match=tuple(entry.must_match),
        must_not_match=tuple(entry.must_not_match),
        place=file.place("topics", key),
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


def _compile(watchlist: Watchlist, file: ConfigFile, lexicon: Lexicon) -> tuple[CompiledWatchlist, list[Problem]]:
    """The topics that the matcher can read, and the others' faults: a name of signs alone can find nothing."""
    try:
        return compile_watchlist(watchlist, lexicon), []
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


def _find_failed_examples(compiled: CompiledWatchlist, file: ConfigFile) -> list[Problem]:
    """Every `must_match` that its topic does not find, and every `must_not_match` that it does, with the reason."""
    problems = []
    for topic in compiled.watchlist.topics:
        for key, examples in (("must_match", topic.must_match), ("must_not_match", topic.must_not_match)):
            for index, example in enumerate(examples):
                said = _try_example(compiled, topic, example, should_match=key == "must_match")
                if said:
                    path = ("topics", topic.key, key, index)
                    message = f"{say_where(path, file.values)}`{key}` {index + 1}, {shown(example)}, {said}"
                    problems.append(Problem(file.shown_path, file.places.line(path), message))
    return problems


def _try_example(compiled: CompiledWatchlist, topic: Topic, example: str, *, should_match: bool) -> str:
    """What is wrong with an example, taken as a headline; empty where it holds."""
    matches, near = match_article(compiled, Article(id=ArticleId(1), title=example, text=""))
    match = next((match for match in matches if match.topic == topic.key), None)
    if (match is not None) == should_match:
        return ""
    if match is not None:
        words = ", ".join(dict.fromkeys(word for evidence in match.evidence for word in evidence.found))
        return f"is found{f' by {words}' if words else ''}. Narrow the topic, or remove the example."
    reason = next((miss.reason.rstrip(".") for miss in near if miss.topic == topic.key), "")
    widen = "Widen the query" if topic.query is not None else "Add its words to `also`"
    return f"is not found{f': {reason}' if reason else ''}. {widen}, or remove the example."
