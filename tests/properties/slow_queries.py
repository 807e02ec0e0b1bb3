"""A second evaluator of queries, written from docs/queries.md alone: slow, and so plain that it can be checked by eye.

It shares no code with the real one. What each word of its small vocabulary is cut into stands in tables, by hand.
"""

from fnmatch import fnmatchcase
from itertools import pairwise, product
from typing import Any, NamedTuple

import Stemmer

LEAD_WORDS = 60
ALGORITHMS = {"en": "english", "de": "german", "ru": "russian", "ar": "arabic", "fr": "french"}
PARTICLES = "وفبكلוהבלמשכ"

Tree = tuple[Any, ...]
"""("and", tree, tree) and the like; the kinds are those of `write`."""
Test = tuple[str, str]
"""How a word of the article is compared: ("stem" | "word" | "surface" | "wild", with what)."""


class Token(NamedTuple):
    """A word of an article as it can be found."""

    first: int
    last: int
    folded: str
    surface: str


class Place(NamedTuple):
    """An occurrence: in the title or the text, from which word to which."""

    field: str
    first: int
    last: int


# Joined words are found whole or by their parts; scripts without spaces by every pair, the last sign alone ends a run.
# Written form: its parts (folded, as written), then its whole.
JOINED: dict[str, tuple[list[Test], Test | None]] = {
    "COVID-19": ([("covid", "COVID"), ("19", "19")], ("covid19", "COVID-19")),
    "cease-fire": ([("cease", "cease"), ("fire", "fire")], ("ceasefire", "cease-fire")),
    "Ann-Marie-Lee": ([("ann", "Ann"), ("marie", "Marie"), ("lee", "Lee")], ("annmarielee", "Ann-Marie-Lee")),
    "U.S.": ([("u", "U"), ("s", "S")], ("u.s", "U.S")),
    "AT&T": ([("at", "AT"), ("t", "T")], ("at&t", "AT&T")),
    "C++": ([("c", "C")], ("c++", "C++")),
    "O’Neill": ([("o", "O"), ("neill", "Neill")], ("oneill", "O’Neill")),
    "cat's": ([("cat", "cat")], None),
    "人質交渉": ([("人質", "人質"), ("質交", "質交"), ("交渉", "交渉"), ("渉", "渉")], None),
    "二人": ([("二人", "二人"), ("人", "人")], None),
    "การเจรจา": ([(pair, pair) for pair in ("กา", "าร", "รเ", "เจ", "จร", "รจ", "จา", "า")], None),
}
PLAIN = {
    word: folded
    for folded, written in {
        "cat": "cat Cat CAT", "cats": "cats Cats", "dog": "dog", "dogs": "Dogs", "owl": "owl", "owls": "Owls",
        "cattle": "cattle", "cafe": "café Cafe", "cafes": "CAFE\u0301S", "us": "US us", "covid": "covid",
        "19": "19", "covid19": "Covid19", "ceasefires": "ceasefires", "fire": "fire", "hound": "hound", "at": "at",
        "verhandlung": "Verhandlung", "verhandlungen": "Verhandlungen", "заложники": "Заложники",
        "заложников": "заложников", "مفاوضات": "مُفاوضات", "والمفاوضات": "والمفاوضات", "שלום": "שָׁלוֹם",
        "ושלום": "ושלום", "인질협상이": "인질협상이", "인질": "인질", "인": "인", "strasse": "Straße",
        "lodz": "Łódź lodz",
    }.items()
    for word in written.split()
}  # fmt: skip
STANDING = [*JOINED, *PLAIN]

# What a word of a query looks for: the ways it may stand, each a row of words side by side.
SPELLINGS: dict[str, list[list[Test]]] = {
    "COVID-19": [[("stem", "covid19")], [("stem", "covid"), ("stem", "19")]],
    "cease-fire": [[("stem", "ceasefire")], [("stem", "cease"), ("stem", "fire")]],
    "Ann-Marie": [[("stem", "annmarie")], [("stem", "ann"), ("stem", "marie")]],
    "U.S.": [[("word", "u.s")], [("surface", "US")]],
    "AT&T": [[("word", "at&t")]],
    "C++": [[("word", "c++")]],
    "O'Neill": [[("stem", "oneill")], [("stem", "o"), ("stem", "neill")]],
    "dog's": [[("stem", "dog")]],
    "人質": [[("word", "人質")]],
    "人質交渉": [[("word", "人質"), ("word", "質交"), ("word", "交渉")]],
    "人": [[("wild", "人*")]],
    "เจรจา": [[("word", "เจ"), ("word", "จร"), ("word", "รจ"), ("word", "จา")]],
}
TERMS = [
    *SPELLINGS, "cat", "cats", "DOGS", "owl", "cattle", "cafe", "cafés", "us", "covid", "ceasefire", "fire", "marie",
    "t", "c", "s", "Verhandlung", "заложник", "заложники", "مفاوضات", "والمفاوضات", "שלום", "인질", "인질협상", "인",
    "strasse", "Łódź", "hound",
]  # fmt: skip
FOLDED = {"DOGS": "dogs", "cafés": "cafes", "Verhandlung": "verhandlung", "Łódź": "lodz"}
EXACT = ["Cat", "cat", "Owls", "US", "U.S", "AT&T", "COVID-19", "C++", "café", "CAFÉS", "Straße", "19", "COVID"]
WILD = ["cat*", "?og", "do?s", "owl*", "cat?", "covid*", "ann*l?e", "c??s", "verhandlung*", "заложник*", "ceas*"]
PHRASED: dict[str, list[Test]] = {
    "COVID-19": [("word", "covid"), ("word", "19")],
    "U.S.": [("word", "u"), ("word", "s")],
    "AT&T": [("word", "at"), ("word", "t")],
    "C++": [("word", "c++")],
    "人質交渉": [("word", "人質"), ("word", "質交"), ("word", "交渉")],
    "Cafés": [("word", "cafes")],
    "cat*": [("wild", "cat*")],
    "covid*": [("wild", "covid*")],
    "do?s": [("wild", "do?s")],
    **{
        word: [("word", word)]
        for word in ("cat", "cats", "dogs", "owl", "fire", "at", "t", "covid", "19", "marie", "us")
    },
}
RELATED = {"dog": ["hound", "wolves"], "owl": ["bird"], "wolf": ["hound"], "cat": ["lee"]}
LISTS: dict[str, tuple[str, ...]] = {
    "animals": ("cats", "=Owls", "hound dog", "dog*"),
    "places": ("U.S.",),
    "kin": ("~dog", "Łódź"),
}
LIST_TREES: dict[str, Tree] = {
    "animals": ("or", ("term", "cats"), ("exact", "Owls"), ("row", (("word", "hound"), ("word", "dog")), 0),
                ("wild", "dog*")),
    "places": ("term", "U.S."),
    "kin": ("or", ("related", "dog"), ("term", "Łódź")),
}  # fmt: skip


class Known(NamedTuple):
    """What is known of an article: the written words of its title and text, and the rest."""

    title: list[str]
    text: list[str]
    language: str
    """Said or detected; empty where neither."""
    is_language_said: bool
    host: str
    source: str
    author: str
    tags: tuple[str, ...]


FACTS: dict[str, Any] = {
    "source:bbc.co.uk": lambda known: known.host == "bbc.co.uk" or known.host.endswith(".bbc.co.uk"),
    "source:news.bbc.co.uk": lambda known: known.host == "news.bbc.co.uk",
    'source:"Gulf Wire"': lambda known: known.source == "The Gulf Wire",
    "source:wire": lambda known: known.source == "The Gulf Wire",
    "author:smith": lambda known: known.author == "Ann Smith",
    'author:"ann smith"': lambda known: known.author == "Ann Smith",
    "author:smit": lambda known: False,
    'url:"/sport/"': lambda known: True,
    "url:gulf": lambda known: False,
    "url:BBC": lambda known: "bbc" in known.host,
    "lang:de": lambda known: known.language in {"de", "de-AT"},
    "lang:de-at": lambda known: known.language == "de-AT",
    "tag:energy": lambda known: "Energy policy" in known.tags,
    'tag:"energy policy"': lambda known: "Energy policy" in known.tags,
    "tag:energ": lambda known: False,
    "words:>5": lambda known: count_words(known) > 5,
    "words:<4": lambda known: count_words(known) < 4,
    "words:>=3": lambda known: count_words(known) >= 3,
    "words:<=7": lambda known: count_words(known) <= 7,
    "words:2": lambda known: count_words(known) == 2,
}


def read(written: list[str]) -> list[Token]:
    """The words of a text with their places; of a joined word every part has a place of its own."""
    tokens: list[Token] = []
    at = 0
    for word in written:
        parts, whole = JOINED.get(word) or ([(PLAIN[word], word)], None)
        tokens += [Token(at + number, at + number, *part) for number, part in enumerate(parts)]
        if whole:
            tokens.append(Token(at, at + len(parts) - 1, *whole))
        at += len(parts)
    return tokens


def count_words(known: Known) -> int:
    """The words of an article, joined ones by their parts."""
    return sum(len(JOINED[word][0]) if word in JOINED else 1 for word in [*known.title, *known.text])


def stem(word: str, language: str) -> str:
    """What the forms of a word share; words with digits have no forms."""
    algorithm = ALGORITHMS.get((language or "en").split("-")[0])
    article = ("ال", "لل")
    if word.startswith(article) and len(word) > 3:
        word = word[2:]
    return Stemmer.Stemmer(algorithm).stemWord(word) if algorithm and word.isalpha() else word


def stems_of(word: str, language: str) -> set[str]:
    """Under which stems a word of an article is found: Arabic and Hebrew particles, Korean endings are no hindrance."""
    found = {stem(word, language)}
    if word[0] in PARTICLES and len(word) > 3:
        found.add(stem(word[1:], language))
    if "가" <= word[0] <= "힣":
        found |= {stem(word[:length], language) for length in range(2, len(word) + 1)}
    return found


class Slow:
    """Judges one article."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.tokens = {"title": read(known.title), "text": read(known.text)}

    def words(self, test: Test, field: str) -> list[Token]:
        """Every word of a field that passes; of a joined word and its part that both fit a wildcard, the whole."""
        kind, wanted = test
        tokens = self.tokens[field]
        if kind == "surface":
            return [token for token in tokens if token.surface.replace("E\u0301", "É") == wanted]
        if kind == "word":
            return [token for token in tokens if token.folded == wanted]
        if kind == "stem":
            language = self.known.language
            return [token for token in tokens if stem(wanted, language) in stems_of(token.folded, language)]
        fitting = [token for token in tokens if fnmatchcase(token.folded, wanted)]
        return [one for one in fitting if one.last == max(token.last for token in fitting if token.first == one.first)]

    def rows(self, tests: list[Test], slop: int, fields: set[str]) -> set[Place]:
        """Every way in which words stand one after another, with at most `slop` words between two."""
        found = set()
        for field in ("title", "text"):
            for chosen in product(*(self.words(test, field) for test in tests)):
                gaps = [after.first - before.last - 1 for before, after in pairwise(chosen)]
                place = Place(field, chosen[0].first, chosen[-1].last)
                if all(0 <= gap <= slop for gap in gaps) and is_inside(place, fields):
                    found.add(place)
        return found

    def places(self, tree: Tree, fields: set[str]) -> set[Place]:
        """Every place at which a tree is found. A NOT and what is known beside the words are found nowhere."""
        kind, *parts = tree
        if kind in {"term", "exact", "wild", "related", "phrase", "row"}:
            return {place for tests, slop in ways(tree) for place in self.rows(tests, slop, fields)}
        if kind in {"near", "onear"}:
            return self.stretches(tree, fields)
        if kind == "field":
            return self.places(parts[1], {parts[0]})
        if kind == "weight":
            return self.places(parts[1], fields)
        if kind == "list":
            return self.places(LIST_TREES[parts[0]], fields)
        if kind == "atleast":
            found = self.places(parts[1], fields)
            return found if len(found) >= parts[0] else set()
        if kind == "or" or (kind == "and" and self.truth(tree, fields)):
            return {place for part in parts for place in self.places(part, fields)}
        return set()

    def stretches(self, tree: Tree, fields: set[str]) -> set[Place]:
        """Every pair of occurrences that stand near enough, as one stretch from the first word to the last."""
        kind, distance, left, right = tree
        nests = holds_near(left) or holds_near(right)
        found = set()
        for one, other in product(self.places(left, fields), self.places(right, fields)):
            if one.field != other.field:
                continue
            after = 0 <= other.first - one.last - 1 <= distance
            before = 0 <= one.first - other.last - 1 <= distance
            inside = one.first < other.first and other.last < one.last
            around = other.first < one.first and one.last < other.last
            if after or (kind == "near" and (before or (nests and (inside or around)))):
                found.add(Place(one.field, min(one.first, other.first), max(one.last, other.last)))
        return found

    def truth(self, tree: Tree, fields: set[str]) -> bool:
        """Whether a tree is true of the article."""
        kind, *parts = tree
        if kind == "and":
            return all(self.truth(part, fields) for part in parts)
        if kind == "or":
            return any(self.truth(part, fields) for part in parts)
        if kind == "not":
            return not self.truth(parts[0], fields)
        if kind == "field":
            return self.truth(parts[1], {parts[0]})
        if kind == "weight":
            return self.truth(parts[1], fields)
        if kind == "fact":
            return bool(FACTS[parts[0]](self.known))
        return bool(self.places(tree, fields))


EVERYWHERE = {"title", "body"}


def is_inside(place: Place, fields: set[str]) -> bool:
    """Whether a place lies in a part of the article; the lead is the first sixty words of the text."""
    if place.field == "title":
        return "title" in fields
    return "body" in fields or ("lead" in fields and place.last < LEAD_WORDS)


def holds_near(tree: Tree) -> bool:
    """Whether a part of a tree is a NEAR: what lies inside its stretch is near it."""
    return tree[0] in {"near", "onear"} or any(holds_near(part) for part in tree if isinstance(part, tuple) and part)


def ways(tree: Tree) -> list[tuple[list[Test], int]]:
    """The rows of words that a term or phrase may stand as, each with the words allowed between two."""
    kind, *parts = tree
    if kind == "row":
        return [(list(parts[0]), parts[1])]
    if kind == "phrase":
        return [([test for word in parts[0] for test in PHRASED[word]], parts[1])]
    if kind == "exact":
        return [([("surface", parts[0])], 0)]
    if kind == "wild":
        return [([("wild", parts[0])], 0)]
    word = str(parts[0])
    spelled = SPELLINGS.get(word) or [[("stem", FOLDED.get(word, word))]]
    rows = [(row, 0) for row in spelled]
    if kind == "related":
        folded = FOLDED.get(word, word)
        asked = {stem(folded, "en")}
        rows += [
            ([("stem", other)], 0) for own, others in RELATED.items() if stem(own, "en") in asked for other in others
        ]
    return rows


def write(tree: Tree, *, foreign: bool = False) -> str:
    """The query for a tree with every parenthesis, in our spelling or in that of other tools."""

    def inner(part: Tree) -> str:
        return write(part, foreign=foreign)

    kind, *parts = tree
    if kind in {"term", "wild", "fact"}:
        return str(parts[0])
    if kind in {"exact", "related", "list"}:
        return {"exact": "=", "related": "~", "list": "@"}[kind] + str(parts[0])
    if kind == "phrase":
        return f'"{" ".join(parts[0])}"' + (f"~{parts[1]}" if parts[1] else "")
    if kind in {"near", "onear"}:
        operator = {"near": "w", "onear": "pre"}[kind] if foreign else kind.upper()
        return f"({inner(parts[1])} {operator}/{parts[0]} {inner(parts[2])})"
    if kind == "atleast":
        return f"{'repeat' if foreign else 'atleast'}{parts[0]}({inner(parts[1])})"
    if kind == "field":
        names = {"title": "intitle", "lead": "ingress"} if foreign else {}
        return f"{names.get(parts[0], parts[0])}:({inner(parts[1])})"
    if kind == "weight":
        return f"({inner(parts[1])})^{parts[0]}"
    if kind == "not":
        return f"({'-' if foreign else 'NOT '}{inner(parts[0])})"
    joint = {"and": " ", "or": " | "}[kind] if foreign else f" {kind.upper()} "
    return "(" + joint.join(map(inner, parts)) + ")"
