"""One form of a headline and of a text, whatever an outlet wraps around them, and the keys made of them.

Labels before a headline ("UPDATE 2-"), the outlet's name behind it, datelines, credits and "read more" say nothing
about what is told, and differ between two prints of one text. Keys are 63 bits of BLAKE2b, alike in every process.

Effects: none.
"""

import re
from functools import lru_cache
from hashlib import blake2b

from monitor.patterns import pattern
from monitor.urls import canonical_url, is_front_page
from monitor.words import MARKS, fold

BODY_CHARS_MAX = 1_600
"""How much of a text is looked at: more than 100 words in any language, and nothing longer is ever compared."""
CACHE_TITLES = 2_048
"""Headlines remembered with their form, and links with their key, under 2 MB: four batches, of which each asks for its
own three times."""
CACHE_BODIES = 256
"""Beginnings of texts remembered with their form, under 1 MB: identity and likeness ask for each in turn."""
SUFFIX_WORDS_MAX = 4
SUFFIX_CHARS_MAX = 40
REST_WORDS_MIN = 4
REST_CHARS_MIN = 15
"""An outlet's name is short, and what stands before it must still be a headline."""
TITLE_CHARS_MAX = 500
"""A longer headline is a text somebody put in the wrong place; its beginning is enough."""

_LABEL = pattern(
    r"\s*(?:update|wrapup|refile|correct(?:ed|ion)?|rpt|factbox|timeline|exclusive|breaking(?: news)?|watch|video|live|"
    r"report|opinion|analysis|just in|developing|urgent|alert|photos?)(?:\s*\d{1,2})?\s*(?:[-:|–—]+\s*)+(?=\S)",
    re.IGNORECASE,
)
_FOREIGN_LABEL = pattern(
    r"\s*(?:(?:eilmeldung|eil|liveticker|kommentar|en direct|direct|alerte info|en vivo|en directo|última hora|urgente|"
    r"vídeo|ao vivo|diretta|ultim['’]ora|pilne|na żywo|срочно|молния|терміново|наживо|عاجل|مباشر|فوری|דיווח|מבזק|속보|"
    r"son dakika|breaking)\s*(?:[-:|–—]+\s*)+|[【\[［](?:速報|独自|快讯|快訊|속보|단독)[】\]］]\s*)(?=\S)",
    re.IGNORECASE,
)
_LABEL_MARKS = pattern(r"[-:|–—【\[［]")
_SEPARATOR = pattern(r"\s+[-|–—·»]\s+")
_DATELINE = pattern(
    r"\s*[A-Z][\w .,'’/-]{1,60}?\((?:Reuters|AP|AFP|dpa|UPI|PTI|ANI|Xinhua|Bloomberg|CNN)\)\s*[-–—:]*\s*"
)
_BOILERPLATE_SIGNS = (
    "read more", "continue reading", "appeared first on", "ing by ", "©", "copyright", "(c)", "rights reserved",
    "cookies", "newsletter", "subscribe", "follow us", "related:", "originally published",
)  # fmt: skip
_BOILERPLATE = pattern(
    r"(?:\bread more|\bcontinue reading)\b.*"
    r"|\bthe post\b.{1,200}?\bappeared first on\b.*"
    r"|\((?:additional |further )?(?:reporting|editing|writing|compiled)\b[^)]{0,200}\)"
    r"|(?:©|\(c\)|\bcopyright\b).{0,120}$"
    r"|\ball rights reserved\b\.?",
    re.IGNORECASE | re.DOTALL,
)
_FOREIGN_MORE = pattern(
    r"(?:^|(?<=[\s.!?…。]))[\[(]?(?:lire la suite|lire aussi|weiterlesen|leer más|seguir leyendo|leggi tutto|"
    r"continua a leggere|leia mais|continue lendo|lees meer|lees verder|"
    r"czytaj dalej|czytaj więcej|читать далее|читайте также|читати далі|"
    r"اقرأ المزيد|ادامه مطلب|続きを読む|阅读全文|閱讀全文|더보기|קרא עוד|baca selengkapnya|devamını oku)[^\n]{0,80}$",
    re.IGNORECASE,
)
_ENDS = frozenset('.!?"”。')
FOREIGN_MORE_CHARS = 160
"""How far from the end such a line may begin."""
_STANDING = pattern(
    r"\b(?:we use cookies|our newsletter|subscribe (?:to|now)|follow us on|related:"
    r"|this article was originally published)",
    re.IGNORECASE,
)
STANDING_CHARS_MAX = 200
"""How much of a sentence goes with the standing phrase in it, on either side."""
_SENTENCE_END = pattern(r"[.!?\n]")
_TAILS = ("...", "…", "[…]", "[...]")
_WORD = pattern(r"\d+(?:[.,]\d+)*|[^\W_]+")
_MARK = pattern(f"[{MARKS}]")
_MARKED_WORD = pattern(rf"\d+(?:[.,]\d+)*(?![{MARKS}])|[^\W_]+(?:[{MARKS}]+[^\W_]*)*")
# Beside plain letters and digits, numbers with points or with letters behind them are all that this pattern cuts
# differently from white space; where there is none, translating and splitting is four times as fast (measured).
_ODD_NUMBER = pattern(r"[0-9](?:[.,][0-9]|[a-z])")
_GROUPED = pattern(r"\d[.,]\d")
_THOUSANDS = pattern(r"[^\W0]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+)")
_TO_SPACE = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
_WIDE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SPACELESS = pattern(f"[{_WIDE}]")
_POSSESSIVE = pattern(r"['’]s\b")


def key_of(*fields: str) -> int:
    """63 bits that stand for these fields in this order: they fit a BIGINT and are the same on every machine."""
    digest = blake2b("\x1f".join(fields).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def split_words(text: str) -> list[str]:
    """Folded words in order, numbers whole without their commas; scripts without spaces by pairs of characters."""
    folded = fold(text)
    if "'s" in folded or "’s" in folded:
        folded = _POSSESSIVE.sub("", folded)
    if folded.isascii() and not _ODD_NUMBER.search(folded):
        return folded.translate(_TO_SPACE).split()
    found = (_MARKED_WORD if _MARK.search(folded) else _WORD).findall(folded)
    if _GROUPED.search(folded):
        found = [_plain_number(word) if word[0].isdigit() else word for word in found]
    if not folded.isascii() and _SPACELESS.search(folded):
        return [part for word in found for part in _pairs(word)]
    return found


def _plain_number(word: str) -> str:
    """Without marks between thousands, a point before decimals: 5,000 and 5.000 are 5000; 3,5 is 3.5."""
    if _THOUSANDS.fullmatch(word):
        return word.replace(",", "").replace(".", "")
    last = max(word.rfind(","), word.rfind("."))
    if word.count(",") and word.count("."):
        return f"{word[:last].replace(',', '').replace('.', '')}.{word[last + 1 :]}"
    return word.replace(",", ".") if word.count(",") == 1 else word.replace(",", "")


def _pairs(word: str) -> list[str]:
    if len(word) < 3 or not _SPACELESS.search(word):
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


@lru_cache(maxsize=CACHE_TITLES)
def headline(title: str) -> str:
    """The headline without labels before it, the outlet's name behind it, and trailing dots."""
    text = title[:TITLE_CHARS_MAX].strip()
    # The mark behind a label first: most headlines have none, and looking for every label takes longer.
    while _LABEL_MARKS.search(text, 0, 30) is not None:
        label = _LABEL.match(text) or _FOREIGN_LABEL.match(text)
        if label is None:
            break
        text = text[label.end() :]
    separators = list(_SEPARATOR.finditer(text))
    if separators:
        rest, suffix = text[: separators[-1].start()], text[separators[-1].end() :]
        if (
            2 <= len(suffix) <= SUFFIX_CHARS_MAX
            and len(suffix.split()) <= SUFFIX_WORDS_MAX
            and len(rest) >= REST_CHARS_MIN
            and len(split_words(rest)) >= REST_WORDS_MIN
        ):
            text = rest
    return text.rstrip(".… ")


@lru_cache(maxsize=CACHE_TITLES)
def headline_form(title: str) -> str:
    """The headline's folded words in one string: equal for two spellings of one headline, empty only for no title."""
    return " ".join(split_words(headline(title))) or fold(title[:TITLE_CHARS_MAX]).strip()


@lru_cache(maxsize=CACHE_TITLES)
def headline_key(title: str) -> int:
    """The key of the headline alone."""
    return key_of(headline_form(title))


@lru_cache(maxsize=CACHE_TITLES)
def page_key(url: str) -> int | None:
    """The key of a link's canonical address; None where it leads to a front page or nowhere."""
    address = canonical_url(url)
    return key_of(address) if address and not is_front_page(address) else None


def body(text: str) -> str:
    """The beginning of a text without dateline, credits, "read more" and other standing lines."""
    return _body(text[:BODY_CHARS_MAX])


def body_words(text: str) -> tuple[str, ...]:
    """The words of `body`."""
    return _body_words(text[:BODY_CHARS_MAX])


@lru_cache(maxsize=CACHE_BODIES)
def text_form(text: str, chars_max: int) -> str:
    """The words of `body` in one string of at most `chars_max` characters."""
    return " ".join(body_words(text))[:chars_max]


@lru_cache(maxsize=CACHE_BODIES)
def _body_words(cut: str) -> tuple[str, ...]:
    return tuple(split_words(_body(cut)))


@lru_cache(maxsize=CACHE_BODIES)
def _body(cut: str) -> str:
    dateline = _DATELINE.match(cut[:120]) if "(" in cut[:80] else None
    if dateline is not None:
        cut = cut[dateline.end() :]
    lower = cut.lower()
    for sign in _BOILERPLATE_SIGNS:  # not `any`: the generator costs five times the searches
        if sign in lower:
            cut = _drop_standing(_BOILERPLATE.sub(" ", cut))
            break
    cut = _drop_tails(cut.strip())
    if cut[-1:] in _ENDS:  # most texts: a line that leads to more ends like no sentence
        return cut
    more = _FOREIGN_MORE.search(cut, max(0, len(cut) - FOREIGN_MORE_CHARS))
    return _drop_tails(cut[: more.start()].strip()) if more is not None else cut


def _drop_standing(text: str) -> str:
    """Without the sentences that hold a standing phrase; found by the phrase, for a pattern of the whole is slow."""
    while (phrase := _STANDING.search(text)) is not None:
        begin = max(0, phrase.start() - STANDING_CHARS_MAX)
        ends = [found.end() for found in _SENTENCE_END.finditer(text, begin, phrase.start())]
        stop = _SENTENCE_END.search(text, phrase.end(), phrase.end() + STANDING_CHARS_MAX)
        after = stop.end() if stop else min(len(text), phrase.end() + STANDING_CHARS_MAX)
        text = f"{text[: ends[-1] if ends else begin]} {text[after:]}"
    return text


def _drop_tails(text: str) -> str:
    while text.endswith(_TAILS):
        text = text[: -max(len(tail) for tail in _TAILS if text.endswith(tail))].rstrip()
    return text
