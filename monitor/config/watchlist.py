"""The topics of watchlist.toml as the matcher takes them, and the examples a person gave, tried.

Effects: none.
"""

from collections.abc import Collection, Mapping

from monitor.config.faults import Problem, check_shape, say_where
from monitor.config.files import ConfigFile
from monitor.config.schema import TopicEntry, WatchlistFile
from monitor.config.values import near_miss, shown
from monitor.digests.schedule import parse_schedule
from monitor.model import Article, ArticleId, ChannelName, Level, Topic, TopicKey, Watchlist
from monitor.topics.match import compile_watchlist, match_article


def read_watchlist(file: ConfigFile, channels: Collection[str] | None) -> tuple[Watchlist, list[Problem]]:
    """The watchlist, and everything that is wrong with it; a topic with a fault is left out of what comes back.

    `channels` are the names that topics may use; None where they are not known, and then they are not checked.
    """
    lists = _lists_of(file)
    shape, problems = check_shape(WatchlistFile, file.values, file.shown_path, file.places, {"lists": lists})
    entries = shape.topics if shape else _good_topics(file, lists)
    timezone = shape.timezone if shape else "UTC"
    topics = tuple(_as_topic(key, entry, timezone, file) for key, entry in entries.items())
    watchlist = Watchlist(topics=topics, lists=lists)
    if channels is not None:
        problems += _find_unknown_channels(file, channels)
    problems += _find_failed_examples(watchlist, file)
    return watchlist, sorted(problems, key=lambda problem: problem.line)


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


def _find_failed_examples(watchlist: Watchlist, file: ConfigFile) -> list[Problem]:
    """Every `must_match` that its topic does not find, and every `must_not_match` that it does, with the reason."""
    if not any(topic.must_match or topic.must_not_match for topic in watchlist.topics):
        return []
    compiled = compile_watchlist(watchlist)
    problems = []
    for topic in watchlist.topics:
        for key, examples, should_match in (
            ("must_match", topic.must_match, True),
            ("must_not_match", topic.must_not_match, False),
        ):
            for index, example in enumerate(examples):
                article = Article(id=ArticleId(index + 1), title=example, text="")
                matches, near = match_article(compiled, article)
                match = next((match for match in matches if match.topic == topic.key), None)
                if (match is not None) == should_match:
                    continue
                if match is not None:
                    words = ", ".join(dict.fromkeys(word for evidence in match.evidence for word in evidence.found))
                    reason = f"is found{f' by {words}' if words else ''}. Narrow the topic, or remove the example."
                else:
                    said = next((miss.reason for miss in near if miss.topic == topic.key), "")
                    reason = f"is not found{f': {said.rstrip(chr(46))}' if said else ''}. " + (
                        "Widen the query, or remove the example."
                        if topic.query is not None
                        else "Add its words to `also`, or remove the example."
                    )
                path = ("topics", topic.key, key, index)
                where = say_where(path, file.values)
                message = f"{where}`{key}` {index + 1}, {shown(example)}, {reason}"
                problems.append(Problem(file.shown_path, file.places.line(path), message))
    return problems
