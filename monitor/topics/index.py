"""An article read for matching: each word once, by what it can be found under, with its place.

Title and text stand on one line of positions with a gap between them that no NEAR can bridge.

Effects: none.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import NamedTuple

from monitor.model import Article, Field, Span
from monitor.topics.nodes import Element
from monitor.words import Token, stem_forms, stemmed_language, tokenise

FIELD_GAP = 1000
"""Positions between title and text: more than any NEAR may span."""
LEAD_WORDS = 60
"""The first words of the text that count as its lead."""
SENTENCE_CHARS_MAX = 400
"""Longest sentence shown, in characters: about four lines of a digest."""
PREFIX_CHARS = 3
"""Letters every wildcard has before it; the shortest beginning by which words are kept apart."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]|\n")
_SHORTENED = re.compile(r"\b(?:[^\W\d_]|Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Gov|Col|Lt|Sgt)$")
"""Before a dot, an initial or a title ends no sentence: U.S. President, Gen. Smith."""


class Place(NamedTuple):
    """An occurrence: from which position to which, both inside."""

    first: int
    last: int


class ReadArticle:
    """The words of one article. Read once, asked by every topic; never changes what it answers."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.language = stemmed_language(article.language)
        title = tokenise(article.title)
        text = tokenise(article.text)
        self.title_count = title[-1].position + title[-1].width if title else 0
        self.text_start = self.title_count + FIELD_GAP
        self.title_tokens = len(title)
        self.tokens: list[Token] = title + text
        self.word_count = (text[-1].position + text[-1].width if text else 0) + self.title_count
        by_word: dict[str, list[int]] = {}
        for number, token in enumerate(self.tokens):
            if token.text in by_word:
                by_word[token.text].append(number)
            else:
                by_word[token.text] = [number]
        self.by_word = by_word
        """Token numbers by folded word."""
        self.found: dict[Element, list[Place]] = {}
        """Where the words that topics asked for so far were found: many topics ask for the same."""

    @cached_property
    def by_stem(self) -> dict[str, list[int]]:
        """Token numbers by stem, in order."""
        found: dict[str, list[int]] = {}
        shared: set[str] = set()
        for word, numbers in self.by_word.items():
            for form in stem_forms(word, self.language):
                if form in found:
                    if form not in shared:
                        found[form] = list(found[form])
                        shared.add(form)
                    found[form].extend(numbers)
                else:
                    found[form] = numbers
        for form in shared:
            found[form].sort()
        return found

    @cached_property
    def by_surface(self) -> dict[str, list[int]]:
        """Token numbers by the word exactly as it stands."""
        found: dict[str, list[int]] = {}
        for number in range(len(self.tokens)):
            found.setdefault(surface_form(self.surface(number)), []).append(number)
        return found

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """The beginnings of all words, as long as the shortest wildcard asks."""
        return frozenset(word[:PREFIX_CHARS] for word in self.by_word)

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(self.by_word)

    def words_with_prefix(self, prefix: str) -> list[str]:
        """The article's folded words that begin so, in order."""
        start = bisect_left(self._sorted_words, prefix)
        end = bisect_right(self._sorted_words, prefix + "\U0010ffff")
        return self._sorted_words[start:end]

    def place(self, number: int) -> Place:
        """Where a token stands on the line of positions."""
        token = self.tokens[number]
        first = token.position + (0 if number < self.title_tokens else self.text_start)
        return Place(first, first + token.width - 1)

    def surface(self, number: int) -> str:
        """A token as it stands in the article."""
        token = self.tokens[number]
        whole = self.article.title if number < self.title_tokens else self.article.text
        return whole[token.start : token.end]

    def is_title(self, place: Place) -> bool:
        """Whether an occurrence stands in the title."""
        return place.first < self.title_count

    @cached_property
    def _token_at(self) -> tuple[list[int], list[int]]:
        """For each position of the title and of the text, the first token that begins there."""
        title: list[int] = []
        text: list[int] = []
        for number, token in enumerate(self.tokens):
            field = title if number < self.title_tokens else text
            if token.position == len(field):
                field.append(number)
        return title, text

    def span(self, place: Place) -> Span:
        """The characters of an occurrence in the original title or text."""
        title, text = self._token_at
        if self.is_title(place):
            first, last, field = title[place.first], title[place.last], Field.TITLE
        else:
            first, last, field = text[place.first - self.text_start], text[place.last - self.text_start], Field.TEXT
        end = self.tokens[last].end
        following = self.tokens[last + 1 : last + 2]
        if following and following[0].start == self.tokens[last].start and following[0].width == 1:
            end = max(end, following[0].end)  # the whole of C++, which stands at the position of its part
        return Span(field, self.tokens[first].start, end)

    def shown(self, place: Place) -> str:
        """An occurrence as it stands in the article, in lower case, on one line."""
        span = self.span(place)
        whole = self.article.title if span.field is Field.TITLE else self.article.text
        return " ".join(whole[span.start : span.end].lower().split())

    @cached_property
    def _sentence_starts(self) -> list[int]:
        text = self.article.text
        ends = _SENTENCE_END.finditer(text)
        return [
            0,
            *(
                found.end()
                for found in ends
                if found.group() != "." or not _SHORTENED.search(text, max(0, found.start() - 5), found.start())
            ),
        ]

    def sentence_number(self, offset: int) -> int:
        """Which sentence of the text holds a character."""
        return bisect_right(self._sentence_starts, offset) - 1

    def sentence(self, number: int, around: int) -> str:
        """A sentence of the text on one line; of an overlong one the part around a character."""
        starts = [*self._sentence_starts, len(self.article.text)]
        start, end = starts[number], starts[number + 1]
        if end - start > SENTENCE_CHARS_MAX:
            start = max(start, around - SENTENCE_CHARS_MAX // 2)
            end = min(end, start + SENTENCE_CHARS_MAX)
        return " ".join(self.article.text[start:end].split())


def surface_form(word: str) -> str:
    """What `=word` compares: case and accents kept, the two ways to write an accent made one."""
    return word if word.isascii() else unicodedata.normalize("NFC", word).replace("\u00ad", "")
