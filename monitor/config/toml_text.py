"""Values as TOML text that a person can read and nobody can be fooled by: strangers' signs are written as escapes.

Effects: none.
"""

import re
import unicodedata
from collections.abc import Mapping

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_JOINERS = "\u200c\u200d"
"""Unseen, and part of how Persian words and some emoji are written."""


def toml_value(value: object) -> str:
    """A text, number, truth value, list or table on one line, as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(str(key))} = {toml_value(one)}' for key, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    raise TypeError(f"{type(value).__name__} is not written to a config file")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    """In single quotes where that spares backslashes, as queries do; else in double ones."""
    escaped = "".join(map(_sign, text))
    if '"' in text and "'" not in text and "\\" not in text and escaped.count("\\") == text.count('"'):
        return f"'{text}'"
    return f'"{escaped}"'


def _sign(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    kind = unicodedata.category(sign)
    if kind == "Cs":
        return "\ufffd"  # half a pair of surrogates, which no file can hold
    if (kind[0] == "C" and sign not in _JOINERS) or kind in ("Zl", "Zp"):
        return f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08X}"
    return sign
