"""Judge a topic that is a name: are its concepts there, how strongly, or else near one another?

A name matches when all its content words, by stem, stand within ten words of each other anywhere, or all in the
title. `strict` asks for five words, `broad` for thirty. Where word frequencies are installed, it also matches by score:
two concepts must both be there, by the word or a related one, of three and more any two. A name of one
word matches where the word is there; `strict` wants it in the title or twice.

Where a sentence model is asked too, a name of several words, of which at most one is missing, also matches where score
and meaning together are enough.

Effects: none.
"""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import Level, Via
from monitor.topics.concepts import NEAR_SCORE, Concept, Name, Term, least_score, needed_share
from monitor.topics.evaluate import find_leaf, find_sequence
from monitor.topics.findings import Finding, count_weighted
from monitor.topics.index import Place, ReadArticle
from monitor.topics.nearness import MISSING_MAX, POINTS_MAX, least_sum, meaning_points
from monitor.words import DEFAULT_LANGUAGE

WINDOW_WORDS = {Level.STRICT: 5, Level.BALANCED: 10, Level.BROAD: 30}
"""How far the first and the last word of a name may stand apart, in words: a clause, a sentence, a paragraph."""
ONE_WORD_TIMES_STRICT = 2
"""How often a one-word name must stand in a text for `strict`: once is a mention."""
CONCEPTS_MIN = 2
"""Words of a name of two and more that must be there, themselves or by related ones: one alone is another subject."""
RELATED_TIMES = 2
"""How often related words must be found to stand for a word, once in the title or twice in the text: an exchange of
lists is no trade."""


class Held(NamedTuple):
    """What an article holds of one concept."""

    concept: Concept
    own: int
    """How often the word itself was found, title occurrences counted double."""
    related: frozenset[str]
    """The keys of the related words that were found."""
    related_count: int
    """How often they were found, counted alike."""
    milli: int
    """The same of the word, and of related words at what they count, in thousandths."""

    @property
    def is_there(self) -> bool:
        """Whether the concept is in the article, by its word or by enough related ones."""
        return self.own > 0 or self.related_count >= RELATED_TIMES

    def places(self, article: ReadArticle) -> list[Place]:
        """Where the word itself stands."""
        return find_leaf(self.concept.leaf, article, None) if self.own else []

    def related_places(self, article: ReadArticle) -> list[Place]:
        """Where related words stand."""
        if not self.related:
            return []
        stands = self.concept.stands[article.language]
        return sorted({place for key in self.related for place in find_sequence(stands[key].sequence, article)})


class Judged(NamedTuple):
    """How a name stands to an article."""

    name: Name
    is_match: bool
    is_near: bool
    """For no match: whether everything is there, but not as the level asks."""
    score: int
    held: list[Held]
    z: float | None = None
    """How near the article stands to the name in meaning, where that was asked: words alone were not enough."""


def _count_related(term: Term, article: ReadArticle) -> tuple[frozenset[str], int, int]:
    """The keys of related words that are there, how often they are, and what that counts, in thousandths."""
    related = term.stands & article.keys
    count = milli = 0
    for key in related:
        times = article.frequencies[key]
        count += times
        milli += term.worth[key] * times
    return related, count, milli


def judge_name(name: Name, article: ReadArticle, level: Level) -> Judged:
    """Decide one name for one article."""
    counts, milli_norm = article.frequencies, article.milli_norm
    reached = 0.0
    held = []
    for concept in name.concepts:
        term = concept.term(article.language)
        own = counts.get(term.key, 0) if term.key else count_weighted(find_leaf(concept.leaf, article, None), article)
        related, related_count, milli = _count_related(term, article)
        milli += 1000 * own
        if milli:
            reached += term.idf * milli / (milli + milli_norm)
        held.append(Held(concept, own, related, related_count, milli))
    score = round(100 * reached / name.weight)
    is_match = _is_match(name, held, score, article, level)
    z = None if is_match else _ask_meaning(name, held, score, article, level)
    if z is not None:
        points = meaning_points(z)
        is_match = points > 0 and score + points >= least_sum(level, len(held))
    return Judged(name, is_match, not is_match and _is_near(name, held, score, level), score, held, z)


def _ask_meaning(name: Name, held: Sequence[Held], score: int, article: ReadArticle, level: Level) -> float | None:
    """How near the article stands to the name in meaning, where that can help; the model knows English alone."""
    if not name.asks_meaning or article.nearness is None or article.language != DEFAULT_LANGUAGE:
        return None
    if score < least_sum(level, len(held)) - POINTS_MAX or sum(not one.is_there for one in held) > MISSING_MAX:
        return None
    return article.nearness(name.text)


def _is_match(name: Name, held: Sequence[Held], score: int, article: ReadArticle, level: Level) -> bool:
    if len(held) == 1:
        return held[0].own > 0 and _is_enough_alone(held[0], article, level)
    if name.is_scored and score >= least_score(level, len(held)) and has_concepts(held):
        return True
    for one in held:
        if not one.own:
            return False
    places = [one.places(article) for one in held]
    if all(any(map(article.is_title, at)) for at in places):
        return True
    apart = closest_distance(places, article)
    return apart is not None and apart <= WINDOW_WORDS[level]


def _is_enough_alone(held: Held, article: ReadArticle, level: Level) -> bool:
    if level is not Level.STRICT:
        return True
    places = held.places(article)
    return len(places) >= ONE_WORD_TIMES_STRICT or article.is_title(places[0])


def has_concepts(held: Sequence[Held]) -> bool:
    """Whether so much of a name is there that a score may decide: of two words both, of more any two."""
    if len(held) == CONCEPTS_MIN:
        return all(one.is_there for one in held)
    return sum(1 for one in held if one.milli) >= CONCEPTS_MIN


def _is_near(name: Name, held: Sequence[Held], score: int, level: Level) -> bool:
    if not name.is_scored:
        return all(one.own for one in held)
    if len(held) <= CONCEPTS_MIN:
        return all(one.is_there for one in held)
    if score < least_score(level, len(held)) - NEAR_SCORE or not has_concepts(held):
        return False
    found = sum(one.concept.leaf.idf for one in held if one.milli)
    return found >= name.weight * needed_share(level, len(held))


def is_title_hit(judged: Judged, article: ReadArticle) -> bool:
    """Whether the title holds every concept of a name."""
    return all(any(map(article.is_title, [*one.places(article), *one.related_places(article)])) for one in judged.held)


def find_concepts(judged: Judged, article: ReadArticle) -> tuple[Finding, ...]:
    """What the article holds of the name, one finding per concept and road; and its meaning, where that decided.

    Of what a concept brings of the score each road has as much as it counted.
    """
    milli_norm = article.milli_norm
    findings = []
    for one in judged.held:
        leaf, own = one.concept.leaf, 1000 * one.own
        roads = ((Via.STEM, one.places(article), own), (Via.SYNONYM, one.related_places(article), one.milli - own))
        for via, places, milli in roads:
            if places:
                reached = leaf.idf * milli / (one.milli + milli_norm)
                findings.append(Finding(leaf.concept, via, tuple(places), leaf.idf, reached))
    if judged.is_match and judged.z is not None:
        findings.append(Finding(f"by meaning: z {judged.z:.1f}", Via.MEANING, (), 0.0))
    return tuple(findings)


def say_fault(judged: Judged, article: ReadArticle, level: Level) -> str:
    """Why a name does not match."""
    reason = _say_words_fault(judged, article, level)
    if judged.z is None:
        return reason
    points, least = meaning_points(judged.z), least_sum(level, len(judged.held))
    return f"{reason}; by its meaning (z {judged.z:.1f}) {points} is added to {judged.score}, of which {least} is asked"


def _say_words_fault(judged: Judged, article: ReadArticle, level: Level) -> str:
    name, held, score = judged.name, judged.held, judged.score
    if len(held) == 1:
        if not held[0].own:
            return f'"{held[0].concept.leaf.text}" is not there'
        return f'"{name.text}" stands in the text once only; level strict wants it in the title or twice'
    missing = [one.concept.leaf.text for one in held if not one.is_there]
    if not name.is_scored or (missing and len(held) == 2):
        return _say_missing(held, missing) if missing else _say_apart(name, held, article, level)
    least = least_score(level, len(held))
    if score >= least:
        return f"{_say_missing(held, missing)}: one word of a name is not enough"
    weak = f"score {score} of the {least} that level {level} asks for"
    return f"{_say_missing(held, missing)}: {weak}" if missing else f'all of "{name.text}" is there, but weakly: {weak}'


def _say_missing(held: Sequence[Held], missing: Sequence[str]) -> str:
    listed = " and ".join(f'"{word}"' for word in missing)
    related = ", nor related words twice" if any(any(one.concept.stands.values()) for one in held) else ""
    if len(missing) == len(held):
        return f"nothing of {listed} is there{related}"
    return f"{listed} {'is' if len(missing) == 1 else 'are'} not there{related}"


def _say_apart(name: Name, held: Sequence[Held], article: ReadArticle, level: Level) -> str:
    apart = closest_distance([one.places(article) for one in held], article)
    how = "title and text hold one part each" if apart is None else f"never nearer than {apart} words"
    return f'all of "{name.text}" is there, but not within {WINDOW_WORDS[level]} words: {how}'


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
