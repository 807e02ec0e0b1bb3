"""What a topic learns from the articles that readers marked, and how far that moves a score.

A word is learned when it tells useful articles from others (Rocchio's rule): it stands in two useful ones or more and
seldom elsewhere, or in two that are not relevant and seldom in useful ones. Each learned word that an article holds
moves its score by up to 5 points, all together by at most 15. For a name that can decide whether the score is enough;
what the name itself asks for must be there all the same. For a query it only orders. What is in force is shown in
words: `monitor mark terms`.

Effects: none.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import Article, Evidence, LearnedWord, Level, TopicMark, Verdict, Via
from monitor.topics.concepts import least_score
from monitor.topics.index import ReadArticle, told_language
from monitor.topics.meaning import is_stop_word
from monitor.topics.names import Judged, has_concepts
from monitor.topics.nodes import Element, Kind, Leaf
from monitor.topics.points import share_points
from monitor.topics.vocabulary import compile_pattern
from monitor.words import DEFAULT_LANGUAGE, fold, stem, stemmed_language, words

MARKS_MAX = 200
"""Newest marks of a topic from which it learns: a year of a mark on every other day, read in milliseconds."""
MARKS_MIN = 2
"""Marks of one kind, and articles that hold a word, before anything is learned: one article proves nothing."""
WORDS_MAX = 12
"""Words learned that raise, and as many that lower: as many as a person reads. Measured: 6 are worse, 20 no better."""
BAG_WORDS_MAX = 150
"""Words of an article kept with a mark, the most telling ones, about 2 kB. Measured: 60 are a little worse, 300 no
better."""
POINTS_WORD = 5
"""Points by which one word moves a score at most."""
POINTS_ALL = 15
"""The same for all words together. Measured: with 10 a seventh of the gain is lost, with 20 nothing is won."""
ROOM = 5
"""Points by which words that stand near one another, or all in the title, count above what a level asks for: one
lowering word alone takes no such match away."""
SHARE_APART = 0.4
"""How much larger the share of the articles with a word must be among those of one kind than among the others."""
IDF_LEAST = 2.0
"""A word that one article of seven holds tells nothing, whatever is marked."""
IDF_FULL = 4.0
"""From here on (one article of fifty) a word counts in full."""
_WORD_CHARS_MIN = 3
Idf = Callable[[str, str], float]
"""How much a folded word of a language tells."""
_Form = tuple[str, str]
"""A folded word and its language."""
_CALENDAR = frozenset(
    {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
    | {"january", "february", "march", "april", "may", "june", "july", "august"}
    | {"september", "october", "november", "december"}
)
"""Reports of one event share their day, which says nothing of the next event."""


class Shift(Struct, frozen=True):
    """By how much what was learned moves one score."""

    points: int = 0
    words: tuple[Evidence, ...] = ()
    """The words that move it, with their points, below 0 for one that lowers; they add up to `points`."""

    def __str__(self) -> str:
        """`+7 learned (doha +4, mediators +3)`."""
        return f"{self.points:+} learned ({', '.join(f'{word.concept} {word.points:+}' for word in self.words)})"


NO_SHIFT = Shift()


def choose_words(article: Article, idf: Idf, common: Collection[str] = ()) -> dict[str, int]:
    """The words of an article that are kept with a mark, the most telling first, with their counts.

    `common` are folded words that say nothing here, because many articles of the archive hold them.
    """
    language = stemmed_language(told_language(article))
    worth = {}
    for word, count in Counter(words(article.title) + words(article.text)).items():
        if word in common or not _may_tell(word, language):
            continue
        rarity = idf(word, language)
        if rarity >= IDF_LEAST:
            worth[word] = ((1 + math.log(count)) * rarity, count)
    chosen = sorted(worth, key=lambda word: (-worth[word][0], word))[:BAG_WORDS_MAX]
    return {word: worth[word][1] for word in chosen}


def _may_tell(word: str, language: str) -> bool:
    is_short = word.isascii() and len(word) < _WORD_CHARS_MIN
    is_empty = word in _CALENDAR if language == DEFAULT_LANGUAGE else is_stop_word(word, language)
    return not (is_short or len(word) < 2 or word.isdigit() or is_empty or is_stop_word(word))


def learn_words(marks: Sequence[TopicMark], leaves: Iterable[Leaf], idf: Idf) -> tuple[LearnedWord, ...]:
    """The words that tell a topic's useful articles from the others, raising ones first, the strongest first.

    Only the newest marks count. `leaves` are what the topic looks for itself: of that nothing can be learned. The same
    marks always give the same words.
    """
    newest = sorted(marks, key=lambda mark: (mark.at, mark.article_id), reverse=True)[:MARKS_MAX]
    useful = [mark for mark in newest if mark.verdict is Verdict.USEFUL]
    rest = [mark for mark in newest if mark.verdict is Verdict.NOT_RELEVANT]
    # Without useful articles beside them, those that are not relevant would mostly teach what the topic is about.
    if len(useful) < MARKS_MIN:
        return ()
    own = _Own(leaves)
    shown: dict[str, Counter[_Form]] = {}
    in_useful, in_rest = (_count(some, own, shown) for some in (useful, rest))
    weights: dict[str, float] = {}
    worth: dict[str, float] = {}
    for key, forms in shown.items():
        rarity = idf(*_commonest(forms))
        background = math.exp(-rarity)
        apart = in_useful[key] / len(useful) - (in_rest[key] / len(rest) if len(rest) >= MARKS_MIN else background)
        holding = in_useful[key] if apart > 0 else in_rest[key]
        is_enough = holding >= MARKS_MIN and (apart > 0 or len(rest) >= MARKS_MIN)
        if is_enough and abs(apart) >= SHARE_APART and rarity >= IDF_LEAST:
            weights[key] = apart * min(1.0, rarity / IDF_FULL)
            worth[key] = apart * rarity
    learned = []
    for sign in (1, -1):
        keys = sorted((key for key in worth if worth[key] * sign > 0), key=lambda key: (-abs(worth[key]), key))
        for key in keys[:WORDS_MAX]:
            points = max(1, round(POINTS_WORD * abs(weights[key]))) * sign
            word, _ = _commonest(shown[key])
            learned.append(LearnedWord(word, points, in_useful[key], in_rest[key]))
    return tuple(learned)


def _commonest(forms: Counter[_Form]) -> _Form:
    return min(forms, key=lambda form: (-forms[form], form))


class _Own:
    """The words that a topic looks for by itself."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        elements = [element for leaf in leaves for sequence in leaf.sequences for element in sequence.elements]
        self._words = {fold(element.word) for element in elements if element.kind is not Kind.PATTERN}
        self._patterns = [compile_pattern(element.word)[1] for element in elements if element.kind is Kind.PATTERN]
        self._stems: dict[str, set[str]] = {}

    def has(self, word: str, key: str, language: str) -> bool:
        """Whether a word, or one with the same stem, is among them."""
        if language not in self._stems:
            self._stems[language] = {stem(own, language) for own in self._words}
        return key in self._stems[language] or any(pattern.fullmatch(word) for pattern in self._patterns)


def _count(marks: Sequence[TopicMark], own: _Own, shown: dict[str, Counter[_Form]]) -> Counter[str]:
    """In how many of the articles each stem stands; `shown` gathers the forms it has there."""
    counts = Counter[str]()
    for mark in marks:
        language = stemmed_language(mark.language)
        keys = set()
        for word, count in mark.words.items():
            key = stem(word, language)
            if not own.has(word, key, language):
                keys.add(key)
                shown.setdefault(key, Counter())[word, language] += count
        counts.update(keys)
    return counts


def learned_element(learned: LearnedWord) -> Element:
    """A learned word as something to be found, in any form."""
    return Element(Kind.STEM, learned.word)


def shift_score(score: int, learned: Sequence[LearnedWord], article: ReadArticle) -> Shift:
    """How what was learned moves a score of 0 to 100, which it never leaves."""
    held = []
    for one in learned:
        count = len(article.find(learned_element(one)))
        if count:
            held.append(Evidence(one.word, {one.word: count}, Via.LEARNED, points=one.points))
    raw = [one.points or 0 for one in held]
    wanted = max(-POINTS_ALL, min(POINTS_ALL, sum(raw)))
    points = max(0, min(100, score + wanted)) - score
    if not held:
        return NO_SHIFT
    # What is over the limit is taken from the words that go its way, each in proportion.
    excess = sum(raw) - points
    sign = 1 if excess > 0 else -1
    over = [place for place, part in enumerate(raw) if part * sign > 0] if excess else []
    shares = share_points(sum(abs(raw[place]) for place in over) - abs(excess), [abs(raw[place]) for place in over])
    for place, share in zip(over, shares, strict=True):
        raw[place] = share * sign
    return Shift(points, tuple(replace(one, points=part) for one, part in zip(held, raw, strict=True)))


def decide_anew(judged: Judged, level: Level, shift: Shift) -> Judged:
    """A name's verdict with what was learned; its score stays as it was.

    A score that is raised or lowered past what the level asks for decides the other way. What keeps a name from
    matching in another way than by its score keeps it still.
    """
    least = least_score(level, len(judged.held))
    if not shift.points:
        return judged
    if judged.is_match:
        stays = max(judged.score, least + ROOM) + shift.points >= least
        return judged if stays else judged._replace(is_match=False, is_near=True)
    is_raised = _hangs_on_score(judged) and judged.score + shift.points >= least
    # Its meaning was asked in vain: it is no evidence of what the score decides.
    return judged._replace(is_match=True, is_near=False, z=None) if is_raised else judged


def say_shift(before: Judged, level: Level, shift: Shift, fault: str) -> str:
    """Why a name does not match with what was learned; `fault` is why it did not before."""
    final = before.score + shift.points
    if before.is_match:
        asked = f"the {least_score(level, len(before.held))} that level {level} asks for"
        return f"score {before.score}, {shift}: {final} of {asked}"
    return f"{fault}; with {shift} it comes to {final}" if shift.points and _hangs_on_score(before) else fault


def _hangs_on_score(judged: Judged) -> bool:
    """Whether nothing but its score keeps a name from matching."""
    count = len(judged.held)
    return judged.name.is_scored and ((count > 2 and has_concepts(judged.held)) or (count == 2 and judged.is_near))
