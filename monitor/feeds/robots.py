"""What a site's robots.txt says of us (RFC 9309): the group that names us, else the one for everybody.

The longest rule that fits decides, and allowing wins a tie. The standard library's parser takes the first rule that
fits and knows no wildcards, so it would read pages that most news sites forbid by `/*?`.

Effects: none.
"""

import re
from urllib.parse import quote, urlsplit

from msgspec import Struct

BYTES_MAX = 512_000
"""Read of a robots.txt; the standard asks for 500 KiB at least."""
RULES_MAX = 1_000
"""Rules kept; the longest lists of real news sites have a few hundred."""
RULES_CHARS_MAX = 50_000
"""Characters of rules kept, so that a thousand sites fit in memory."""
RULE_CHARS_MAX = 500
PARTS_MAX = 10
"""Wildcards in one rule that is kept: real ones have up to four."""

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[A-Za-z_-]+")
_SAFE = "/?#[]@!$&'()*+,;=:%-._~"


class Rules(Struct, frozen=True):
    """What one site allows us."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Patterns, and whether each allows; the longest first, and of two equal ones the one that allows."""

    def allows(self, url: str) -> bool:
        """Whether the page at an address of the site may be read."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return next((is_allowed for pattern, is_allowed in self.rules if _fits(pattern, path)), True)


def read_robots(body: bytes, agent: str) -> Rules:
    """The rules for an agent, given as its product's name. What is no rule is passed over; never raises on bytes."""
    rules: dict[str, set[tuple[str, bool]]] = {}
    wanted = {agent.lower(), "*"}
    named: set[str] = set()
    is_open = False
    for line in body[:BYTES_MAX].decode("utf-8", "replace").removeprefix("\ufeff").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            if not is_open:
                named, is_open = set(), True
            named |= {_agent(value)} & wanted
            for name in named:
                rules.setdefault(name, set())
        elif key in ("allow", "disallow"):
            is_open = False
            if value and len(value) <= RULE_CHARS_MAX and value.count("*") <= PARTS_MAX:
                for name in named:
                    rules[name].add((_normal(value), key == "allow"))
    ours = rules.get(agent.lower(), rules.get("*", set()))
    return Rules(_bounded(sorted(ours, key=lambda rule: (-len(rule[0]), not rule[1], rule[0]))))


def _normal(text: str) -> str:
    """One spelling of a path: what needs no escape without one, the others in capitals (RFC 9309, 2.2.2)."""
    return _ESCAPE.sub(_escape, quote(text, safe=_SAFE))


def _escape(found: re.Match[str]) -> str:
    char = chr(int(found.group(1), 16))
    return char if char.isascii() and (char.isalnum() or char in "-._~") else found.group().upper()


def _agent(value: str) -> str:
    found = _TOKEN.match(value)
    return found.group().lower() if found else value[:1]


def _bounded(rules: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """The rules that are kept; of too many the shortest, which forbid most."""
    kept: list[tuple[str, bool]] = []
    chars = 0
    for rule in reversed(rules):
        chars += len(rule[0])
        if len(kept) == RULES_MAX or chars > RULES_CHARS_MAX:
            break
        kept.append(rule)
    return tuple(reversed(kept))


def _fits(pattern: str, path: str) -> bool:
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(rest, 1):
        if is_whole and number == len(rest):
            return path.endswith(part) and len(path) - len(part) >= at
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not is_whole or at == len(path)
