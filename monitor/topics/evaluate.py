"""Is a query true of an article, and at which words? Exact: what the query says, no more.

Effects: none.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from monitor.topics.index import LEAD_WORDS, Place, ReadArticle
from monitor.topics.nodes import (
    All,
    AnyOf,
    AtLeast,
    Fact,
    Leaf,
    Listed,
    Metadata,
    Near,
    Node,
    Not,
    Scope,
    Sequence,
    Weighted,
    Within,
    holds_near,
)
from monitor.words import base_language, words

PLACES_MAX = 10_000
"""Occurrences kept per NEAR: an article with more of them is a list of the same words over and over."""


def is_true(node: Node, article: ReadArticle, scope: Scope | None = None) -> bool:
    """Whether the article is what the query asks for."""
    return _TRUTH[type(node)](node, article, scope)


def find_places(node: Node, article: ReadArticle, scope: Scope | None = None) -> list[Place]:
    """Where a node is found, each place once, in order. What is not true is found nowhere, and so is a NOT."""
    finder = _PLACES.get(type(node))
    return finder(node, article, scope) if finder else []


# One function per kind of node, looked up by its type: a thousand topics ask at every article.


def _is_leaf_true(leaf: Leaf, article: ReadArticle, scope: Scope | None) -> bool:
    if scope is None:
        for sequence in leaf.sequences:
            # Where the words stand is looked up only if all are there: of a phrase one is mostly missing.
            if all(map(article.holds, sequence.elements)) and (
                len(sequence.elements) == 1 or find_sequence(sequence, article)
            ):
                return True
        return False
    return bool(find_leaf(leaf, article, scope))


def _are_all_true(node: All, article: ReadArticle, scope: Scope | None) -> bool:
    for part in node.parts:  # noqa: SIM110 - twice as fast as all() over a generator
        if not _TRUTH[type(part)](part, article, scope):
            return False
    return True


def _is_any_true(node: AnyOf, article: ReadArticle, scope: Scope | None) -> bool:
    for part in node.parts:  # noqa: SIM110 - twice as fast as any() over a generator
        if _TRUTH[type(part)](part, article, scope):
            return True
    return False


def _is_near_true(node: Near, article: ReadArticle, scope: Scope | None) -> bool:
    left, right = node.left, node.right
    if not (_TRUTH[type(left)](left, article, scope) and _TRUTH[type(right)](right, article, scope)):
        return False
    return bool(_find_near(node, article, scope))


_TRUTH: Mapping[type, Callable[[Any, ReadArticle, Scope | None], bool]] = {
    Leaf: _is_leaf_true,
    Fact: lambda fact, article, scope: holds_fact(fact, article),
    All: _are_all_true,
    AnyOf: _is_any_true,
    Not: lambda node, article, scope: not is_true(node.part, article, scope),
    Near: _is_near_true,
    AtLeast: lambda node, article, scope: len(find_places(node.part, article, scope)) >= node.count,
    Within: lambda node, article, scope: is_true(node.part, article, node.scope),
    Weighted: lambda node, article, scope: is_true(node.part, article, scope),
    Listed: lambda node, article, scope: is_true(node.part, article, scope),
}


def _find_near(node: Near, article: ReadArticle, scope: Scope | None) -> list[Place]:
    left = find_places(node.left, article, scope)
    right = find_places(node.right, article, scope)
    nests = holds_near(node.left) or holds_near(node.right)
    return join_near(left, right, node.distance, is_ordered=node.is_ordered, nests=nests)


def _find_any(node: AnyOf, article: ReadArticle, scope: Scope | None) -> list[Place]:
    return _merged(find_places(part, article, scope) for part in node.parts)


def _find_all(node: All, article: ReadArticle, scope: Scope | None) -> list[Place]:
    if not is_true(node, article, scope):
        return []
    return _merged(find_places(part, article, scope) for part in node.parts)


def _find_at_least(node: AtLeast, article: ReadArticle, scope: Scope | None) -> list[Place]:
    found = find_places(node.part, article, scope)
    return found if len(found) >= node.count else []


def _merged(lists: Iterator[list[Place]]) -> list[Place]:
    return sorted({place for places in lists for place in places})


def find_leaf(leaf: Leaf, article: ReadArticle, scope: Scope | None) -> list[Place]:
    """Where a term or phrase stands, by any of its spellings."""
    if len(leaf.sequences) == 1:
        found = find_sequence(leaf.sequences[0], article)
    else:
        several = [found for sequence in leaf.sequences if (found := find_sequence(sequence, article))]
        found = several[0] if len(several) == 1 else _merged(iter(several))
    if scope is None:
        return found
    start, end = _bounds(scope, article)
    return [place for place in found if start <= place.first and place.last < end]


_PLACES: Mapping[type, Callable[[Any, ReadArticle, Scope | None], list[Place]]] = {
    Leaf: find_leaf,
    Near: _find_near,
    AnyOf: _find_any,
    All: _find_all,
    AtLeast: _find_at_least,
    Within: lambda node, article, scope: find_places(node.part, article, node.scope),
    Weighted: lambda node, article, scope: find_places(node.part, article, scope),
    Listed: lambda node, article, scope: find_places(node.part, article, scope),
}


def _bounds(scope: Scope, article: ReadArticle) -> tuple[int, int]:
    if scope is Scope.TITLE:
        return 0, article.title_count
    if scope is Scope.LEAD:
        return article.text_start, article.text_start + LEAD_WORDS
    return article.text_start, article.text_start + article.word_count + 1


def find_sequence(sequence: Sequence, article: ReadArticle) -> list[Place]:
    """Where the words of a sequence follow one another, the nearest following word taken each time."""
    first = article.find(sequence.elements[0])
    if len(sequence.elements) == 1 or not first:
        return first
    found = first
    for element in sequence.elements[1:]:
        follows = article.find(element)
        if not follows:
            return []
        found = [
            Place(before.first, after.last) for before in found for after in _following(before, follows, sequence.slop)
        ]
    return sorted(set(found))


def _following(before: Place, places: list[Place], slop: int) -> list[Place]:
    """The places that begin right after one, or at most `slop` words later."""
    start = bisect_left(places, Place(before.last + 1, 0))
    reach = before.last + 1 + slop
    found = []
    for place in places[start:]:
        if place.first > reach:
            break
        found.append(place)
    return found


def join_near(left: list[Place], right: list[Place], distance: int, *, is_ordered: bool, nests: bool) -> list[Place]:
    """Every pair with at most `distance` words between, as the stretch from the first to the last of both.

    Two occurrences that share a word are not two. With `nests`, one that lies inside the stretch of another NEAR
    is near it. At most 10,000 stretches are kept, the first ones.
    """
    found: set[Place] = set()
    widest = max((place.last - place.first for place in right), default=0)
    for one in left:
        start = bisect_left(right, Place(one.first - distance - 1 - widest, 0))
        for other in right[start:]:
            if other.first > one.last + distance + 1:
                break
            if _is_near(one, other, distance, is_ordered=is_ordered, nests=nests):
                found.add(Place(min(one.first, other.first), max(one.last, other.last)))
        if len(found) > PLACES_MAX:
            break
    return sorted(found)[:PLACES_MAX]


def _is_near(one: Place, other: Place, distance: int, *, is_ordered: bool, nests: bool) -> bool:
    if one.last < other.first:
        return other.first - one.last - 1 <= distance
    if is_ordered:
        return False
    if other.last < one.first:
        return one.first - other.last - 1 <= distance
    inside = one.first < other.first and other.last < one.last
    around = other.first < one.first and one.last < other.last
    return nests and (inside or around)


def holds_fact(fact: Fact, article: ReadArticle) -> bool:
    """Whether the metadata of an article is as a query asks; what is not known is not so."""
    known = article.article
    if fact.field is Metadata.WORDS:
        return _compares(fact.value, article.word_count)
    if fact.field is Metadata.SOURCE:
        return _is_from(fact.value, known.url, (known.source, known.feed))
    if fact.field is Metadata.URL:
        return fact.value in known.url.lower()
    if fact.field is Metadata.LANG:
        language = (article.told_language or "").lower().replace("_", "-")
        return language == fact.value or (bool(language) and base_language(language) == fact.value)
    if fact.field is Metadata.AUTHOR:
        return holds_words(fact.value, known.author)
    return any(holds_words(fact.value, tag) for tag in known.tags)


def holds_words(wanted: str, text: str) -> bool:
    """Whether folded words stand one after another in a name."""
    return f" {wanted} " in f" {' '.join(words(text))} "


def _is_from(value: str, url: str, names: tuple[str, ...]) -> bool:
    """By host and its sub-domains where the value is a domain, else by the outlet's or feed's name."""
    if "." in value and " " not in value:
        hosts = [_host(url), *(name.strip().lower() for name in names)]
        return any(host == value or host.endswith("." + value) for host in hosts)
    return any(holds_words(value, name) for name in names)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _compares(comparison: str, count: int) -> bool:
    sign = comparison.rstrip("0123456789")
    number = int(comparison[len(sign) :])
    if sign == ">":
        return count > number
    if sign == "<":
        return count < number
    if sign == ">=":
        return count >= number
    return count <= number if sign == "<=" else count == number
