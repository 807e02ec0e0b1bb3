"""Questions that wait for a yes: what was proposed, to whom, and that it is done once.

Kept in memory alone, since Slack takes an answer for half an hour: after a restart one asks again.

Effects: randomness.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from monitor.channels.asked import Answer, Asked
from monitor.errors import MonitorError

PENDING_MAX = 200
PENDING_FOR = timedelta(minutes=30)
_ASK_AGAIN = "Nothing was changed by it: please ask again."


class _Question(Struct):
    do: Callable[[], Answer]
    asked: Asked
    at: datetime
    is_for_all: bool
    done: Answer | None = None


class Pending:
    """A bounded number of questions, the oldest forgotten first. Used by one thread at a time."""

    def __init__(self) -> None:
        self._questions: OrderedDict[str, _Question] = OrderedDict()

    def keep(self, asked: Asked, do: Callable[[], Answer], now: datetime, *, is_for_all: bool = False) -> str:
        """Remember what a yes would do, and the word that stands for it; `is_for_all` lets others say yes too."""
        word = secrets.token_hex(8)
        self._questions[word] = _Question(do, asked, now, is_for_all)
        while len(self._questions) > PENDING_MAX:
            self._questions.popitem(last=False)
        return word

    def do(self, word: str, asked: Asked, now: datetime) -> Answer:
        """Do what was proposed, once; asked again it says the same. Raises MonitorError where it may not be done."""
        question = self._find(word, asked, now)
        if question.done is None:
            question.done = question.do()
        return question.done

    def drop(self, word: str, asked: Asked, now: datetime) -> bool:
        """Forget a question; False where it was answered before."""
        question = self._find(word, asked, now)
        if question.done is None:
            del self._questions[word]
        return question.done is None

    def _find(self, word: str, asked: Asked, now: datetime) -> _Question:
        question = self._questions.get(word)
        if question is None or now - question.at > PENDING_FOR or question.asked.place != asked.place:
            raise MonitorError("that was asked too long ago, or is answered already", remedy=_ASK_AGAIN)
        if not question.is_for_all and question.asked.by != asked.by:
            raise MonitorError("only who asked may answer that", remedy="Ask yourself, with /watch.")
        return question
