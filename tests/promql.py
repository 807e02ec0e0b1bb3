"""As much of PromQL as our rules and panels use: what an expression names, and whether it is well made.

The grammar is that of https://prometheus.io/docs/prometheus/latest/querying/basics/; what is not known here is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<duration>\$__rate_interval|\d+(?:ms|[smhdwy])(?![a-z_]))
  | (?P<number>\d+(?:\.\d+)?(?:e\d+)?)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<operator>=~|!~|==|!=|>=|<=|[-+*/%^<>=,()\[\]{}])
    """,
    re.VERBOSE,
)
OVER_COUNTERS = {"rate", "increase"}
OVER_GAUGES = {"predict_linear"}
FUNCTIONS = {*OVER_COUNTERS, *OVER_GAUGES, "histogram_quantile", "time", "absent"}
AGGREGATES = {"sum", "max", "min"}
WORDS = {"by", "on", "and", "or", "unless"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression and what it is."""

    kind: str
    text: str


@dataclass(slots=True)
class Selector:
    """A metric as an expression names it."""

    metric: str
    matchers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Operator and value, by label."""
    span: str = ""
    """Of a range."""
    function: str = ""
    """The function or aggregate whose argument it is."""


@dataclass(slots=True)
class Expression:
    """What an expression names."""

    selectors: list[Selector] = field(default_factory=list)
    grouped_by: set[str] = field(default_factory=set)


def tokens_of(text: str) -> list[Token]:
    """The pieces. Raises ValueError for a sign that is none, or a bracket without its other."""
    found, at, opened = [], 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(f"no PromQL at {text[at:]!r}")
        at = match.end()
        if match.lastgroup == "space":
            continue
        token = Token(match.lastgroup, match[0])
        if token.text in PAIRS:
            opened.append(PAIRS[token.text])
        elif token.text in PAIRS.values() and (not opened or opened.pop() != token.text):
            raise ValueError(f"{token.text!r} closes nothing in {text!r}")
        found.append(token)
    if opened:
        raise ValueError(f"{opened[-1]!r} is missing in {text!r}")
    return found


def parse(text: str) -> Expression:
    """What it names. Raises ValueError for what is not well made."""
    expression, tokens = Expression(), tokens_of(text)
    called, inside = "", list[str]()
    at = 0
    while at < len(tokens):
        token, after = tokens[at], tokens[at + 1].text if at + 1 < len(tokens) else ""
        at += 1
        if token.kind == "name" and token.text in ("by", "on"):
            inner, at = _until(tokens, at + 1, ")")
            expression.grouped_by |= {one.text for one in inner if one.kind == "name"}
        elif token.kind == "name" and token.text in FUNCTIONS | AGGREGATES:
            if after != "(" and not (token.text in AGGREGATES and after == "by"):
                raise ValueError(f"{token.text} is a function, in {text!r}")
            called = token.text
        elif token.kind == "name" and token.text not in WORDS:
            if after == "(":
                raise ValueError(f"the function {token.text} is not known, in {text!r}")
            selector, at = _selector(tokens, at, token.text)
            selector.function = inside[-1] if inside else ""
            expression.selectors.append(selector)
        elif token.text == "(":
            inside.append(called)
            called = ""
        elif token.text == ")":
            inside.pop()
        elif token.kind == "duration":
            raise ValueError(f"{token.text} stands alone in {text!r}")
    return expression


def _selector(tokens: list[Token], at: int, metric: str) -> tuple[Selector, int]:
    selector = Selector(metric)
    if at < len(tokens) and tokens[at].text == "{":
        inner, at = _until(tokens, at + 1, "}")
        for label, operator, value in _matchers(inner):
            selector.matchers[label] = (operator, value)
    if at < len(tokens) and tokens[at].text == "[":
        inner, at = _until(tokens, at + 1, "]")
        if [one.kind for one in inner] != ["duration"]:
            raise ValueError(f"{metric} has no span in its brackets")
        selector.span = inner[0].text
    return selector, at


def _matchers(inner: list[Token]) -> Iterator[tuple[str, str, str]]:
    for start in range(0, len(inner), 4):
        part = inner[start : start + 4]
        if [one.kind for one in part[:3]] != ["name", "operator", "string"] or "".join(
            o.text for o in part[3:]
        ) not in ("", ","):
            raise ValueError(f"no matcher: {' '.join(one.text for one in part)}")
        if part[1].text not in ("=", "!=", "=~", "!~"):
            raise ValueError(f"{part[1].text} compares no labels")
        yield part[0].text, part[1].text, part[2].text[1:-1]


def _until(tokens: list[Token], at: int, end: str) -> tuple[list[Token], int]:
    inner = []
    while tokens[at].text != end:
        inner.append(tokens[at])
        at += 1
    return inner, at + 1
