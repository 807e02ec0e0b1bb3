"""Is a query true of an article, and at which words? Exact: what the query says, no more.

Effects: none.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from monitor.topics.index import LEAD_WORDS, Place, ReadArticle, surface_form
from monitor.topics.nodes import (
    All,
    AnyOf,
    AtLeast,
    Element,
    Fact,
    Kind,
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
)
from monitor.words import base_language, stem, words

PLACES_MAX = 10_000
"""Occurrences kept per NEAR: an article with more of them is a list of the same words over and over."""


def is_true(node: Node, article: ReadArticle, scope: Scope | None = None) -> bool:
    """Whether the article is what the query asks for."""
    if isinstance(node, Fact):
        return holds_fact(node, article)
    if isinstance(node, All):
        return all(is_true(part, article, scope) for part in node.parts)
    if isinstance(node, AnyOf):
        return any(is_true(part, article, scope) for part in node.parts)
    if isinstance(node, Not):
        return not is_true(node.part, article, scope)
    if isinstance(node, AtLeast):
        return len(find_places(node.part, article, scope)) >= node.count
    if isinstance(node, Within):
        return is_true(node.part, article, node.scope)
    if isinstance(node, Weighted | Listed):
        return is_true(node.part, article, scope)
    return bool(find_places(node, article, scope))


def find_places(node: Node, article: ReadArticle, scope: Scope | None = None) -> list[Place]:
    """Where a node is found, each place once, in order. What is not true is found nowhere, and so is a NOT."""
    if isinstance(node, Leaf):
        return find_leaf(node, article, scope)
    if isinstance(node, Near):
        left = find_places(node.left, article, scope)
        right = find_places(node.right, article, scope)
        nests = isinstance(node.left, Near) or isinstance(node.right, Near)
        return join_near(left, right, node.distance, is_ordered=node.is_ordered, nests=nests)
    if isinstance(node, AnyOf):
        return _merged(find_places(part, article, scope) for part in node.parts)
    if isinstance(node, All):
        if not is_true(node, article, scope):
            return []
        return _merged(find_places(part, article, scope) for part in node.parts)
    if isinstance(node, AtLeast):
        found = find_places(node.part, article, scope)
        return found if len(found) >= node.count else []
    if isinstance(node, Within):
        return find_places(node.part, article, node.scope)
    if isinstance(node, Weighted | Listed):
        return find_places(node.part, article, scope)
    return []


def _merged(lists: Iterator[list[Place]]) -> list[Place]:
    return sorted({place for places in lists for place in places})


def find_leaf(leaf: Leaf, article: ReadArticle, scope: Scope | None) -> list[Place]:
    """Where a term or phrase stands, by any of its spellings."""
    if len(leaf.sequences) == 1:
        found = find_sequence(leaf.sequences[0], article)
    else:
        found = _merged(find_sequence(sequence, article) for sequence in leaf.sequences)
    if scope is None:
        return found
    start, end = _bounds(scope, article)
    return [place for place in found if start <= place.first and place.last < end]


def _bounds(scope: Scope, article: ReadArticle) -> tuple[int, int]:
    if scope is Scope.TITLE:
        return 0, article.title_count
    if scope is Scope.LEAD:
        return article.text_start, article.text_start + LEAD_WORDS
    return article.text_start, article.text_start + article.word_count + 1


def find_sequence(sequence: Sequence, article: ReadArticle) -> list[Place]:
    """Where the words of a sequence follow one another, the nearest following word taken each time."""
    first = find_element(sequence.elements[0], article)
    if len(sequence.elements) == 1 or not first:
        return first
    found = first
    for element in sequence.elements[1:]:
        follows = find_element(element, article)
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


def find_element(element: Element, article: ReadArticle) -> list[Place]:
    """Where one word stands, each place once, in order."""
    found = article.found.get(element)
    if found is None:
        found = article.found[element] = _find_element(element, article)
    return found


def _find_element(element: Element, article: ReadArticle) -> list[Place]:
    if element.kind is Kind.STEM:
        numbers = article.by_stem.get(stem(element.word, article.language), [])
    elif element.kind is Kind.WORD:
        numbers = article.by_word.get(element.word, [])
    elif element.kind is Kind.SURFACE:
        numbers = article.by_surface.get(surface_form(element.word), [])
    else:
        return _pattern_places(element.word, article)
    places = [article.place(number) for number in numbers]
    # The whole and the parts of a joined word begin at one position and need not come in order.
    return sorted(set(places)) if len(places) > 1 else places


def _pattern_places(pattern: str, article: ReadArticle) -> list[Place]:
    """Where a wildcard word stands; of a joined word and its first part, both found, the longer."""
    prefix, compiled = compile_pattern(pattern)
    candidates = article.words_with_prefix(prefix) if prefix else list(article.by_word)
    longest: dict[int, int] = {}
    for word in candidates:
        if compiled.fullmatch(word):
            for number in article.by_word[word]:
                place = article.place(number)
                longest[place.first] = max(place.last, longest.get(place.first, 0))
    return [Place(first, longest[first]) for first in sorted(longest)]


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> tuple[str, re.Pattern[str]]:
    """The fixed beginning of a wildcard word, and its regular expression: `*` any letters, `?` one."""
    prefix = re.split(r"[*?]", pattern, maxsplit=1)[0]
    body = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in re.sub(r"\*+", "*", pattern))
    return prefix, re.compile(body)


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
        language = (known.language or "").lower().replace("_", "-")
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
