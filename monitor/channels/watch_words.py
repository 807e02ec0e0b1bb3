"""What was typed behind `/watch`, taken apart; what it means is for whoever knows the topics.

Effects: none.
"""

import re

from msgspec import Struct

from monitor.channels.asked import Answer, AnswerLine, say

VERBS = ("list", "add", "test", "mute", "remove", "digest", "help")
_SPAN = re.compile(r"\d{1,7}\s*[smhd]", re.ASCII | re.IGNORECASE)
_OPENING = {'"': '"', "“": "”", "„": "“”", "«": "»"}
HELP = Answer(
    (
        AnswerLine("/watch list", after="what this channel watches", is_bold=True),
        AnswerLine("/watch add Hostage talks | captives, prisoner swap", after="a new topic: its name | other names"),
        AnswerLine("/watch test Hostage talks | captives", after="what that would find, or what a topic finds"),
        AnswerLine("/watch mute Hostage talks 24h", after="hold a topic back; nothing is lost"),
        AnswerLine("/watch remove Hostage talks", after="watch it no more; what was told stays known"),
        AnswerLine("/watch digest now Hostage talks", after="tell what waits now; without a name, all topics"),
    )
)


class WatchWords(Struct, frozen=True):
    """A command."""

    verb: str
    """One of `VERBS`, or what was typed in its place."""
    name: str = ""
    """The topic that is meant; empty where none was named."""
    terms: tuple[str, ...] = ()
    """What stood behind the bar."""
    span: str = ""
    """How long, as in `24h`."""


def read_words(text: str) -> WatchWords:
    """The command that was typed. Whatever it is: a name in quotes may hold commas and bars."""
    verb, _, rest = text.strip().partition(" ")
    verb, rest = verb.casefold() or "help", rest.strip()
    if verb == "digest":
        word, _, name = rest.partition(" ")
        return WatchWords("digest" if word.casefold() == "now" else f"digest {word}", _unquoted(name))
    if verb == "mute":
        name, _, last = rest.rpartition(" ")
        if name.strip() and _SPAN.fullmatch(last):
            return WatchWords(verb, _unquoted(name), span=last.casefold())
        return WatchWords(verb, _unquoted(rest))
    if verb in ("add", "test"):
        name = _split(rest, "|")[0]
        terms = [_unquoted(term) for term in _split(rest[len(name) + 1 :], "|,")]
        return WatchWords(verb, _unquoted(name), tuple(dict.fromkeys(term for term in terms if term)))
    return WatchWords(verb, _unquoted(rest))


def say_unknown(verb: str) -> Answer:
    """That there is no such command, with those that there are."""
    return Answer((*say(f"There is no “{verb[:60].strip()}”. What can be asked:").lines, *HELP.lines))


def _split(text: str, signs: str) -> list[str]:
    """The parts between the signs that stand in no quotes; an opened quote that nothing closes is a sign as any."""
    parts, begin, at = [], 0, 0
    while at < len(text):
        if text[at] in _OPENING and not text[begin:at].strip():
            ends = [end for end in (text.find(closing, at + 1) for closing in _OPENING[text[at]]) if end > 0]
            at = min(ends, default=at)
        elif text[at] in signs:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    return [*parts, text[begin:]]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] in _OPENING and text[-1] in _OPENING[text[0]]:
        return text[1:-1].strip()
    return text
