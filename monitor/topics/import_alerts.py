"""Queries of Google Alerts in our language, with the parentheses that make them mean the same.

There OR binds before the words side by side, here AND does: `talks london OR paris` asks for talks in either city.

Effects: none.
"""

import re

from msgspec import Struct

from monitor.topics.foreign import REFUSED_FIELDS
from monitor.topics.imported import (
    CannotSayError,
    Imported,
    LeftOut,
    Reading,
    any_of,
    name_of,
    write_phrase,
    write_words,
)
from monitor.words import words

QUERY_CHARS_MAX = 2_048
"""Google itself takes 32 words."""
DEPTH_MAX = 20
_TOKEN = re.compile(r'\s*(-(?=[^\s-]))?(?:"([^"]*)"|(\()|(\))|(\|)|AROUND\((\d+)\)|([^\s()"|]+))')
_QUOTES = str.maketrans("“”„‟＂«»", '"' * 7)
_FIELDS = {"intitle": "title", "intext": "body", "inurl": "url", "site": "site", "source": "source", "author": "author"}
_ALL_IN = {"allintitle": "title", "allintext": "body"}
_REFUSED = {
    **{field: REFUSED_FIELDS[field] for field in ("allinurl", "after", "before", "filetype", "location")},
    **dict.fromkeys(("ext", "daterange"), "Leave it out."),
    **dict.fromkeys(("related", "link", "cache", "info", "inanchor", "allinanchor"), "Name outlets by source:."),
    **dict.fromkeys(
        ("define", "stocks", "weather", "map", "movie", "lang", "language"), "Leave it out, or say lang:en."
    ),
}
_EDGES = ".,;:!?…·•&/–—-'’"
_TITLE = re.compile(r"^Google\s*[- ]?\s*Alerts?\s*[-–—:]\s*", re.IGNORECASE)


class _Token(Struct, frozen=True):
    kind: str
    """`word`, `phrase`, `(`, `)`, `or`, `around` or `end`."""
    text: str = ""
    is_negated: bool = False


def read_alerts(lines: list[tuple[int, str]]) -> Reading:
    """The queries of a list, one on each line; the titles of its feeds (`Google Alert - query`) are such a list too."""
    reading = Reading()
    for number, line in lines:
        said = _TITLE.sub("", line.strip()).strip()
        if not said:
            continue
        try:
            reading.topics.append(_read_query(number, said))
        except CannotSayError as fault:
            reading.left_out.append(LeftOut(number, said, fault.reason, fault.remedy))
    return reading


def _read_query(number: int, said: str) -> Imported:
    if len(said) > QUERY_CHARS_MAX:
        raise CannotSayError(f"the query is longer than {QUERY_CHARS_MAX:,} characters", "Split it into several.")
    parser = _Parser(said)
    return Imported(number, said, name_of(said), parser.read(), notes=tuple(dict.fromkeys(parser.notes)))


class _Parser:
    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        self._field = ""
        beginning = re.match(r"(allin\w+):\s*", text)
        if beginning and beginning[1] in _ALL_IN:
            self._field, text = _ALL_IN[beginning[1]], text[beginning.end() :]
        self._tokens = self._split(text.translate(_QUOTES))
        self._at = 0
        self._depth = 0

    def _split(self, text: str) -> list[_Token]:
        if text.count('"') % 2:
            raise CannotSayError("a quote is not closed", 'Write phrases in two quotes, as in "peace talks".')
        tokens, position = [], 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            assert found is not None, "what is no sign is a word"
            position = found.end()
            minus, phrase, opening, closing, bar, around, word = found.groups()
            is_negated = minus is not None
            if phrase is not None:
                tokens.append(_Token("phrase", phrase, is_negated))
            elif opening or closing:
                tokens.append(_Token(opening or closing, "", is_negated))
            elif bar or word == "OR":
                tokens.append(_Token("or"))
            elif around is not None:
                tokens.append(_Token("around", around))
            elif (token := self._word(word, is_negated=is_negated)) is not None:
                tokens.append(token)
        return [*tokens, _Token("end")]

    def _word(self, word: str, *, is_negated: bool) -> _Token | None:
        """A word as a token; None for what Google passes over."""
        if is_negated:
            return _Token("word", word, is_negated) if words(word) or word.endswith(":") else None
        if word == "NOT":
            raise CannotSayError("NOT is an ordinary word for Google", "Write -word for what must not be there.")
        if word == "AND":
            return None
        if word.lower() in ("and", "or"):
            either = " For either of two write OR." if word.lower() == "or" else ""
            self.notes.append(f'"{word}" was left out: Google passes over it.{either}')
            return None
        return _Token("word", word) if words(word) or word.endswith(":") else None

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    @property
    def _kind(self) -> str:
        return self._tokens[self._at].kind

    def read(self) -> str:
        """The whole query in our language. Raises `CannotSayError`."""
        said = self._all()
        if self._kind == ")":
            raise CannotSayError("a parenthesis is closed that was not opened", "Take it out.")
        return said[1:-1] if said.startswith("(") and _closes_at(said) == len(said) - 1 else said

    def _all(self) -> str:
        parts = []
        while self._kind not in (")", "end"):
            parts.append(self._either())
        if not parts:
            raise CannotSayError("nothing is looked for", "Write a word that is to be found.")
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def _either(self) -> str:
        parts = [self._near()]
        while self._kind == "or":
            self._next()
            parts.append(self._near())
        return any_of(parts)

    def _near(self) -> str:
        said = self._one()
        while self._kind == "around":
            distance = self._next().text
            said = f"({said} NEAR/{distance} {self._one()})"
        return said

    def _one(self) -> str:
        token = self._next()
        if token.kind in ("or", "around", "end", ")"):
            sign = {"or": "OR", "around": "AROUND", "end": "the OR or AROUND at the end"}.get(
                token.kind, "a parenthesis"
            )
            raise CannotSayError(f"{sign} joins nothing", "Write a word on both sides of it, or take it out.")
        if token.kind == "(":
            said = self._group()
        elif token.kind == "phrase":
            said = self._in_field(self._field, _phrase(token.text))
        else:
            said = self._of_word(token.text)
        return f"(NOT {said})" if token.is_negated else said

    def _group(self) -> str:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise CannotSayError("parentheses stand too deep inside each other", "Take some away.")
        said = self._all()
        if self._next().kind != ")":
            raise CannotSayError("a parenthesis is not closed", "Close it.")
        self._depth -= 1
        return said

    def _of_word(self, text: str) -> str:
        name, colon, value = text.partition(":")
        field = name.lower()
        if not colon or not (field in _FIELDS or field in _REFUSED or field in _ALL_IN):
            return self._in_field(self._field, _word(text))
        if field in _REFUSED or field in _ALL_IN:
            remedy = _REFUSED.get(field, "Write it first: allintitle: holds for the whole query.")
            raise CannotSayError(f"{field}: cannot be asked here", remedy)
        if self._field:
            raise CannotSayError(f"{field}: stands within another field", "Write the two one after the other.")
        field = _FIELDS[field]
        if value:
            return self._in_field(field, value if field in ("site", "url", "source", "author") else _word(value))
        if self._kind == "phrase":
            text = self._next().text
            return self._in_field(field, text if field in ("site", "url", "source", "author") else _phrase(text))
        if self._kind == "(" and field in ("title", "body"):
            self._next()
            self._field = field
            said = self._group()
            self._field = ""
            return said
        raise CannotSayError(f"{name}: has nothing behind it", f"Write it right there, as in {name}:word.")

    def _in_field(self, field: str, said: str) -> str:
        if field == "site":
            return _site(said)
        if field in ("url", "source", "author"):
            return f"{field}:{write_phrase(said.replace('_', ' ') if field == 'source' else said)}"
        return f"{field}:{said}" if field else said


def _closes_at(said: str) -> int:
    """Where the parenthesis closes with which a text of ours opens; those in quotes are letters."""
    depth, is_quoted = 0, False
    for at, sign in enumerate(said):
        if sign == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (sign == "(") - (sign == ")")
            if not depth:
                return at
    return -1


def _phrase(text: str) -> str:
    if "*" in text:
        raise CannotSayError("in Google's quotes * stands for whole words", "Write NEAR/3 between the words around it.")
    return write_phrase(text)


def _word(text: str) -> str:
    if "*" in text:
        raise CannotSayError("Google's * stands for whole words", "Write the ending openly by hand, as in negotiat*.")
    if text.startswith("+"):
        raise CannotSayError(
            "+ asks for the very word", f"Write ={text[1:].strip(_EDGES) or 'word'} for its very form."
        )
    if text.startswith("~"):
        raise CannotSayError("~ asked for synonyms", "Write them joined by OR, or make the topic a name alone.")
    if re.fullmatch(r"\$?\d+\.\.\$?\d*", text):
        raise CannotSayError("a span of numbers cannot be asked", "Leave it out.")
    bare = text.strip(_EDGES)
    return write_words(bare) if words(bare) else write_words(text)


def _site(text: str) -> str:
    """The outlet by its host; with a path also by its address, which a host alone would widen."""
    bare = re.sub(r"^\w+://", "", text.strip()).removeprefix("*.").removeprefix("www.")
    host, slash, path = bare.partition("/")
    host = host.strip(".").lower()
    if "." not in host or "*" in host:
        raise CannotSayError(f"site:{text} is a part of the web", "Name outlets whole, as in source:example.org.")
    if not slash or not path.strip("/*"):
        return f"source:{host}"
    if "*" in path:
        raise CannotSayError(f"site:{text} holds a *", "Name the beginning of the address alone.")
    return f'(source:{host} AND url:"{host}/{path.rstrip("/")}")'
