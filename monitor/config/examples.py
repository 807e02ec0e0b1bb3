"""The articles that a person says a topic must or must not find, tried: each that fails is a fault with its line.

What readers' marks taught is left out: an example holds for what the watchlist itself says.

Effects: none.
"""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from monitor.config.example_sources import Origin
from monitor.config.faults import Problem, say_where
from monitor.config.files import ConfigFile
from monitor.config.values import shown
from monitor.model import Article, Level, Match, NoMatch, Topic
from monitor.text import plain_line
from monitor.topics.explain import describe_evidence
from monitor.topics.match import CompiledWatchlist, judge_article

EVIDENCE_SHOWN = 3
"""Pieces of evidence told in a fault: more than a line is not read."""


def find_failed_examples(
    compiled: CompiledWatchlist, file: ConfigFile, origins: Mapping[tuple[str, str], tuple[Origin, ...]]
) -> list[Problem]:
    """Every `must_match` that its topic does not find, and every `must_not_match` that it does, with the reason.

    An example that stands on both sides is a fault by itself, told once. `origins` says of each topic's key and list
    which element each article comes from.
    """
    problems = []
    for one in compiled.topics:
        topic = one.topic
        if not topic.must_match and not topic.must_not_match:
            continue
        alone = replace(compiled, topics=(one,), prepared={})
        for key, index, text in _failures(topic, alone, origins):
            origin = origins[topic.key, key][index]
            path = ("topics", topic.key, key, origin.number)
            named = _named(origin.stored or getattr(topic, key)[index], origin)
            message = f"{say_where(path, file.values)}`{key}` {origin.number + 1}, {named}, {text}"
            problems.append(Problem(file.shown_path, file.places.line(path), message))
    return problems


def _failures(
    topic: Topic, alone: CompiledWatchlist, origins: Mapping[tuple[str, str], tuple[Origin, ...]]
) -> Iterator[tuple[str, int, str]]:
    """Key, index among its articles and fault of each; `alone` holds the topic and nothing else."""
    for number, example in enumerate(topic.must_match):
        tried = _tried(example, origins[topic.key, "must_match"][number])
        if tried is None:
            continue
        (judged,) = judge_article(alone, tried)
        if isinstance(judged, NoMatch):
            yield "must_match", number, _say_missed(judged, topic)
    for number, example in enumerate(topic.must_not_match):
        if example in topic.must_match:
            yield "must_not_match", number, "stands in `must_match` too. Remove it from one of them."
            continue
        tried = _tried(example, origins[topic.key, "must_not_match"][number])
        if tried is None:
            continue
        (judged,) = judge_article(alone, tried)
        if isinstance(judged, Match):
            yield "must_not_match", number, _say_found(judged, tried, topic)


def _tried(example: Article, origin: Origin) -> Article | None:
    """The article to be judged; None for an address that the archive does not hold."""
    return example if example.title or example.text else origin.stored


def _named(example: Article, origin: Origin) -> str:
    headline = shown(example.title or example.text or example.url)
    return f"{plain_line(origin.said)} {headline}" if origin.said else headline


def _say_missed(judged: NoMatch, topic: Topic) -> str:
    """Why it is not found, and what may help."""
    if judged.is_excluded:
        remedy = "Narrow `exclude`"
    elif topic.query is not None:
        remedy = "Widen the query"
    elif judged.near and topic.level is not Level.BROAD:
        remedy = "Lower `level`, add its words to `also`"
    else:
        remedy = "Add its words to `also`"
    return f"is not found: {judged.reason.rstrip('.')}. {remedy}, or remove the example."


def _say_found(judged: Match, example: Article, topic: Topic) -> str:
    """By what it is found, on a second line in which sentence where it has several, and what may help."""
    told = "; ".join(describe_evidence(piece) for piece in judged.evidence[:EVIDENCE_SHOWN])
    more = "; …" if len(judged.evidence) > EVIDENCE_SHOWN else ""
    raised = "" if topic.query is not None or topic.level is Level.STRICT else "Raise `level`, say"
    narrow = f"{raised or 'Say'} in `exclude` what is not meant" if topic.query is None else "Narrow the query"
    sentence = f"\n    “{judged.sentence}”" if example.text and judged.sentence != example.title else ""
    return f"is found, score {judged.score} of 100: {told}{more}. {narrow}, or remove the example.{sentence}"
