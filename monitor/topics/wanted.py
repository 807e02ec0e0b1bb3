"""What an index of words holds of an article, and what a topic asks of such an index.

The index only finds candidates: every article that answers a topic is among those its `Wanted` finds, and each is then
judged by the matcher itself. So any database that can look up words gives the same answer.

Effects: none.
"""

import re
import zlib
from collections.abc import Iterable, Iterator

from msgspec import Struct

from monitor.language import rules_number
from monitor.model import Article, ArticleId
from monitor.topics.index import cut, told_language
from monitor.topics.match import CompiledTopic, CompiledWatchlist
from monitor.topics.nodes import AnyOf, Element, Fact, Kind, Leaf, Node, Not, Sequence, children
from monitor.topics.vocabulary import compile_pattern
from monitor.words import WORD_CHARS_MAX, chunk_tokens, fold, stem, stem_forms, stemmed_language, words

ARTICLE_TOKENS_MAX = 20_000
"""Tokens of one article: a book has fewer. What has more is a candidate of every topic."""
ARTICLE_TOKENS_BYTES_MAX = 1_000_000
"""The same in bytes: beyond 1,048,575 of them PostgreSQL mixes up an article's words without an error."""
ASKED_TOKENS_MAX = 4_000
"""Tokens one question may name: beyond it, as with a list of thousands of names, every article is a candidate."""
ASKED_DEPTH_MAX = 6
"""How deep choices and conjunctions of a question may stand in one another: FTS5 gives up beyond some fifteen. What
lies deeper is asked for more loosely, which only finds more candidates."""
COUNTED_MAX = 4_000
"""Words counted for one watchlist, in all its languages: half a second at a start. The others keep the table's idf."""
ANYTHING = "x"
"""The one token of an article that may hold anything."""
_BREAK = "\ue000"
"""Ends the language in a token; no text that was cut into words holds it."""
_HYPHENS = re.compile(r"['’ʼ＇\-‐‑]")
# Databases cut at signs and fold capitals as they see fit: tokens hold neither, so they stay whole.
_SAFE = {code: chr(0xE000 + code) for code in range(128) if not (chr(code).isdigit() or chr(code).islower())}
_SAMPLE = (
    "Geiselverhandlungen: hostages' talks, COVID-19 & AT&T — U.S. cities; переговоры о заложниках; "
    "والمفاوضات; 人質交渉を再開; การเจรจา; 협상에서; négociations; διαπραγματεύσεις; rehineler"
)


class Token(Struct, frozen=True):
    """An article holds this token; as a prefix, one that begins with it."""

    text: str
    is_prefix: bool = False


class Both(Struct, frozen=True):
    """Every part is there."""

    parts: tuple["Wanted", ...]


class Either(Struct, frozen=True):
    """At least one part is there."""

    parts: tuple["Wanted", ...]


Wanted = Token | Both | Either


def word_token(word: str) -> str:
    """The token of a folded word."""
    return f"w{word[:WORD_CHARS_MAX].translate(_SAFE)}"


def stem_token(form: str, language: str) -> str:
    """The token of a stem in the articles of a language: the stems of two languages are no one word."""
    return f"s{language}{_BREAK}{form[:WORD_CHARS_MAX].translate(_SAFE)}"


def language_token(language: str) -> str:
    """The token that every article read in a language has."""
    return f"l{language}{_BREAK}"


def article_tokens(article: Article) -> tuple[str, set[str]]:
    """The language an article is read in, and the tokens of its words and of their stems there."""
    language = stemmed_language(told_language(article))
    tokens = {language_token(language)}
    for chunk in {*cut(article.title), *cut(article.text)}:
        for word in {token.text for token in chunk_tokens(chunk)}:
            tokens.add(word_token(word))
            tokens.update(stem_token(form, language) for form in stem_forms(word, language))
        if len(tokens) > ARTICLE_TOKENS_MAX:
            break
    if len(tokens) > ARTICLE_TOKENS_MAX or sum(len(token.encode()) for token in tokens) > ARTICLE_TOKENS_BYTES_MAX:
        return language, {ANYTHING, language_token(language)}
    return language, tokens


def sample_of_tokens() -> int:
    """A number that changes with the way languages are told and words are cut, folded or stemmed."""
    tokens = [str(rules_number())]
    for language in ("en", "de", "ru", "ar", "fr", "el", "tr", ""):
        tokens += sorted(article_tokens(Article(ArticleId(0), "", _SAMPLE, language=language or None))[1])
    return zlib.crc32(" ".join(tokens).encode())


def ask(node: Node, languages: Iterable[str]) -> Wanted | None:
    """What an article in one of these languages must hold for a node to be true; None where no word decides."""
    return _bounded(_ask(node, tuple(sorted(set(languages)))))


def ask_for_topic(compiled: CompiledTopic, languages: Iterable[str]) -> Wanted | None:
    """What an article in one of these languages must hold to answer the topic; None where no word decides."""
    known = sorted(set(languages))
    if compiled.query:
        return _bounded(_ask(compiled.query.root, tuple(known)))
    # A name is widened by the related words of the article's language.
    return _bounded(_any_of(_ask(compiled.needed_node(language), (language,)) for language in known))


def _bounded(wanted: Wanted | None) -> Wanted | None:
    if wanted is None or sum(1 for _ in tokens_of(wanted)) > ASKED_TOKENS_MAX:
        return None
    return _either([_shallow(wanted, ASKED_DEPTH_MAX), Token(ANYTHING)])


def _shallow(wanted: Wanted, depth: int) -> Wanted:
    """The same no deeper than that; whatever answers is found still."""
    if isinstance(wanted, Token):
        return wanted
    if depth == 0:
        return _either(_fewest(wanted))
    parts = tuple(_shallow(part, depth - 1) for part in wanted.parts)
    return _either(parts) if isinstance(wanted, Either) else Both(parts)


def _fewest(wanted: Wanted) -> list[Token]:
    """Tokens of which at least one is there wherever what is wanted is: of parts that must all be, those of one."""
    if isinstance(wanted, Token):
        return [wanted]
    parts = map(_fewest, wanted.parts)
    return min(parts, key=len) if isinstance(wanted, Both) else [token for part in parts for token in part]


def ask_for_word(word: str, languages: Iterable[str]) -> Wanted:
    """The articles in these languages that hold any form of a folded word."""
    return _either([Token(stem_token(stem(word, one), one)) for one in languages])


def tokens_of(wanted: Wanted) -> Iterator[Token]:
    """Every token a question names."""
    if isinstance(wanted, Token):
        yield wanted
        return
    for part in wanted.parts:
        yield from tokens_of(part)


def _ask(node: Node, languages: tuple[str, ...]) -> Wanted | None:
    if isinstance(node, Not | Fact):
        return None
    if isinstance(node, Leaf):
        return _any_of(_ask_sequence(sequence, languages) for sequence in node.sequences)
    if isinstance(node, AnyOf):
        return _any_of(_ask(part, languages) for part in node.parts)
    return _all_of(_ask(part, languages) for part in children(node))


def _ask_sequence(sequence: Sequence, languages: tuple[str, ...]) -> Wanted | None:
    return _all_of(_ask_element(element, languages) for element in sequence.elements)


def _ask_element(element: Element, languages: tuple[str, ...]) -> Wanted | None:
    word = element.word
    if element.kind is Kind.STEM:
        return ask_for_word(word, languages)
    if element.kind is Kind.WORD:
        return Token(word_token(word))
    if element.kind is Kind.SURFACE:
        # As a plain word, or as the whole of a joined one, which is told without its hyphens.
        spelled = dict.fromkeys((fold(word), fold(_HYPHENS.sub("", word))))
        return _either([Token(word_token(one)) for one in spelled])
    prefix = compile_pattern(word)[0]
    return Token(word_token(prefix), is_prefix=True) if prefix else None


def _any_of(parts: Iterable[Wanted | None]) -> Wanted | None:
    known = list(parts)
    chosen = [part for part in known if part is not None]
    return _either(chosen) if known and len(chosen) == len(known) else None


def _all_of(parts: Iterable[Wanted | None]) -> Wanted | None:
    chosen: dict[Wanted, None] = {}
    for part in parts:
        if part is not None:
            chosen.update(dict.fromkeys(part.parts if isinstance(part, Both) else (part,)))
    if not chosen:
        return None
    return next(iter(chosen)) if len(chosen) == 1 else Both(tuple(chosen))


def one_of(asked: Iterable[Wanted | None]) -> Wanted | None:
    """What an article must hold of at least one of several questions; None where one of them asks for no word."""
    return _bounded(_any_of(asked))


def _either(parts: Iterable[Wanted]) -> Wanted:
    """A choice of choices is one choice: databases bound how deep a question goes."""
    flat: dict[Wanted, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, Either) else (part,)))
    chosen = tuple(flat)
    return chosen[0] if len(chosen) == 1 else Either(chosen)


def words_to_count(compiled: CompiledWatchlist) -> dict[str, list[str]]:
    """By language, the words whose frequency decides or orders the matches of a watchlist: its own first, then those
    related to them; at most a few thousand in all.
    """
    lexicon = compiled.lexicon
    found: dict[str, dict[str, None]] = {language: {} for language in lexicon.languages}
    concepts = [concept for topic in compiled.topics for name in topic.names for concept in name.concepts]
    leaves = [concept.leaf for concept in concepts]
    leaves += [weighted.leaf for topic in compiled.topics if topic.query for weighted in topic.query.leaves]
    found[lexicon.language] |= dict.fromkeys(word for leaf in leaves for word in words(leaf.concept))
    for language in lexicon.languages:
        for concept in concepts:
            for stand in concept.stands.get(language, {}).values():
                found[language] |= dict.fromkeys(element.word for element in stand.sequence.elements)
    return {language: list(known)[: COUNTED_MAX // len(found)] for language, known in found.items()}
