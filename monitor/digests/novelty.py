"""How much an article says that its story did not say yet: the share of its words' weight, and numbers.

A word weighs the more, the rarer it is and the oftener it stands in the article, three times as much in the headline.
How rare it is is an argument; where nobody says, little words weigh nothing and all others alike.

Effects: none.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from monitor.model import Article
from monitor.stories import guards
from monitor.stories.normal import body_words, headline_form, split_words
from monitor.stories.rarity import Rarity, term_of
from monitor.topics.meaning import STOP_WORDS

Weight = Callable[[str], float]
"""How much a folded word says, 0 for nothing: the higher, the rarer it is."""

LEAD_WORDS = 100
"""Words of a text that are looked at: what a report is about stands at its beginning."""
TITLE_FACTOR = 3
_LITTLE = frozenset().union(*STOP_WORDS.values())


def plain_weight(word: str) -> float:
    """Little words of any language weigh nothing, all others alike."""
    return 0.0 if word in _LITTLE or (len(word) == 1 and not word.isdigit()) else 1.0


def table_weight(load_table: Callable[[], Mapping[int, int]]) -> Weight:
    """Words weigh as the table of ordinary words says, which is read when the first one is asked for.

    What came so far is not counted here: the same articles are as new after a restart as before it.
    """
    rarities: list[Rarity] = []

    def weight(word: str) -> float:
        if not rarities:
            rarities.append(Rarity(load_table()))
        return rarities[0].idf(term_of(word))

    return weight


def words_said(article: Article) -> Counter[str]:
    """The words of an article's headline and the beginning of its text, those of the headline counted thrice."""
    counts = Counter(body_words(article.text)[:LEAD_WORDS])
    for word in headline_form(article.title).split():
        counts[word] += TITLE_FACTOR
    return counts


def novelty_of(article: Article, known: Iterable[str], weight: Weight = plain_weight) -> float:
    """The share of what an article says that is not among the known words, 0 to 1; 0 where it says nothing."""
    seen = known if isinstance(known, (set, frozenset)) else frozenset(known)
    new = whole = 0.0
    for word, count in words_said(article).items():
        square = (weight(word) * (1 + math.log(count))) ** 2
        whole += square
        new += 0.0 if word in seen else square
    return new / whole if whole else 0.0


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text, `5,000` as `5000` and `twelve` as `12`; one is left out, since it is mostly no count."""
    return guards.numbers_in(split_words(text))


def numbers_said(article: Article) -> frozenset[str]:
    """The numbers of an article's headline and of the first words of its text."""
    # Only the first part is split: a text may be long and its end is never read.
    lead = " ".join(article.text[: LEAD_WORDS * 20].split()[:LEAD_WORDS])
    return numbers_in(article.title) | numbers_in(lead)
