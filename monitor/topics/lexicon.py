"""Load the related terms and word frequencies that come with the package.

Effects: reads a file of the package.
"""

import gzip
from array import array
from importlib.resources import files

from monitor.errors import MonitorError
from monitor.topics.meaning import EMPTY_LEXICON, Lexicon

FILE_NAME = "lexicon.txt.gz"
_WORDS = "[words]"
_RELATED = "[related]"


def load_lexicon() -> Lexicon:
    """The lexicon of this installation; the empty one where its file is not installed.

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
    """A lexicon from its text: remarks, then the frequent words in order, then each word with its related ones."""
    lines = body.split("\n")
    try:
        words_at, related_at = lines.index(_WORDS), lines.index(_RELATED)
    except ValueError as error:
        raise _damaged(where) from error
    words = lines[words_at + 1 : related_at]
    order = sorted(range(len(words)), key=words.__getitem__)
    related = dict(line.split("\t", 1) for line in lines[related_at + 1 :] if "\t" in line)
    return Lexicon(
        related_words=related,
        related_sorted=sorted(related),
        frequent_sorted=[words[place] for place in order],
        ranks=array("L", (place + 1 for place in order)),
    )


def _damaged(where: str) -> MonitorError:
    return MonitorError("the lexicon cannot be read", where=where, remedy="Install the package again.")
