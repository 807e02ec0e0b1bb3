"""How strongly an article answers a topic, 0-100.

The measure is BM25 divided by the most it can reach: 100 would be every word of the topic, each endlessly often. It
orders the matches of any topic; for a name it also says how much of the name is there.

Effects: none.
"""

K1 = 1.2
"""How soon another occurrence of a word counts for less; with `B`, the values BM25 was published with."""
B = 0.75
"""How much a long article's words count for less."""
ARTICLE_WORDS_MEAN = 280
"""Words of an ordinary article, against which length is measured: between a teaser and a full report. Measured: from
250 to 400 the labelled sets answer alike, below 290 names that share one word with a long article are told apart."""
TITLE_FACTOR = 2
"""An occurrence in the title counts as so many."""


def length_norm(word_count: int) -> float:
    """How often a word must stand in an article of so many words to bring half of its weight."""
    return K1 * (1 - B + B * word_count / ARTICLE_WORDS_MEAN)


def saturation(frequency: float, word_count: int) -> float:
    """How much of a concept's weight so many occurrences bring, 0 to 1."""
    return frequency / (frequency + length_norm(word_count)) if frequency > 0 else 0.0
