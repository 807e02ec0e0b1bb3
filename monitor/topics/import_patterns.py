"""The texts that a regular expression of plain alternatives can find: `hostages? (talks|deal)` finds four.

What finds endless many texts, or asks for a place in the line, has no like in our language and is refused.

Effects: none.
"""

from msgspec import Struct, field

from monitor.topics.imported import CannotSayError

TEXTS_MAX = 60
"""Texts of one expression: more are no list that a person wrote."""
PATTERN_CHARS_MAX = 4_000
DEPTH_MAX = 20
CLASS_MAX = 8
"""Letters in brackets, each of which makes a text."""
_BY_HAND = "Write a topic by hand, with its words and NEAR/5 between them."
_REFUSED = {
    ".": ("a dot stands for any sign", r"Write \. for a dot, or NEAR/5 between the words around it."),
    "^": ("^ asks for the beginning", "Take it out."),
    "$": ("$ asks for the end", "Take it out."),
    "*": ("* repeats what stands before it", _BY_HAND),
    "+": ("+ repeats what stands before it", _BY_HAND),
    "{": ("{ repeats what stands before it", _BY_HAND),
    "]": ("] closes nothing", r"Write \] for the sign itself."),
}


class Pattern(Struct):
    """What an expression finds."""

    texts: list[str] = field(default_factory=list)
    is_case_sensitive: bool = True


def read_pattern(pattern: str) -> Pattern:
    """Every text that the expression finds, in its order. Raises `CannotSayError` where it is more than a list."""
    if len(pattern) > PATTERN_CHARS_MAX:
        raise CannotSayError("the expression is very long", "Split it into several.")
    found = Pattern()
    for flags in ("(?i)", "(?-i)"):
        if pattern.startswith(flags):
            found.is_case_sensitive = flags != "(?i)"
            pattern = pattern.removeprefix(flags)
    pattern = pattern.removeprefix("^.*").removeprefix(".*").removesuffix(".*$")
    if pattern.endswith(".*") and not pattern.endswith("\\.*"):
        pattern = pattern.removesuffix(".*")
    reader = _Reader(pattern)
    texts = reader.alternatives()
    if reader.at < len(pattern):
        raise CannotSayError("a parenthesis is closed that was not opened", r"Write \) for the sign itself.")
    found.texts = list(dict.fromkeys(" ".join(text.split()) for text in texts))
    if "" in found.texts:
        raise CannotSayError("it finds everything", "Take the empty alternative out.")
    return found


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0

    def _sign(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternatives(self) -> list[str]:
        """The texts up to the end, or to the parenthesis that closes this group."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise CannotSayError("groups stand too deep inside each other", _BY_HAND)
        texts = self._sequence()
        while self._sign() == "|":
            self.at += 1
            texts = _bounded([*texts, *self._sequence()])
        self.depth -= 1
        return texts

    def _sequence(self) -> list[str]:
        texts = [""]
        while self._sign() not in ("", "|", ")"):
            piece = self._piece()
            if self._sign() == "?":
                self.at += 1
                piece = [*piece, ""]
            texts = _bounded([before + after for before in texts for after in piece])
        return texts

    def _piece(self) -> list[str]:
        sign = self._sign()
        self.at += 1
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escaped()
        if sign in _REFUSED:
            raise CannotSayError(*_REFUSED[sign])
        if sign == "?":
            raise CannotSayError("? stands behind nothing", r"Write \? for the sign itself.")
        return [sign]

    def _group(self) -> list[str]:
        if self._sign() == "?":
            if not self.pattern.startswith("?:", self.at):
                raise CannotSayError("a group with (? looks around or changes the rules", _BY_HAND)
            self.at += 2
        texts = self.alternatives()
        if self._sign() != ")":
            raise CannotSayError("a parenthesis is not closed", "Close it.")
        self.at += 1
        return texts

    def _class(self) -> list[str]:
        end = self.pattern.find("]", self.at)
        letters = self.pattern[self.at : end]
        if end < 0 or not letters:
            raise CannotSayError("a bracket is not closed", "Close it.")
        if letters[0] == "^" or "\\" in letters or "-" in letters[1:-1] or len(letters) > CLASS_MAX:
            raise CannotSayError(f"[{letters[:20]}] stands for many signs", "Write the words that are meant.")
        self.at = end + 1
        return list(dict.fromkeys(letters))

    def _escaped(self) -> list[str]:
        sign = self._sign()
        self.at += 1
        if sign == "b":
            return [""]  # our words have their edges by themselves
        if sign == "s":
            repeat = self._sign()
            if repeat in ("+", "*"):
                self.at += 1
            return [" ", ""] if repeat == "*" else [" "]
        if sign.isalnum() or not sign:
            raise CannotSayError(f"\\{sign} stands for many signs", "Write the words that are meant.")
        return [sign]


def _bounded(texts: list[str]) -> list[str]:
    if len(texts) > TEXTS_MAX:
        raise CannotSayError(f"it finds more than {TEXTS_MAX} texts", "Write the topic by its name, or as a query.")
    return texts
