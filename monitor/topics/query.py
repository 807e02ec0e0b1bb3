"""Read a query; refuse, with the column, what cannot be meant; say back how it was understood.

The language is the one of `docs/queries.md`: words, "phrases", AND, OR, NOT, NEAR/n, ONEAR/n, atleastN, fields,
wildcards, =exact, ~related, @lists, weights, comments, and the spellings other monitoring tools use for them.

Effects: none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from monitor.errors import QueryError
from monitor.topics.grammar import Parser
from monitor.topics.lexer import Lexer, Sign
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon, is_stop_word
from monitor.topics.nodes import (
    All,
    AnyOf,
    Fact,
    Leaf,
    Metadata,
    Near,
    Node,
    Not,
    Weighted,
    children,
    shorten,
    write_node,
)
from monitor.words import fold

DISTANCE_WIDE = 50
"""Words: a wider NEAR hardly differs from AND, and is mostly a slip of the finger."""
LETTERS_FEW = 4
"""Letters before a `*`: with fewer, hundreds of words begin so."""
QUOTED_SHOWN = 3
"""Words in quotes that a remark names."""
_QUOTED_WORD = re.compile(r'"[^\W\d_]+"')
_FOREIGN_JOINTS = {
    "adj": 'Words that stand side by side are a phrase in quotes, as in "peace talks".',
    "same": "Paragraphs are not told apart: write NEAR/60.",
}
_OPERATOR = re.compile(r"(?<!\S)(?:AND|OR|NOT|O?NEAR(?:/\S*)?|w/(?:s|p|seg|para|sent))(?!\S)")
_LONE_FIELDS = {Metadata.SOURCE, Metadata.TAG}


class WeightedLeaf(Struct, frozen=True):
    """A term or phrase that speaks for a match, with the weight the query gives it."""

    leaf: Leaf
    weight: float
    is_near: bool
    """Whether a NEAR holds it."""


class Query(Struct, frozen=True):
    """A query that was understood."""

    text: str
    root: Node
    normalised: str
    """With every parenthesis and in our own spelling; reads back to the same query."""
    lints: tuple[str, ...]
    """What is allowed but hardly meant, in words."""
    leaves: tuple[WeightedLeaf, ...]
    """Every positive term and phrase, in order."""


def compile_query(
    text: str,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    lexicon: Lexicon = EMPTY_LEXICON,
    *,
    is_exclusion: bool = False,
) -> Query:
    """Read a query. Raises `QueryError` with a column that counts from 1 and a remedy, and nothing else.

    A query that looks for no word must name a `source:` or `tag:`, unless it is an exclusion.
    """
    parser = Parser(text, lists or {}, lexicon)
    root = parser.read()
    leaves = tuple(_positive_leaves(root))
    if not leaves and not is_exclusion and not _may_stand_alone(root):
        remedy = "Add a word, a source: or a tag: that must be there."
        raise QueryError("the query looks for no word", column=1, where="column 1", remedy=remedy)
    lints = (*parser.lexer.lints, *_lint(root, lexicon))
    return Query(text, root, write_node(root), tuple(dict.fromkeys(lints)), leaves)


def is_query(text: str) -> bool:
    """Whether a text is a query and not a name: it has an operator, quotes, a field, a wildcard or a parenthesis."""
    # What stands right behind a colon is asked of a field, though perhaps of one that only another tool knows.
    if re.search(r"""["“”()*@^|~=]|\w\?\w|^\s*#|(?<!\S)-?[A-Za-z]+:\w""", text) or _OPERATOR.search(text):
        return True
    try:
        pieces = Lexer(text).read()
    except QueryError:
        return False
    return any(piece.sign not in {Sign.WORD, Sign.END} for piece in pieces)


def _positive_leaves(node: Node, weight: float = 1.0, *, is_near: bool = False) -> Iterator[WeightedLeaf]:
    if isinstance(node, Leaf):
        yield WeightedLeaf(node, weight, is_near)
    if isinstance(node, Not | Leaf):
        return
    if isinstance(node, Weighted):
        weight *= node.weight
    for part in children(node):
        yield from _positive_leaves(part, weight, is_near=is_near or isinstance(node, Near))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in children(node):
        yield from _walk(part)


def _may_stand_alone(root: Node) -> bool:
    """Whether everything a wordless query asks is a source or a tag, or one of them is asked for by itself."""
    facts = [node for node in _walk(root) if isinstance(node, Fact)]
    has_leaf = any(isinstance(node, Leaf) for node in _walk(root))
    return _asks_lone_field(root) or (
        not has_leaf and bool(facts) and all(fact.field in _LONE_FIELDS for fact in facts)
    )


def _asks_lone_field(node: Node) -> bool:
    if isinstance(node, Fact):
        return node.field in _LONE_FIELDS
    return not isinstance(node, Not) and any(map(_asks_lone_field, children(node)))


def _lint(root: Node, lexicon: Lexicon) -> Iterator[str]:
    yield from _lint_quoted(root)
    for node in _walk(root):
        if isinstance(node, Near) and node.distance > DISTANCE_WIDE:
            yield f"NEAR/{node.distance} is so wide that it hardly differs from AND. NEAR/10 is usual."
        if isinstance(node, AnyOf) and any(isinstance(part, Not) for part in node.parts):
            written = next(write_node(part) for part in node.parts if isinstance(part, Not))
            yield f"OR {written} is true of almost every article. Join it with AND."
        if isinstance(node, AnyOf | All):
            yield from _lint_twice(node)
        if isinstance(node, Leaf):
            yield from _lint_leaf(node, lexicon)


def _lint_quoted(root: Node) -> Iterator[str]:
    """Common words in quotes, told in one remark: some tools want quotes around every word."""
    leaves = [node for node in _walk(root) if isinstance(node, Leaf) and _QUOTED_WORD.fullmatch(node.text)]
    quoted = [leaf for leaf in leaves if leaf.text.islower()]
    if quoted:
        listed = ", ".join(dict.fromkeys(leaf.text for leaf in quoted[:QUOTED_SHOWN]))
        others = " and others" if len(quoted) > QUOTED_SHOWN else ""
        at = quoted[0].column
        yield f"column {at}: {listed}{others}: a word in quotes is found in this form alone, else in every form."


def _lint_twice(node: All | AnyOf) -> Iterator[str]:
    """A term that stands twice in one group."""
    counts = Counter(fold(part.text) for part in node.parts if isinstance(part, Leaf))
    for part in node.parts:
        if isinstance(part, Leaf) and counts.pop(fold(part.text), 0) > 1:
            yield f"{part.text} stands twice in {shorten(write_node(node))}"


def _lint_leaf(leaf: Leaf, lexicon: Lexicon) -> Iterator[str]:
    lower = leaf.text.lower()
    if lower in {"and", "or", "not", "near", "onear"} and not leaf.text.isupper():
        yield f"column {leaf.column}: {leaf.text} is looked for as a word. In capitals it joins words."
    if lower in _FOREIGN_JOINTS:
        yield f"column {leaf.column}: {leaf.text} is looked for as a word. {_FOREIGN_JOINTS[lower]}"
    word = leaf.text.removeprefix("~")
    if len(word) > 1 and word.isupper() and is_stop_word(fold(word)):
        yield f'column {leaf.column}: {word} also finds the word "{fold(word)}". Write ={word} for capitals only.'
    if leaf.text.startswith("~"):
        if not lexicon.has_related:
            yield "~ adds nothing: no related terms are installed."
        elif not lexicon.related(fold(word)):
            yield f"{leaf.text} adds nothing: no related terms are known for it."
    if leaf.text.startswith('"'):
        yield from _lint_phrase(leaf)
    elif "*" in leaf.text:
        yield from _lint_star(leaf)


def _lint_phrase(leaf: Leaf) -> Iterator[str]:
    inner, _, slop = leaf.text.removeprefix('"').rpartition('"')
    if slop and len(inner.split()) == 2:
        first, second = inner.split()
        yield (
            f"column {leaf.column}: {leaf.text} keeps the order of its words. "
            f"For either order write {first} NEAR/{slop[1:]} {second}."
        )


def _lint_star(leaf: Leaf) -> Iterator[str]:
    if not leaf.text.endswith("*"):
        one = leaf.text.rstrip("*").replace("*", "?")
        yield f"column {leaf.column}: the * in {leaf.text} is any number of letters. For one letter write {one}."
    begins = leaf.text[: leaf.text.find("*")]
    if len(begins) < LETTERS_FEW and begins.isascii():
        yield f"column {leaf.column}: {leaf.text} finds every word that begins with {begins}. More letters find less."
