"""Regular expressions that are compiled when they are first asked.

A start defines two hundred, and most commands ask a handful. Large ones, of long lists of words or letters, take
milliseconds each, and are written with `pattern`.

Effects: none.
"""

import re
from typing import Any, cast


class _Waiting:
    """Becomes, method by method, the compiled pattern: the second look finds what the first has left."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._text, self._flags), name)
        self.__dict__[name] = value
        return value


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern, for its methods and attributes alone: `re.sub` and its like do not take it.

    A fault in it shows when it is first asked, not when it is made.
    """
    return cast("re.Pattern[str]", _Waiting(text, flags))
