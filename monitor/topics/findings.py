"""What an article holds of a topic: each concept with its places, and from them evidence, score and best sentence.

Effects: none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from monitor.model import Evidence, Field, Via
from monitor.topics.evaluate import find_leaf, find_places, is_true
from monitor.topics.index import Place, ReadArticle
from monitor.topics.nodes import AnyOf, Fact, Leaf, Near, Node, Not, Scope, Within, children, write_node
from monitor.topics.points import share_points
from monitor.topics.score import TITLE_FACTOR
from monitor.words import fold

SPANS_MAX = 40
"""Marked words kept per concept, which the best sentence is chosen by: more than any digest shows."""
FOUND_MAX = 20
"""Different words kept per concept: a wildcard can find hundreds."""


class Finding(Struct, frozen=True):
    """One concept that an article holds."""

    concept: str
    via: Via
    places: tuple[Place, ...]
    idf: float
    """How much the concept tells: what it adds to a sentence that holds it."""
    reached: float = 0.0
    """What it brings of the score, in the unit of the topic's other findings."""


def count_weighted(places: Iterable[Place], article: ReadArticle) -> int:
    """How often something was found, title occurrences counted double."""
    return sum(TITLE_FACTOR if article.is_title(place) else 1 for place in places)


def gather(node: Node, article: ReadArticle, scope: Scope | None = None) -> Iterator[tuple[Leaf, list[Place], bool]]:
    """The positive leaves that make a true query true, with their places and whether a NEAR held them.

    Under a NEAR only what stands in one of its stretches counts.
    """
    if isinstance(node, Not | Fact) or not is_true(node, article, scope):
        return
    if isinstance(node, Leaf):
        yield node, find_leaf(node, article, scope), False
    elif isinstance(node, Near):
        stretches = find_places(node, article, scope)
        for part in children(node):
            for leaf, places, _ in gather(part, article, scope):
                yield leaf, _inside(places, stretches), True
    else:
        inner = node.scope if isinstance(node, Within) else scope
        for part in children(node):
            yield from gather(part, article, inner)


def _inside(places: list[Place], stretches: list[Place]) -> list[Place]:
    """The places that lie in a stretch. Both lists are in order."""
    found = []
    open_until = -1
    at = 0
    for place in places:
        while at < len(stretches) and stretches[at].first <= place.first:
            open_until = max(open_until, stretches[at].last)
            at += 1
        if place.last <= open_until:
            found.append(place)
    return found


def true_facts(node: Node, article: ReadArticle) -> Iterator[Fact]:
    """The metadata a query asks for, where it is so."""
    if isinstance(node, Fact):
        if is_true(node, article):
            yield node
    elif not isinstance(node, Not):
        for part in children(node):
            yield from true_facts(part, article)


def fact_evidence(root: Node, article: ReadArticle, score: int) -> tuple[Evidence, ...]:
    """Evidence for a query that looks for no word; each fact brings as much of the score."""
    facts = list(true_facts(root, article))
    shares = share_points(score, [1.0] * len(facts))
    return tuple(
        Evidence(write_node(fact), {}, Via.EXACT, points=share) for fact, share in zip(facts, shares, strict=True)
    )


def show_evidence(findings: Sequence[Finding], article: ReadArticle, score: int) -> tuple[Evidence, ...]:
    """The findings in words, each with its most frequent forms, its first spans and its part of the score."""
    shown = []
    shares = share_points(score, [finding.reached for finding in findings])
    for finding, share in zip(findings, shares, strict=True):
        counts = Counter(article.shown(place) for place in finding.places)
        found = dict(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))[:FOUND_MAX])
        spans = tuple(article.span(place) for place in finding.places[:SPANS_MAX])
        shown.append(Evidence(finding.concept, found, _road(finding, found), spans, share))
    return tuple(shown)


def _road(finding: Finding, found: dict[str, int]) -> Via:
    """A stem that stands in the very form that was asked for was found exactly."""
    if finding.via is Via.STEM and all(fold(word) == fold(finding.concept) for word in found):
        return Via.EXACT
    return finding.via


def choose_sentence(findings: Sequence[Finding], article: ReadArticle) -> str:
    """The sentence of the text that holds most of what tells; the title where the text holds nothing."""
    worth: dict[int, float] = {}
    held: set[tuple[int, str]] = set()
    around: dict[int, int] = {}
    for finding in findings:
        for place in finding.places[:SPANS_MAX]:
            span = article.span(place)
            if span.field is Field.TITLE:
                continue
            number = article.sentence_number(span.start)
            around[number] = min(span.start, around.get(number, span.start))
            if (number, finding.concept) not in held:
                held.add((number, finding.concept))
                worth[number] = worth.get(number, 0.0) + finding.idf
    if not worth:
        return article.article.title if findings else ""
    best = max(worth, key=lambda number: (worth[number], -number))
    return article.sentence(best, around[best])


def has_choice(node: Node) -> bool:
    """Whether a node is a choice between plain terms: one concept in several words."""
    return isinstance(node, AnyOf) and all(isinstance(part, Leaf) for part in node.parts)
