"""Judge a topic that is a query: true or not, how strongly, and if not, what kept it.

Effects: none.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitor.model import Via
from monitor.topics.evaluate import find_leaf, find_places, find_sequence, is_true
from monitor.topics.findings import Finding, count_weighted, gather, has_choice
from monitor.topics.index import Place, ReadArticle
from monitor.topics.names import closest_distance
from monitor.topics.nodes import (
    All,
    AnyOf,
    AtLeast,
    Fact,
    Kind,
    Leaf,
    Listed,
    Near,
    Node,
    Not,
    Scope,
    Weighted,
    Within,
    children,
    shorten,
    write_node,
)
from monitor.topics.query import Query
from monitor.topics.score import saturation


class Rated(NamedTuple):
    """What a node reaches of what it could, as two numbers to be divided."""

    reached: float
    whole: float
    parts: Mapping[str, float]
    """Of what is reached, what each concept brings."""


NOTHING = Rated(0.0, 0.0, {})
"""Of what no word says."""


def find_evidence(query: Query, article: ReadArticle, parts: Mapping[str, float]) -> tuple[Finding, ...]:
    """What makes a true query true, one finding per term and road, in the query's order.

    `parts` is what each concept brings of the score; of several roads to one, each has as much as it was found.
    """
    places: dict[tuple[str, Via], list[Place]] = {}
    idfs: dict[str, float] = {}
    for leaf, at, is_near in gather(query.root, article):
        idfs[leaf.concept] = leaf.idf
        for via, part in _by_road(leaf, at, article, is_near=is_near):
            if part:
                known = places.get((leaf.concept, via))
                places[leaf.concept, via] = sorted({*known, *part}) if known else part
    counted = {key: count_weighted(at, article) for key, at in places.items()}
    of_concept: dict[str, float] = defaultdict(float)
    for (concept, _), count in counted.items():
        of_concept[concept] += count
    return tuple(
        Finding(
            concept,
            via,
            tuple(at),
            idfs[concept],
            parts.get(concept, 0.0) * counted[concept, via] / of_concept[concept],
        )
        for (concept, via), at in places.items()
    )


def _by_road(
    leaf: Leaf, places: list[Place], article: ReadArticle, *, is_near: bool
) -> Iterator[tuple[Via, list[Place]]]:
    """The places of the word itself, and those of its related words."""
    own = Via.NEAR if is_near else leaf.sequences[0].via
    if leaf.sequences[-1].via is not Via.SYNONYM:
        yield own, places
        return
    related = {
        place
        for sequence in leaf.sequences
        if sequence.via is Via.SYNONYM
        for place in find_sequence(sequence, article)
    }
    yield own, [place for place in places if place not in related]
    yield Via.SYNONYM, [place for place in places if place in related]


def score_query(node: Node, article: ReadArticle, scope: Scope | None = None) -> Rated:
    """What a true node reaches of what it could, and by what.

    A choice between words is one concept, found as often as all of them together; of a choice between larger parts
    the best of those that are true counts. What is excluded and metadata add nothing.
    """
    if isinstance(node, Not | Fact):
        return NOTHING
    if isinstance(node, Leaf) or has_choice(node):
        leaves = (node,) if isinstance(node, Leaf) else tuple(part for part in children(node) if isinstance(part, Leaf))
        return _rate_words(leaves, article, scope)
    inner = node.scope if isinstance(node, Within) else scope
    if isinstance(node, AnyOf):
        rated = [score_query(part, article, inner) for part in node.parts if is_true(part, article, inner)]
        return max((one for one in rated if one.whole), key=lambda one: one.reached / one.whole, default=NOTHING)
    factor = node.weight if isinstance(node, Weighted) else 1.0
    rated = [score_query(part, article, inner) for part in children(node)]
    parts: dict[str, float] = defaultdict(float)
    for one in rated:
        for concept, part in one.parts.items():
            parts[concept] += factor * part
    return Rated(factor * sum(one.reached for one in rated), factor * sum(one.whole for one in rated), parts)


def _rate_words(leaves: Sequence[Leaf], article: ReadArticle, scope: Scope | None) -> Rated:
    """One concept in one word or several; each has of what is reached as much as it was found."""
    idf = max([leaf.idf for leaf in leaves])
    reached = idf * saturation(_frequency(leaves, article, scope), article.word_count)
    if len(leaves) == 1:
        return Rated(reached, idf, {leaves[0].concept: reached})
    counts: dict[str, int] = defaultdict(int)
    for leaf in leaves:
        counts[leaf.concept] += _frequency((leaf,), article, scope)
    whole = sum(counts.values())
    return Rated(reached, idf, {concept: reached * count / whole for concept, count in counts.items() if count})


def _frequency(leaves: Sequence[Leaf], article: ReadArticle, scope: Scope | None) -> int:
    """How often any of some words is there, each place once, title occurrences counted double."""
    if scope is None and len(leaves) == 1 and len(leaves[0].sequences) == 1:
        elements = leaves[0].sequences[0].elements
        # A wildcard finds a joined word and its first part at one place.
        if len(elements) == 1 and elements[0].kind is not Kind.PATTERN:
            return article.frequencies.get(article.key(elements[0]), 0)
    return count_weighted({place for leaf in leaves for place in find_leaf(leaf, article, scope)}, article)


def comes_near(node: Node, article: ReadArticle, scope: Scope | None = None) -> bool:
    """Of what is not true: whether all words are there, only not so placed, so often or from where the query asks."""
    if isinstance(node, All):
        return all(comes_near(part, article, scope) for part in node.parts if not is_true(part, article, scope))
    if isinstance(node, AnyOf):
        return any(comes_near(part, article, scope) for part in node.parts)
    if isinstance(node, Near):
        missing = [part for part in (node.left, node.right) if not find_places(part, article, scope)]
        return all(comes_near(part, article, scope) for part in missing)
    if isinstance(node, AtLeast):
        return bool(find_places(node.part, article, scope))
    if isinstance(node, Within):
        return is_true(node.part, article)
    if isinstance(node, Weighted | Listed):
        return comes_near(node.part, article, scope)
    return isinstance(node, Not | Fact)


def explain_miss(node: Node, article: ReadArticle, scope: Scope | None = None) -> str:
    """What keeps a query that is not true from being true. Of several things the farthest away is told."""
    if isinstance(node, All):
        missed = [part for part in node.parts if not is_true(part, article, scope)]
        far = (part for part in missed if not comes_near(part, article, scope))
        return explain_miss(next(far, missed[0]), article, scope)
    if isinstance(node, AnyOf):
        near = next((part for part in node.parts if comes_near(part, article, scope)), None)
        return explain_miss(near, article, scope) if near else f"none of {_shown(node)} is there"
    if isinstance(node, Near):
        return _explain_near(node, article, scope)
    if isinstance(node, Weighted | Listed):
        return explain_miss(node.part, article, scope)
    if isinstance(node, AtLeast):
        count = len(find_places(node.part, article, scope))
        return f"{_shown(node.part)} is there {count} times of {node.count}"
    if isinstance(node, Within):
        return f"{_shown(node.part)} is not in the {node.scope}"
    if isinstance(node, Not):
        return f"{_shown(node.part)} is there, which the query excludes"
    return f"{_shown(node)} is not so" if isinstance(node, Fact) else f"{_shown(node)} is not there"


def _explain_near(node: Near, article: ReadArticle, scope: Scope | None) -> str:
    sides = [find_places(part, article, scope) for part in (node.left, node.right)]
    parts = zip((node.left, node.right), sides, strict=True)
    missing = [part for part, places in parts if not places]
    if missing:
        far = (part for part in missing if not comes_near(part, article, scope))
        return explain_miss(next(far, missing[0]), article, scope)
    apart = closest_distance(sides, article)
    if apart is None:
        how = "one in the title, one in the text"
    elif node.is_ordered and apart - 1 <= node.distance:
        how = "only in another order"
    else:
        how = f"never nearer than {max(0, apart - 1)} between"
    return f"{_shown(node)}: both are there, but {how}"


def _shown(node: Node) -> str:
    return shorten(write_node(node))
