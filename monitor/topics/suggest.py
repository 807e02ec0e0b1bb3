"""Words that articles of a topic have in common and others do not: what a person might add to the topic.

Words and pairs of words are ranked by Dunning's log-likelihood ratio of the articles that hold them, among those that
answer the topic against a sample of the others (Dunning 1993, "Accurate methods for the statistics of surprise").

Effects: none.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from monitor.model import Article
from monitor.topics.index import told_language
from monitor.topics.meaning import Lexicon, is_stop_word
from monitor.words import DEFAULT_LANGUAGE, Token, fold, stem, stemmed_language, tokenise, without_tails, words

HELD_MIN = 3
"""Articles of the topic that must hold a term: what two share is chance."""
SURPRISE_MIN = 15.13
"""Of the ratio: less comes about by chance once in ten thousand terms (chi-squared, one degree of freedom), and the
articles of a topic hold some thousands of them."""
WITHIN_PAIR = 0.8
"""A word that stands in a suggested pair in so large a part of its articles is that pair."""
RELATED_MAX = 4
"""Related words told per word of a name."""

Term = tuple[str, ...]
"""The stems of one word, or of two that follow one another."""


class Counts(Struct):
    """How many articles hold each term, by what forms."""

    articles: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    holding: Counter[Term] = field(default_factory=Counter)
    forms: dict[Term, Counter[str]] = field(default_factory=dict)


class Suggestion(Struct, frozen=True):
    """A term that might be added."""

    text: str
    """Its most frequent form, as it stands in the articles."""
    held: int
    """Articles of the topic that hold it."""
    surprise: float
    """The ratio by which it is ranked; 0 for a related word of the lexicon."""


def count_terms(articles: Iterable[Article]) -> Counts:
    """Count every term, article by article."""
    counts = Counts()
    for article in articles:
        language = stemmed_language(told_language(article))
        counts.articles += 1
        counts.languages[language] += 1
        found: dict[Term, set[str]] = {}
        for term, text, start, end in _terms_of(article, language):
            found.setdefault(term, set()).add(" ".join(text[start:end].split()))
        for term, forms in found.items():
            counts.holding[term] += 1
            counts.forms.setdefault(term, Counter()).update(forms)
    return counts


def count_again(hits: Counts, articles: Iterable[Article]) -> Counts:
    """Count the terms of a topic's articles in others of the same languages."""
    counts = Counts()
    for article in articles:
        language = stemmed_language(told_language(article))
        if language in hits.languages:
            counts.articles += 1
            counts.holding.update({term for term, *_ in _terms_of(article, language) if term in hits.holding})
    return counts


def _terms_of(article: Article, language: str) -> Iterator[tuple[Term, str, int, int]]:
    """Every term with the text it stands in and its place there."""
    for text in (article.title, article.text):
        before: tuple[Token, str] | None = None
        for token in without_tails(tokenise(text)):
            if token.width > 1:
                continue
            own = stem(token.text, language) if _tells(token.text, language) else ""
            if own:
                yield (own,), text, token.start, token.end
                if before and before[1] and _follows(text, before[0], token):
                    yield (before[1], own), text, before[0].start, token.end
            before = (token, own)


def _tells(word: str, language: str) -> bool:
    least = 2 if not word.isascii() else 3
    return len(word) >= least and not word.isdigit() and not is_stop_word(word, language or DEFAULT_LANGUAGE)


def _follows(text: str, before: Token, token: Token) -> bool:
    """Whether nothing but a space or a hyphen is between; the pairs of a script without spaces overlap."""
    return before.end < token.start and not text[before.end : token.start].strip(" -")


def own_stems(texts: Iterable[str], languages: Iterable[str]) -> frozenset[str]:
    """The stems of a topic's own words, which are no news to it."""
    known = [word for text in texts for word in words(text)]
    return frozenset(stem(word, language) for language in languages for word in known)


def suggest(hits: Counts, rest: Counts, own: frozenset[str], *, limit: int) -> list[Suggestion]:
    """The terms that most tell the topic's articles from the rest, the most telling first.

    Forms of one word are one term, in its most frequent form. Of a word and a pair that holds it one is told: the pair
    where the word hardly stands without it, else the word; and so of two pairs that share a word.
    """
    surprises = {
        term: surprise
        for term, held in hits.holding.items()
        if held >= HELD_MIN
        and not own.issuperset(term)
        and (surprise := _surprise(held, hits.articles, rest.holding[term], rest.articles)) >= SURPRISE_MIN
    }
    bound = {
        (part,)
        for term in surprises
        if len(term) > 1
        for part in term
        if hits.holding[term] >= WITHIN_PAIR * hits.holding[(part,)]
    }
    chosen: list[Term] = []
    for term in sorted(surprises, key=lambda term: (-surprises[term], term)):
        is_covered = term in bound if len(term) == 1 else any(not own.issuperset({*term} & {*one}) for one in chosen)
        if not is_covered:
            chosen.append(term)
        if len(chosen) == limit:
            break
    return [Suggestion(_form_of(hits.forms[term]), hits.holding[term], surprises[term]) for term in chosen]


def _form_of(forms: Counter[str]) -> str:
    """The most frequent form; small letters where as many have them."""
    return min(forms.items(), key=lambda counted: (-counted[1], counted[0] != counted[0].lower(), counted[0]))[0]


def _surprise(held: int, articles: int, rest_held: int, rest_articles: int) -> float:
    """The log-likelihood ratio of a term in the topic's articles against the rest; 0 where it is not commoner there."""
    if not rest_articles or held * rest_articles <= rest_held * articles:
        return 0.0
    cells = (held, articles - held, rest_held, rest_articles - rest_held)
    sums = (articles, rest_articles, held + rest_held, articles + rest_articles - held - rest_held)
    return 2 * (sum(map(_entropy, cells)) + _entropy(articles + rest_articles) - sum(map(_entropy, sums)))


def _entropy(count: int) -> float:
    return count * math.log(count) if count else 0.0


def related_words(text: str, lexicon: Lexicon, own: frozenset[str]) -> list[str]:
    """The nearest related words of each content word of a name, as the lexicon has them."""
    found: dict[str, None] = {}
    for word in words(text):
        if not is_stop_word(word):
            others = [other.word for other in lexicon.related(fold(word)) if stem(other.word) not in own]
            found |= dict.fromkeys(others[:RELATED_MAX])
    return list(found)


def write_term(text: str) -> str:
    """A term as a query has it: two words in quotes."""
    return f'"{text}"' if len(words(text)) > 1 else text
