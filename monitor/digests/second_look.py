"""What a second look at the page of a told article means: it is as it was, says something else, is gone, or unknown.

Only what is certain is claimed. A page counts as withdrawn when two looks in a row were answered that it is not there:
one such answer is often a hiccup, of a cache or of a site that is being changed. A headline counts as changed when it
says what the told one and its text did not say: another number, the opposite, other words. How a publisher writes the
same, and what stands around a headline, is no change. A wall, a timeout, a page about something else claims nothing.

Effects: none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from monitor.language import FUNCTION_WORDS
from monitor.stories.guards import direction_of, is_negated, numbers_disagree, numbers_in
from monitor.stories.normal import headline, headline_form, split_words
from monitor.stories.rarity import term_of
from monitor.words import fold

LOOKS_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""When an alerted article is looked at again, counted from its telling."""
CONFIRM_AFTER = timedelta(minutes=15)
"""When a page that was not there is asked for once more: a hiccup is over by then, and who was told still reads."""
KNOWN_SHARE_MIN = 0.34
"""Of a headline's words so many stood in what was told, or it says something else."""
KEPT_SHARE_MIN = 0.5
"""A headline that keeps half of the words told has been added to."""
TEXT_WORDS_MAX = 400
"""How much of a text is what was told: what a digest's snippet is taken from, and more than a teaser."""

_RETRACTIONS = """correction corrects corrected retracted retracts retraction denies denied deny false hoax fake untrue
    apologises apologizes apology withdrawn berichtigung korrektur dementiert falsch falschmeldung zurückgezogen
    dément démenti rectificatif faux erratum desmiente falso rectificación corrección desmente correção retificação
    smentisce rettifica опровергает опроверг фейк спростовує نفي ينفي تصحيح"""
_RETRACTION_TERMS = frozenset(term_of(fold(word)) for word in _RETRACTIONS.split())
"""Words by which a headline takes back what it said."""
_LITTLE_TERMS = frozenset(term_of(word) for words in FUNCTION_WORDS.values() for word in fold(words).split()) | {0}


class Finding(StrEnum):
    """What a look came to."""

    UNCHANGED = "unchanged"
    RETITLED = "retitled"
    DOUBTED = "doubted"
    """It was not there, for the first time."""
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    """Nothing is claimed."""


class LookState(StrEnum):
    """Where the looks at an article stand."""

    WATCHED = "watched"
    DOUBTED = "doubted"
    """Its page was not there when it was last asked for."""
    WITHDRAWN = "withdrawn"
    DONE = "done"


OPEN_STATES = (LookState.WATCHED, LookState.DOUBTED)


class Looked(Struct, frozen=True):
    """What is known of an article from its telling and the looks so far."""

    told_title: str
    told_text: str
    told_at: datetime
    looks: int = 0
    """How many of the looks are behind it."""
    state: LookState = LookState.WATCHED
    noted_title: str = ""
    """The headline that a note told last; empty before the first."""


class PageSeen(Struct, frozen=True):
    """What a look saw."""

    titles: tuple[str, ...] = ()
    """The headlines the page gives the article, that for readers first."""
    is_gone: bool = False
    """The site says that there is nothing (404, 410)."""
    reason: str = ""
    """Why nothing can be said, in words."""


class LookChoice(Struct, frozen=True):
    """What follows from a look: what is told, and when the page is asked for again."""

    finding: Finding
    state: LookState
    looks: int
    next_at: datetime | None
    """None when it was the last look."""
    noted_title: str
    reason: str = ""


def decide_look(looked: Looked, seen: PageSeen, now: datetime) -> LookChoice:
    """What a look at `now` means; the same look always means the same."""
    if seen.is_gone and looked.state is LookState.DOUBTED:
        return LookChoice(Finding.WITHDRAWN, LookState.WITHDRAWN, looked.looks, None, looked.noted_title, seen.reason)
    if seen.is_gone:
        at = now + CONFIRM_AFTER
        return LookChoice(Finding.DOUBTED, LookState.DOUBTED, looked.looks, at, looked.noted_title, seen.reason)
    finding, title = compare_headlines(looked, seen.titles)
    looks = max(looked.looks + 1, sum(looked.told_at + after <= now for after in LOOKS_AFTER))
    next_at = looked.told_at + LOOKS_AFTER[looks] if looks < len(LOOKS_AFTER) else None
    # What nobody could read says nothing about the doubt; a page that is there ends it.
    state = looked.state if finding is Finding.UNKNOWN else LookState.WATCHED
    noted = title if finding is Finding.RETITLED else looked.noted_title
    reason = seen.reason or ("the page shows no headline of the article" if finding is Finding.UNKNOWN else "")
    return LookChoice(finding, LookState.DONE if next_at is None else state, looks, next_at, noted, reason)


def compare_headlines(looked: Looked, titles: Sequence[str]) -> tuple[Finding, str]:
    """Whether a page's headlines say something else than those who were told know; and the headline it has now.

    One of its headlines that says the same is enough: publishers write others for search engines and for sharing.
    """
    told, text = looked.told_title, looked.told_text
    known = looked.noted_title or told
    # A headline that was noted took back what was told: the text of then counts no more.
    behind = "" if looked.noted_title else text
    findings = [(_compare(known, behind, title), title) for title in titles]
    for wanted in (Finding.UNCHANGED, Finding.RETITLED):
        for finding, title in findings:
            if finding is wanted:
                return finding, title
    return Finding.UNKNOWN, ""


def _compare(told: str, text: str, now: str) -> Finding:
    if headline_form(told) == headline_form(now):
        return Finding.UNCHANGED
    told_words, now_words = split_words(headline(told)), split_words(headline(now))
    known_words = told_words + split_words(text)[:TEXT_WORDS_MAX]
    told_terms, now_terms = _terms(told_words), _terms(now_words)
    known = told_terms | _terms(known_words)
    if not now_terms & known:
        return Finding.UNKNOWN  # a wall, or a page about something else: no headline of this article
    kept = len(told_terms & now_terms) / max(1, len(told_terms))
    if _contradicts(told_words, now_words, known_words, kept) or (now_terms - known) & _RETRACTION_TERMS:
        return Finding.RETITLED
    said = len(now_terms & known) / len(now_terms)
    return Finding.RETITLED if said < KNOWN_SHARE_MIN and kept < KEPT_SHARE_MIN else Finding.UNCHANGED


def _contradicts(told: list[str], now: list[str], known: list[str], kept: float) -> bool:
    """Other numbers than were known; or the same words that rise where they fell, or say no where they said yes."""
    told_numbers, now_numbers = numbers_in(told), numbers_in(now)
    if numbers_disagree(told_numbers, now_numbers, told_numbers, now_numbers) and now_numbers - numbers_in(known):
        return True
    if kept < KEPT_SHARE_MIN:
        return False  # other words: what they deny or where they go is of something else
    turns = direction_of(frozenset(told)) * direction_of(frozenset(now)) < 0
    return turns or is_negated(told) is not is_negated(now)


def _terms(words: Sequence[str]) -> frozenset[int]:
    return frozenset(map(term_of, words)) - _LITTLE_TERMS
