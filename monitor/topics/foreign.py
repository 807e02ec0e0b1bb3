"""How other monitoring tools write what a query may say, and what to write here for what only they can ask.

Factiva, Nexis and Lexis, Meltwater, Brandwatch, Talkwalker, GDELT, Google. A spelling either means the same here or is
refused with ours beside it; where it nearly does, a remark says what differs.

Effects: none.
"""

FIELD_ALIASES = {
    "intitle": "title", "hd": "title", "headline": "title",
    "ingress": "lead", "lp": "lead",
    "intext": "body", "text": "body",
    "site": "source", "domain": "source", "sn": "source", "publication": "source",
    "by": "author", "byline": "author",
    "inurl": "url",
    "language": "lang", "la": "lang",
    "wc": "words",
}  # fmt: skip
"""What other tools call our fields."""

EQUATED = frozenset({"hd", "lp", "sn", "by", "la", "wc", "hlp", "co", "fds", "in", "ns", "re", "rst", "pd"})
"""Factiva's fields, which stand before a `=`."""

_DATES = "Every article is matched as it comes: leave the date out."
_PLACES = "Where an outlet sits is not known. Name outlets by source:, languages by lang:, categories by tag:."
_MOODS = "Themes and tone are not known. Write the words that tell them."
_CODES = "Codes of another tool's index are not known. Write the words."
_KINDS = "Every article comes from a feed. Name outlets by source:, categories by tag:."
REFUSED_FIELDS = {
    "hlead": "Write title:word OR lead:word.",
    "hlp": "Write title:word OR lead:word.",
    "allintitle": "Write title:(word word).",
    "allintext": "Write body:(word word).",
    "allinurl": "Write url:part for each.",
    "sourcelang": "Write the code of the language, as in lang:es.",
    "domainis": "Write source:example.org, which takes its sub-domains along.",
    "allcaps": "Write one word, as in allcaps(aid), or =AID.",
    "nocaps": "Write one word, as in nocaps(aid), or =aid.",
    "raw": 'Write one word, as in raw:Google+, or =Google+. A phrase in "quotes" keeps its form.',
    "caps": "Write the very form, as in =Aid.",
    "plural": "Write the very form, as in =banks.",
    "singular": "Write the very form, as in =bank.",
    **dict.fromkeys(("after", "before", "date", "pd"), _DATES),
    **dict.fromkeys(("country", "sourcecountry", "city", "state", "region", "continent", "location"), _PLACES),
    **dict.fromkeys(("theme", "tone", "toneabs", "sentiment", "imagetag"), _MOODS),
    **dict.fromkeys(("co", "fds", "in", "ns", "re", "rst"), _CODES),
    **dict.fromkeys(("sourcetype", "socialtype", "pagetype", "links", "filetype", "hashtag"), _KINDS),
}
"""Fields and commands of other tools that have no like here, with what to write."""

_SENTENCE = "Sentences and paragraphs are not told apart. Write NEAR/15 for a sentence, NEAR/60 for a paragraph."
SPANS = {
    **dict.fromkeys(("s", "sent", "p", "para"), _SENTENCE),
    "seg": "Write both within one field, as in title:(a b).",
}
"""What Nexis lets stand for a number of words."""

DIFFERENCES = {
    "w/": "w/n is read as NEAR/n: up to n words between, in either order. Nexis and Factiva allow one less,"
    " and in Factiva the order counts: that is ONEAR/n.",
    "pre/": "pre/n is read as ONEAR/n: up to n words between. Nexis allows one word less.",
    "adj": "adjn is read as ONEAR/n: up to n words between. Factiva allows one word less.",
    "near": "nearn is read as NEAR/n: up to n words between. Factiva allows one word less.",
    "/N": "/Nn/ is read as NEAR/n: up to n words between. Factiva allows one word less.",
    "/": "/n is read as NEAR/n: up to n words between. Nexis allows one word less.",
}
"""By spelling, what is not quite the same here."""

_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum()}
SIGNS = str.maketrans(
    {**{chr(code): sign for code, sign in _WIDE.items()}, **dict.fromkeys("“”„‟«»「」『』〝〞", '"'),
     **dict.fromkeys("\ufeff\u2060\u200e\u200f", " "), "−": "-"}
)  # fmt: skip
"""Signs as other keyboards write them, each one character for one: columns stay."""

REMEDIES = {
    "'": 'Write phrases in double quotes, as in "peace talks".',
    "‘": 'Write phrases in double quotes, as in "peace talks".',
    "’": 'Write phrases in double quotes, as in "peace talks".',
    "[": "Groups stand in ( and ).",
    "]": "Groups stand in ( and ).",
    "{": "For the very form of a word write =Word.",
    "}": "For the very form of a word write =Word.",
    "$": "Write a * for any ending, as in earn*.",
    "%": "Write ONEAR/1 for a word between.",
    "+": "Every word must be there as it is: leave the + out.",
    "<": "A length is asked for by words:<300.",
    ">": "A length is asked for by words:>300.",
}
"""What to write for a sign that means nothing here."""
