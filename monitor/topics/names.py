"""Judge a topic that is a name: are its concepts there, how strongly, or else near one another?

A name matches when all its content words, by stem, stand within ten words of each other anywhere, or all in the
title. `strict` asks for five words, `broad` for thirty. Where word frequencies are installed, it also matches by score:
two concepts must both be there, by the word or a related one, of three and more some may be missing. A name of one
word matches where the word is there; `strict` wants it in the title or twice.

Effects: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model import Level, Via
from monitor.topics.concepts import NEAR_SCORE, Concept, Name, least_score
from monitor.topics.evaluate import find_leaf, find_sequence
from monitor.topics.findings import Finding, count_weighted
from monitor.topics.index import Place, ReadArticle
from monitor.topics.score import Weighed, score_match

WINDOW_WORDS = {Level.STRICT: 5, Level.BALANCED: 10, Level.BROAD: 30}
"""How far the first and the last word of a name may stand apart, in words: a clause, a sentence, a paragraph."""
ONE_WORD_TIMES_STRICT = 2
"""How often a one-word name must stand in a text for `strict`: once is a mention."""
RELATED_TIMES = 2
"""How often related words must be found to stand for a word, once in the title or twice in the text: an exchange of
lists is no trade."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a name stands to an article."""

    is_match: bool
    score: int
    findings: tuple[Finding, ...]
    reason: str
    """Why not, in words; empty for a match."""
    is_near: bool
    """Whether everything is there, but not as the level asks."""
    title_hit: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """What an article holds of one concept."""

    concept: Concept
    places: list[Place]
    related: list[Place]
    related_count: float
    """How often related words were found, title occurrences counted double."""
    frequency: float
    """The same of the word, and of related words at what they count."""

    @property
    def is_there(self) -> bool:
        return bool(self.places) or self.related_count >= RELATED_TIMES


def judge_name(name: Name, article: ReadArticle, level: Level) -> Judged:
    """Decide one name for one article."""
    held = [_hold(concept, article) for concept in name.concepts]
    score = score_match((Weighed(one.concept.leaf.idf, one.frequency) for one in held), article.word_count)
    title_hit = all(any(map(article.is_title, one.places + one.related)) for one in held)
    reason = _find_fault(name, held, score, article, level)
    is_near = bool(reason) and _is_near(name, held, score, level)
    return Judged(not reason, score, _findings(held), reason, is_near, title_hit)


def _hold(concept: Concept, article: ReadArticle) -> _Held:
    places = find_leaf(concept.leaf, article, None)
    frequency = count_weighted(places, article)
    related: set[Place] = set()
    for stand in concept.stands:
        # What is related in one language may be anything in another.
        found = find_sequence(stand.sequence, article) if stand.language == article.language else []
        if found:
            frequency += stand.weight * count_weighted(found, article)
            related.update(found)
    return _Held(concept, places, sorted(related), count_weighted(related, article), frequency)


def _findings(held: list[_Held]) -> tuple[Finding, ...]:
    return tuple(
        Finding(one.concept.leaf.concept, via, tuple(places), one.concept.leaf.idf)
        for one in held
        for via, places in ((Via.STEM, one.places), (Via.SYNONYM, one.related))
        if places
    )


def _find_fault(name: Name, held: list[_Held], score: int, article: ReadArticle, level: Level) -> str:
    """Why a name does not match; empty where it does."""
    if len(held) == 1:
        return _judge_one_word(name, held[0].places, article, level)
    places = [one.places for one in held]
    apart = closest_distance(places, article) if all(places) else None
    if apart is not None and apart <= WINDOW_WORDS[level]:
        return ""
    if all(any(map(article.is_title, at)) for at in places):
        return ""
    missing = [one.concept.leaf.text for one in held if not one.is_there]
    if not name.is_scored or (missing and len(held) == 2):
        return _say_missing(held, missing) if missing else _say_apart(name, apart, level)
    least = least_score(level, len(held))
    if score >= least:
        return ""
    weak = f"score {score} of the {least} that level {level} asks for"
    return f"{_say_missing(held, missing)}: {weak}" if missing else f'all of "{name.text}" is there, but weakly: {weak}'


def _judge_one_word(name: Name, places: list[Place], article: ReadArticle, level: Level) -> str:
    if not places:
        return f'"{name.concepts[0].leaf.text}" is not there'
    if level is not Level.STRICT or len(places) >= ONE_WORD_TIMES_STRICT or article.is_title(places[0]):
        return ""
    return f'"{name.text}" stands in the text once only; level strict wants it in the title or twice'


def _say_missing(held: list[_Held], missing: list[str]) -> str:
    listed = " and ".join(f'"{word}"' for word in missing)
    related = ", nor related words twice" if any(one.concept.stands for one in held) else ""
    if len(missing) == len(held):
        return f"nothing of {listed} is there{related}"
    return f"{listed} {'is' if len(missing) == 1 else 'are'} not there{related}"


def _say_apart(name: Name, apart: int | None, level: Level) -> str:
    how = "title and text hold one part each" if apart is None else f"never nearer than {apart} words"
    return f'all of "{name.text}" is there, but not within {WINDOW_WORDS[level]} words: {how}'


def _is_near(name: Name, held: list[_Held], score: int, level: Level) -> bool:
    if len(held) > 2 and name.is_scored:
        return score >= least_score(level, len(held)) - NEAR_SCORE
    return all(one.is_there for one in held)


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
