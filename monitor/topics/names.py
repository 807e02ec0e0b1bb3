"""Judge a topic that is a name: are all its concepts there, and near one another?

A name matches when all its content words, by stem, stand within ten words of each other anywhere, or all in the
title. `strict` asks for five words, `broad` for thirty. A name of one word matches where the word is there; `strict`
wants it in the title or twice.

Effects: none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model import Level, Via
from monitor.topics.evaluate import find_leaf
from monitor.topics.findings import Finding, count_weighted
from monitor.topics.index import Place, ReadArticle
from monitor.topics.leaves import rarest_idf, spell_word
from monitor.topics.meaning import Lexicon, is_stop_word
from monitor.topics.nodes import All, Leaf, Node
from monitor.topics.score import Weighed, score_match
from monitor.words import stem, words

WINDOW_WORDS = {Level.STRICT: 5, Level.BALANCED: 10, Level.BROAD: 30}
"""How far the first and the last word of a name may stand apart, in words: a clause, a sentence, a paragraph."""
ONE_WORD_TIMES_STRICT = 2
"""How often a one-word name must stand in a text for `strict`: once is a mention."""

_WRITTEN_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>|/\\\"“”„…–—]+")


@dataclass(frozen=True, slots=True)
class Concept:
    """One content word of a name."""

    leaf: Leaf
    idf: float


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is looked for."""

    text: str
    concepts: tuple[Concept, ...]

    @property
    def node(self) -> Node:
        """The least an article must hold to match, as a query."""
        leaves = tuple(concept.leaf for concept in self.concepts)
        return leaves[0] if len(leaves) == 1 else All(leaves)


@dataclass(frozen=True, slots=True)
class Judged:
    """How a name stands to an article."""

    name: Name
    is_match: bool
    score: int
    findings: tuple[Finding, ...]
    reason: str
    """Why not, in words; empty for a match."""
    is_near: bool
    """Whether everything is there, but not as the level asks."""
    title_hit: bool


def read_name(text: str, lexicon: Lexicon) -> Name | None:
    """The content words of a name, each once; all its words where none has content; None where it has no word."""
    written = [found.group().strip("'’.&+-") for found in _WRITTEN_WORD.finditer(text)]
    written = [word for word in written if words(word)]
    telling = [word for word in written if not all(is_stop_word(part) for part in words(word))]
    concepts: dict[tuple[str, ...], Concept] = {}
    for word in telling or written:
        parts = words(word)
        key = tuple(stem(part) for part in parts)
        if key not in concepts:
            idf = rarest_idf(word, lexicon)
            concepts[key] = Concept(Leaf(word, spell_word(word), concept=word.lower(), idf=idf), idf)
    return Name(" ".join(text.split()), tuple(concepts.values())) if concepts else None


def judge_name(name: Name, article: ReadArticle, level: Level) -> Judged:
    """Decide one name for one article."""
    places = [find_leaf(concept.leaf, article, None) for concept in name.concepts]
    found = list(zip(name.concepts, places, strict=True))
    score = score_match(
        (Weighed(concept.idf, count_weighted(at, article)) for concept, at in found), article.word_count
    )
    findings = tuple(Finding(concept.leaf.concept, Via.STEM, tuple(at), concept.idf) for concept, at in found if at)
    missing = [concept.leaf.text for concept, at in found if not at]
    title_hit = all(any(article.is_title(place) for place in at) for at in places)
    if missing:
        is_match, reason = False, _say_missing(name, missing)
    elif len(places) == 1:
        is_match, reason = _judge_one_word(name, places[0], level, title_hit=title_hit)
    else:
        is_match, reason = _judge_distance(name, places, article, level, title_hit=title_hit)
    return Judged(name, is_match, score, findings, reason, is_near=not missing and not is_match, title_hit=title_hit)


def _say_missing(name: Name, missing: list[str]) -> str:
    listed = " and ".join(f'"{word}"' for word in missing)
    if len(missing) == len(name.concepts):
        return f"nothing of {listed} is there"
    return f"{listed} {'is' if len(missing) == 1 else 'are'} not there"


def _judge_one_word(name: Name, places: list[Place], level: Level, *, title_hit: bool) -> tuple[bool, str]:
    if level is not Level.STRICT or title_hit or len(places) >= ONE_WORD_TIMES_STRICT:
        return True, ""
    return False, f'"{name.text}" stands in the text once only; level strict wants it in the title or twice'


def _judge_distance(
    name: Name, places: list[list[Place]], article: ReadArticle, level: Level, *, title_hit: bool
) -> tuple[bool, str]:
    apart = closest_distance(places, article)
    if title_hit or (apart is not None and apart <= WINDOW_WORDS[level]):
        return True, ""
    how = "title and text hold one part each" if apart is None else f"never nearer than {apart} words"
    return False, f'all of "{name.text}" is there, but not within {WINDOW_WORDS[level]} words: {how}'


def closest_distance(places: Sequence[list[Place]], article: ReadArticle) -> int | None:
    """How far apart the first and last concept stand where all stand closest; None where only title and text together
    hold them all.
    """
    merged = sorted((place.first, number) for number, at in enumerate(places) for place in at)
    last_seen: dict[int, int] = {}
    closest = None
    for first, number in merged:
        if first >= article.text_start and last_seen and min(last_seen.values()) < article.text_start:
            last_seen = {}
        last_seen[number] = first
        if len(last_seen) == len(places):
            apart = first - min(last_seen.values())
            if closest is None or apart < closest:
                closest = apart
    return closest
