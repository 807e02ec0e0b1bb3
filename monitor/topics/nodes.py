"""What a query says, as a tree, and the tree written out again with every parenthesis.

Effects: none.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial

from msgspec import Struct
from msgspec.structs import force_setattr

from monitor.model import Via

CHARS_SHOWN_MAX = 80
"""Characters of a query shown in a message: a line."""


class Kind(StrEnum):
    """How one word of a query is compared with the words of an article."""

    STEM = "stem"
    WORD = "word"
    SURFACE = "surface"
    PATTERN = "pattern"


class Element(Struct, frozen=True):
    """One word to be found: folded for `STEM` and `WORD`, as written for `SURFACE`, with `*` and `?` for `PATTERN`."""

    kind: Kind
    word: str
    key: str = ""
    """The same in one text, which is looked up sooner than the pair; always filled by itself."""

    def __post_init__(self) -> None:
        force_setattr(self, "key", f"{self.kind.value}:{self.word}")


class Sequence(Struct, frozen=True):
    """Words that stand one after another, with at most `slop` words between two of them."""

    elements: tuple[Element, ...]
    via: Via
    slop: int = 0


class Leaf(Struct, frozen=True):
    """A term or phrase: it is found where any of its sequences is."""

    text: str
    """As the normalised query shows it."""
    sequences: tuple[Sequence, ...]
    column: int = 0
    concept: str = ""
    """As evidence names it."""
    idf: float = 1.0
    """How much it tells: as much as its rarest word."""


class Scope(StrEnum):
    """The part of an article in which words are looked for."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"


class Metadata(StrEnum):
    """What is known of an article beside its words."""

    SOURCE = "source"
    AUTHOR = "author"
    URL = "url"
    LANG = "lang"
    TAG = "tag"
    WORDS = "words"


class Fact(Struct, frozen=True):
    """Something asked of an article's metadata."""

    field: Metadata
    value: str
    """Folded; for `words` a comparison such as `>300`."""
    text: str
    """The value as the normalised query shows it."""


class All(Struct, frozen=True):
    """Every one of two or more."""

    parts: tuple["Node", ...]


class AnyOf(Struct, frozen=True):
    """At least one of two or more."""

    parts: tuple["Node", ...]


class Not(Struct, frozen=True):
    """What must not be."""

    part: "Node"


class Near(Struct, frozen=True):
    """Two things with at most `distance` words between them, in this order where `is_ordered`."""

    left: "Node"
    right: "Node"
    distance: int
    is_ordered: bool


class Within(Struct, frozen=True):
    """Words looked for in one part of the article only."""

    scope: Scope
    part: "Node"


class AtLeast(Struct, frozen=True):
    """At least so many occurrences in all."""

    count: int
    part: "Node"


class Weighted(Struct, frozen=True):
    """What counts more, or less, when matches are ordered; it never decides one."""

    part: "Node"
    weight: float


class Listed(Struct, frozen=True):
    """A named list: any of its terms."""

    name: str
    part: "Node"


Node = Leaf | Fact | All | AnyOf | Not | Near | Within | AtLeast | Weighted | Listed


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in order."""
    if isinstance(node, All | AnyOf):
        return node.parts
    if isinstance(node, Near):
        return (node.left, node.right)
    if isinstance(node, Leaf | Fact):
        return ()
    return (node.part,)


def elements_of(node: Node) -> Iterator[Element]:
    """Every word of a node and its parts, excluded ones too."""
    if isinstance(node, Leaf):
        for sequence in node.sequences:
            yield from sequence.elements
    for part in children(node):
        yield from elements_of(part)


def holds_near(node: Node) -> bool:
    """Whether a part of a node is a NEAR: what lies inside its stretch is near to it."""
    return isinstance(node, Near) or any(map(holds_near, children(node)))


def write_node(node: Node, *, outermost: bool = True) -> str:
    """The query with every parenthesis; reading it again gives the same tree."""
    inner: Callable[[Node], str] = partial(write_node, outermost=False)
    if isinstance(node, Leaf):
        return node.text
    if isinstance(node, Fact):
        return f"{node.field}:{node.text}"
    if isinstance(node, Listed):
        return f"@{node.name}"
    if isinstance(node, Within):
        return f"{node.scope}:{_bracketed(node.part)}"
    if isinstance(node, Weighted):
        return f"{_bracketed(node.part)}^{_shortest(node.weight)}"
    if isinstance(node, AtLeast):
        return f"atleast{node.count}({write_node(node.part)})"
    if isinstance(node, All | AnyOf):
        written = (" AND " if isinstance(node, All) else " OR ").join(inner(part) for part in node.parts)
    elif isinstance(node, Near):
        written = f"{inner(node.left)} {'ONEAR' if node.is_ordered else 'NEAR'}/{node.distance} {inner(node.right)}"
    else:
        written = f"NOT {inner(node.part)}"
    return written if outermost else f"({written})"


def _bracketed(node: Node) -> str:
    """A node that a field or weight binds to: a weight inside it needs its own parenthesis to stay inside."""
    written = write_node(node, outermost=False)
    return f"({written})" if isinstance(node, Weighted) else written


def _shortest(weight: float) -> str:
    short = f"{weight:g}"
    return short if float(short) == weight else repr(weight)


def shorten(written: str) -> str:
    """A written query as a message shows it."""
    return written if len(written) <= CHARS_SHOWN_MAX else written[: CHARS_SHOWN_MAX - 1] + "…"
