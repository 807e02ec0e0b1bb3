"""Read the pieces of a query into a tree, by recursive descent: NEAR binds before NOT, NOT before AND, AND before OR.

    query = and { "OR" and }                      near = atom { NEAR atom }
    and   = not { ["AND"] not }                   atom = [field ":"] prim ["^" number]
    not   = "NOT" not | near                      prim = word | phrase | "(" query ")" | atleastN prim | @list

Effects: none.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import NoReturn

from msgspec.structs import replace

from monitor.errors import QueryError
from monitor.topics.leaves import build_fact, build_phrase, build_term, list_entry
from monitor.topics.lexer import Lexer, Piece, Sign
from monitor.topics.meaning import Lexicon
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
    Weighted,
    Within,
    children,
    shorten,
    write_node,
)

DEPTH_MAX = 40
"""Parentheses within parentheses: nobody reads more, and Python's stack ends."""
LEAVES_MAX = 5_000
"""Terms in one query with all its lists."""
_SCOPES = frozenset(Scope)
_EXAMPLES = {
    "title": "title:quake",
    "lead": "lead:(quake OR tsunami)",
    "body": "body:quake",
    "source": "source:bbc.co.uk",
    "author": 'author:"Jane Doe"',
    "url": "url:/sport/",
    "lang": "lang:de",
    "tag": "tag:energy",
    "words": "words:>300",
}
_ATOM_SIGNS = {
    Sign.WORD,
    Sign.PHRASE,
    Sign.OPEN,
    Sign.FIELD,
    Sign.ATLEAST,
    Sign.LIST,
    Sign.EXACT,
    Sign.RELATED,
    Sign.NOT,
}


class Parser:
    """Reads one query. `lists` are the named lists it may use, `lexicon` knows what `~word` adds."""

    def __init__(self, text: str, lists: Mapping[str, tuple[str, ...]], lexicon: Lexicon) -> None:
        self.lexer = Lexer(text)
        self.pieces = self.lexer.read()
        self.at = 0
        self.depth = 0
        self.leaves = 0
        self.is_joined = False
        """Whether the last piece of an OR was an AND without parentheses of its own."""
        self.lists = lists
        self.lexicon = lexicon
        self.field: str | None = None
        """The field whose parenthesis is being read."""

    def read(self) -> Node:
        """The whole query as a tree. Raises `QueryError` with the column of what cannot be meant."""
        if self._is_at(Sign.END):
            remedy = "Write what to look for, as in hostage AND talks."
            self._fail("the query is empty", self.here, " ".join(self.lexer.lints) or remedy)
        root = self._or()
        if not self._is_at(Sign.END):
            self._fail(") has no ( before it", self.here, "Take it out, or add the (.")
        return root

    @property
    def here(self) -> Piece:
        """The piece to be read next."""
        return self.pieces[self.at]

    def _is_at(self, sign: Sign) -> bool:
        return self.here.sign is sign

    def _take(self) -> Piece:
        piece = self.here
        self.at += 1
        return piece

    def _fail(self, what: str, piece: Piece, remedy: str) -> NoReturn:
        raise QueryError(what, column=piece.column, where=f"column {piece.column}", remedy=remedy)

    def _nested(self, read: Callable[[], Node], piece: Piece) -> Node:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self._fail(f"more than {DEPTH_MAX} parentheses stand within each other", piece, "Take some away.")
        node = read()
        self.depth -= 1
        return node

    def _or(self) -> Node:
        first = self.here
        parts = [self._and()]
        is_mixed = self.is_joined
        while self.here.sign is Sign.OR:
            self._take()
            parts.append(self._and())
            is_mixed |= self.is_joined
        if len(parts) == 1:
            return parts[0]
        node = AnyOf(tuple(parts))
        if is_mixed:
            written = shorten(write_node(node))
            self.lexer.lints.append(f"column {first.column}: AND binds before OR, so this is read as {written}")
        self.is_joined = False
        return node

    def _and(self) -> Node:
        parts = [self._not()]
        while True:
            if self.here.sign is Sign.AND:
                self._take()
            elif self.here.sign not in _ATOM_SIGNS:
                break
            parts.append(self._not())
        self.is_joined = len(parts) > 1
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self) -> Node:
        if self.here.sign is not Sign.NOT:
            return self._near()
        piece = self._take()
        return Not(self._nested(self._not, piece))

    def _near(self) -> Node:
        first = self.here
        node = self._atom()
        while self.here.sign is Sign.NEAR:
            near = self._take()
            second = self.here
            if second.sign is Sign.NOT:
                self._fail(f"{near.text} joins words, phrases and OR-groups only", second, "Move the NOT outside.")
            right = self._atom()
            for operand, piece in ((node, first), (right, second)):
                if self.field not in (None, *_SCOPES) or not _has_places(operand):
                    self._fail(f"{near.text} joins words, phrases and OR-groups only", piece, "Move the rest outside.")
            node = Near(node, right, int(near.number), near.is_ordered)
        return node

    def _atom(self) -> Node:
        piece = self.here
        node = self._in_field() if piece.sign is Sign.FIELD else self._prim()
        while self.here.sign is Sign.WEIGHT:
            node = Weighted(node, self._take().number)
        return node

    def _in_field(self) -> Node:
        piece = self._take()
        if self.field is not None:
            self._fail(f"{piece.text}: stands inside {self.field}:", piece, "Write them side by side, joined by AND.")
        if self.here.sign is Sign.VALUE:
            return self._fact(piece.text, self._take())
        if self.here.sign not in _ATOM_SIGNS or self.here.sign is Sign.NOT:
            self._fail(f"{piece.text}: needs a word right behind it", piece, f"As in {_EXAMPLES[piece.text]}.")
        self.field = piece.text
        node = self._prim()
        self.field = None
        return Within(Scope(piece.text), node) if piece.text in _SCOPES else node

    def _prim(self) -> Node:
        piece = self._take()
        is_fact = self.field is not None and self.field not in _SCOPES
        if piece.sign is Sign.OPEN:
            if self._is_at(Sign.CLOSE):
                self._fail("the parentheses hold nothing", piece, "Write a word between them, or take them out.")
            node = self._nested(self._or, piece)
            if self.here.sign is not Sign.CLOSE:
                self._fail("( is not closed", piece, "Write ) where the group ends.")
            self._take()
            return node
        if is_fact and piece.sign in {Sign.WORD, Sign.PHRASE}:
            return self._fact(str(self.field), self._whole_value(piece))
        if is_fact:
            self._fail(
                f"{self.field}: takes a value, not {piece.text or piece.sign}",
                piece,
                f"As in {_EXAMPLES[str(self.field)]}.",
            )
        if piece.sign is Sign.ATLEAST:
            return self._at_least(piece)
        if piece.sign is Sign.LIST:
            return self._list(piece)
        return self._leaf(piece)

    def _at_least(self, piece: Piece) -> AtLeast:
        part = self._nested(self._prim, piece)
        if not _is_counted(part):
            self._fail(f"{piece.text} counts words and phrases only", piece, "Move NOT, source: and the like outside.")
        return AtLeast(int(piece.number), part)

    def _leaf(self, piece: Piece) -> Leaf:
        self.leaves += 1
        if self.leaves > LEAVES_MAX:
            self._fail(f"more than {LEAVES_MAX} terms, lists included", piece, "Split the topic in two.")
        if piece.sign is Sign.WORD:
            return build_term(piece.text, piece.column, "", self.lexicon)
        if piece.sign is Sign.PHRASE:
            leaf = build_phrase(piece.text, int(piece.number), piece.column, self.lexicon)
            if leaf is None:
                self._fail("the quotes hold no word", piece, "Write the phrase between them, or take them out.")
            return leaf
        if piece.sign in {Sign.EXACT, Sign.RELATED}:
            word = self._take()
            if word.sign is not Sign.WORD or "*" in word.text or "?" in word.text:
                self._fail(f"{piece.text} stands before one plain word", piece, f"As in {piece.text}hostages.")
            return build_term(word.text, piece.column, piece.text, self.lexicon)
        if piece.sign is Sign.END:
            self._fail("the query ends where a word is needed", piece, "Add a word, or take the last operator out.")
        self._fail(f"a word is needed before {piece.text or piece.sign}", piece, "Add one, or take the operator out.")

    def _whole_value(self, piece: Piece) -> Piece:
        """Words side by side in `source:(New York Times)` are one name."""
        words = [piece.text]
        while piece.sign is Sign.WORD and self._is_at(Sign.WORD):
            words.append(self._take().text)
        return replace(piece, text=" ".join(words))

    def _fact(self, field: str, piece: Piece) -> Fact:
        fact = build_fact(Metadata(field), piece.text)
        if fact is None:
            self._fail(f"{field}: cannot use {piece.text or 'an empty value'}", piece, f"As in {_EXAMPLES[field]}.")
        return fact

    def _list(self, piece: Piece) -> Node:
        entries = self.lists.get(piece.text)
        if not entries:
            close = get_close_matches(piece.text, list(self.lists), n=1)
            what = f"there is no list {piece.text}" if entries is None else f"the list {piece.text} is empty"
            near_miss = f"Did you mean @{close[0]}?" if close and entries is None else "Write it under [lists]."
            self._fail(what, piece, near_miss)
        leaves = []
        for number, entry in enumerate(entries, 1):
            self.leaves += 1
            leaf = list_entry(entry, piece.column, self.lexicon)
            if leaf is None or self.leaves > LEAVES_MAX:
                what = f"entry {number} of the list {piece.text} ({entry[:40]!r}) cannot be used"
                self._fail(what, piece, f"An entry is a word or a phrase; a query holds at most {LEAVES_MAX}.")
            leaves.append(leaf)
        return Listed(piece.text, leaves[0] if len(leaves) == 1 else AnyOf(tuple(leaves)))


def _has_places(node: Node) -> bool:
    """Whether a node can stand beside a NEAR: it is found at places, not merely true of an article."""
    if isinstance(node, Leaf):
        return True
    return isinstance(node, AnyOf | Near | Weighted | Listed) and all(map(_has_places, children(node)))


def _is_counted(node: Node) -> bool:
    """Whether a node has occurrences: a NOT and metadata have none."""
    return not isinstance(node, Not | Fact) and all(map(_is_counted, children(node)))
