"""The words of an archive of years: sentences coined from a seed, with the tokens that the index keeps of each.

Effects: none.
"""

import random
from dataclasses import dataclass

from bench.world import _CUMULATIVE, _WORDS
from monitor.model import Article, ArticleId
from monitor.topics.wanted import article_tokens

SENTENCES = 12_000
TITLES = 12_000
SENTENCE_WORDS = (14, 34)
TITLE_WORDS = (7, 11)
TOPICS = 40
TOPIC_SENTENCES = 60
QUERIES = 8
"""Topics that are queries; the others are names."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence or a headline, with its tokens."""

    text: str
    tokens: frozenset[str]


@dataclass(frozen=True, slots=True)
class Theme:
    """What a topic looks for, and sentences that hold it."""

    key: str
    first: str
    second: str
    titles: list[Phrase]
    sentences: list[Phrase]

    @property
    def name(self) -> str:
        """As the watchlist says it."""
        return f"{self.first.capitalize()} {self.second}"

    @property
    def query(self) -> str:
        """The same as a query."""
        return f"{self.first} NEAR/8 {self.second}"


@dataclass(frozen=True, slots=True)
class Words:
    """All that articles are put together from."""

    titles: list[Phrase]
    sentences: list[Phrase]
    themes: list[Theme]


def make_words(seed: str, sentences: int = SENTENCES, titles: int = TITLES) -> Words:
    """The same for the same seed."""
    chance = random.Random(f"years {seed}")
    return Words(
        titles=[_phrase(_run(chance, TITLE_WORDS)) for _ in range(titles)],
        sentences=[_phrase(f"{_run(chance, SENTENCE_WORDS)}.") for _ in range(sentences)],
        themes=[_theme(chance, number) for number in range(TOPICS)],
    )


def _theme(chance: random.Random, number: int) -> Theme:
    first, second = f"{_coined(chance)}ia", f"{_coined(chance)}ment"
    hold = (first, second)
    return Theme(
        f"topic-{number:02}",
        *hold,
        titles=[_phrase(_run(chance, TITLE_WORDS, hold)) for _ in range(TOPIC_SENTENCES)],
        sentences=[_phrase(f"{_run(chance, SENTENCE_WORDS, hold)}.") for _ in range(TOPIC_SENTENCES)],
    )


def _coined(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4))


def _run(chance: random.Random, words: tuple[int, int], hold: tuple[str, ...] = ()) -> str:
    row = chance.choices(_WORDS, cum_weights=_CUMULATIVE, k=chance.randint(*words))
    if hold:
        place = chance.randrange(len(row))
        row[place:place] = hold
    text = " ".join(row)
    return text[0].upper() + text[1:]


def _phrase(text: str) -> Phrase:
    return Phrase(text, frozenset(article_tokens(Article(ArticleId(0), text, "", language="en"))[1]))
