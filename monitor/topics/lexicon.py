"""Load the related terms and word frequencies that come with the package.

Effects: reads a file of the package.
"""

import gzip
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from msgspec.structs import replace

from monitor.errors import MonitorError
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon
from monitor.words import DEFAULT_LANGUAGE

FILE_NAME = "lexicon.txt.gz"
_HEAD = re.compile(r"(words|related) ([a-z]{2,3})\]")
"""The head of a section after its bracket, as in `[words en]`: the language by the code that feeds use."""


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of this installation; the empty one where its file is not installed.

    Read once by a process: nobody changes one, and a file of the package stays as it is while the package runs.
    Raises `MonitorError` where the file is damaged: a topic that silently finds less is worse than none.
    """
    path = files("monitor.topics") / "data" / FILE_NAME
    try:
        body = gzip.decompress(path.read_bytes()).decode("utf-8")
    except FileNotFoundError:
        return EMPTY_LEXICON
    except (OSError, EOFError, ValueError) as error:
        raise _damaged(str(path)) from error
    return read_lexicon(body, str(path))


def read_lexicon(body: str, where: str) -> Lexicon:
    """A lexicon from its text: remarks, then for each language its words with their ranks and its related ones.

    All words are folded. English is what the others stand beside. Raises `MonitorError` for a text without sections, or
    with one of another kind.
    """
    sections: dict[str, dict[str, Sequence[str]]] = {DEFAULT_LANGUAGE: {}}
    for section in ("\n" + body).split("\n[")[1:]:
        first, _, rest = section.partition("\n")
        head = _HEAD.fullmatch(first)
        if not head:
            raise _damaged(where)
        lines = rest.removesuffix("\n").split("\n")
        if rest.count("\t") != len(lines):
            raise _damaged(where)
        sections.setdefault(head[2], {})[head[1]] = sorted(lines)  # as they are in the file: sorted in no time
    if not any(sections.values()):
        raise _damaged(where)
    read = {
        language: Lexicon(parts.get("related", ()), parts.get("words", ()), language)
        for language, parts in sections.items()
    }
    own = read.pop(DEFAULT_LANGUAGE)
    return replace(own, others=read)


def _damaged(where: str) -> MonitorError:
    return MonitorError("the lexicon cannot be read", where=where, remedy="Install the package again.")
