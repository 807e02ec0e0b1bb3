"""A sentence model in small: it knows a few themes and counts their words. Of the same type as the real one."""

import math

from monitor.topics.nearness import Meanings, Vector
from monitor.words import stem, words

THEMES = (
    "hostage captive negotiation talk mediator envoy release freed abductor",
    "ferry ship tanker port pier harbour",
    "tax budget rate bank salary",
    "storm rain weather flood",
    "film actor drama award",
)
_THEME_OF = {stem(word): place for place, theme in enumerate(THEMES) for word in theme.split()}
MODEL = "themes"


def encode(text: str) -> Vector:
    """How much of each theme a text holds; a text of none lies in a direction of its own."""
    vector = [0.0] * len(THEMES) + [0.2]
    for word in words(text):
        place = _THEME_OF.get(stem(word))
        if place is not None:
            vector[place] += 1.0
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector]


def some_news(count: int) -> list[str]:
    """Texts about everything but hostages, each a little other."""
    words_of = [theme.split() for theme in THEMES[1:]]
    return [
        f"{words_of[n % 4][n % 4]} {words_of[(n + 1) % 4][n % 3]} number {n} talk" if n % 9 == 0 else words_of[n % 4][0]
        for n in range(count)
    ]


def theme_meanings(background: int = 250) -> Meanings:
    """The model with a background of so many texts."""
    meanings = Meanings(encode, MODEL)
    meanings.learn(encode(text) for text in some_news(background))
    return meanings
