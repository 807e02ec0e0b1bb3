"""Articles by what a person remembers of a headline: the exact one, else those with the most of its telling words.

Effects: database.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from monitor.model import ArticleId
from monitor.storage.store import Transaction
from monitor.stories.identity import AliasKind
from monitor.stories.normal import headline_form, key_of
from monitor.topics.wanted import Either, Token, Wanted, stem_token, word_token
from monitor.words import DEFAULT_LANGUAGE, stem, words

WORDS_MAX = 8
"""Words looked up, the longest: they are the rarest as a rule, and each costs a question."""
HOLDING_MAX = 20_000
"""Articles counted that hold one word, the newest: a word that more hold tells little."""
_ID_MAX = ArticleId(2**62)
ENOUGH = 1 / 3
"""How much of the words' weight a headline must have to be shown."""
LOOKED_AT_MAX = 2_000
"""Articles whose headlines are read, those with most of the words."""
EACH_MAX = 1_000
"""Articles with one of the words that are looked at for who waits, the newest."""
BEHIND = 5_000
"""Ids behind the newest one indexed among which some may be missing: writers that run together end in any order."""
_ABOVE_ALL = ArticleId(2**62)


class Likely(Struct, frozen=True):
    """An article that may be meant."""

    id: ArticleId
    title: str
    url: str
    outlet: str
    seen_at: datetime | None
    share: float
    """How much of what was typed its headline holds, by weight of the words; 1 for all of it."""


def with_headline(tx: Transaction, text: str) -> list[ArticleId]:
    """The articles that some feed showed under this very headline, whatever its case and signs; oldest first.

    Swept ones are among them.
    """
    form = headline_form(text)
    return tx.articles.with_key(AliasKind.HEADLINE, key_of(form)) if form else []


def likely(tx: Transaction, text: str, *, limit: int) -> list[Likely]:
    """The articles whose headlines hold most of these words, in any form; the likeliest first, then the newest."""
    wanted = sorted(dict.fromkeys(words(text)), key=lambda word: (-len(word), word))[:WORDS_MAX]
    languages = tx.words.languages()
    total = max(1, tx.articles.count())
    weights: dict[str, float] = {}
    found: Counter[ArticleId] = Counter()
    lacking = tx.words.unread(limit=LOOKED_AT_MAX) if languages is not None else tx.articles.newest(LOOKED_AT_MAX)
    for word in wanted:
        ids = _holding(tx, _in_any_form(word, languages)) if languages is not None else []
        weights[word] = math.log(1 + total / (1 + len(ids)))
        for article_id in ids:
            found[article_id] += 1 + int(1000 * weights[word])
    ranked = sorted(found, key=lambda article_id: (-found[article_id], -article_id))[:LOOKED_AT_MAX]
    return _best(tx, [*ranked, *lacking], weights, limit)


def likely_since(tx: Transaction, text: str, first: ArticleId, *, limit: int) -> list[Likely]:
    """The same among the articles from that id on, for who waits: of each word only the newest `EACH_MAX` are asked."""
    wanted = sorted(dict.fromkeys(words(text)), key=lambda word: (-len(word), word))[:WORDS_MAX]
    languages = tx.words.languages()
    if languages is None:
        return _best(tx, tx.articles.newest(LOOKED_AT_MAX), dict.fromkeys(wanted, 1.0), limit)
    found: Counter[ArticleId] = Counter()
    weights: dict[str, float] = {}
    for word in wanted:
        ids = tx.words.find_newest(_in_any_form(word, languages), _ABOVE_ALL, first, EACH_MAX)
        weights[word] = math.log(1 + 4 * EACH_MAX / (1 + len(ids)))
        for article_id in ids:
            found[article_id] += 1 + int(1000 * weights[word])
    ranked = sorted(found, key=lambda article_id: (-found[article_id], -article_id))[:EACH_MAX]
    behind = ArticleId(max(first, tx.words.newest() - BEHIND))
    return _best(tx, [*ranked, *tx.words.lacking(_ABOVE_ALL, behind, EACH_MAX)], weights, limit)


def _best(tx: Transaction, ids: Sequence[ArticleId], weights: dict[str, float], limit: int) -> list[Likely]:
    titles = tx.articles.titles(ids)
    rated = sorted(((_share(title, weights), number) for number, title in titles.items()), reverse=True)
    best = [(share, number) for share, number in rated[:limit] if share >= ENOUGH]
    stored = tx.articles.by_ids([number for _, number in best])
    return [
        Likely(number, article.title, article.url, article.outlet, article.seen_at, share)
        for share, number in best
        if (article := stored[number].article)
    ]


def _holding(tx: Transaction, wanted: Wanted) -> list[ArticleId]:
    return tx.words.find_newest(wanted, _ID_MAX, ArticleId(0), HOLDING_MAX)


def _in_any_form(word: str, languages: Sequence[str]) -> Wanted:
    tokens = {word_token(word), *(stem_token(stem(word, language), language) for language in languages if language)}
    parts: tuple[Wanted, ...] = tuple(Token(token) for token in sorted(tokens))
    return parts[0] if len(parts) == 1 else Either(parts)


def _share(title: str, weights: dict[str, float]) -> float:
    """The part of the words' weight that stands in a headline, stem beside stem."""
    held = set(words(title))
    held |= {stem(word, DEFAULT_LANGUAGE) for word in held}
    whole = sum(weights.values())
    there = sum(weight for word, weight in weights.items() if word in held or stem(word, DEFAULT_LANGUAGE) in held)
    return there / whole if whole else 0.0
