"""What a person asks from within a channel, and what they are answered.

Effects: none.
"""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class AskedKind(StrEnum):
    """By what way it was asked."""

    CLICK = "click"
    COMMAND = "command"


class Asked(Struct, frozen=True):
    """A click or a command. Who and where come from the channel's own server; `text` may be anything."""

    kind: AskedKind
    place: str
    """The channel's address as its server says it: a Slack channel's id."""
    by: str
    """Who asks: `slack:U012AB3CD`."""
    text: str
    """A button's value, such as `mute:12`, or what was typed after the command."""


class AnswerLine(Struct, frozen=True):
    """A line of an answer. It may hold feed text or what somebody typed: it is shown as it is and never read."""

    text: str
    url: str = ""
    after: str = ""
    """Said behind the linked text."""
    is_bold: bool = False


class AnswerButton(Struct, frozen=True):
    """What a person may do next."""

    label: str
    value: str
    """Comes back as the text of a click; at most 150 characters."""
    is_main: bool = False


class Answer(Struct, frozen=True):
    """What only the person who asked sees."""

    lines: tuple[AnswerLine, ...]
    buttons: tuple[AnswerButton, ...] = ()


class Actions(Protocol):
    """Whoever knows what a click or a command does. Called in a thread of the listener, one at a time."""

    def __call__(self, asked: Asked) -> Answer:
        """Do it, and say what came of it. Raises MonitorError where it cannot be, in words for whoever asked."""


def say(*sentences: str, buttons: tuple[AnswerButton, ...] = ()) -> Answer:
    """An answer of plain sentences."""
    return Answer(tuple(map(AnswerLine, sentences)), buttons)
