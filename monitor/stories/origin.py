"""Read which news agency a text is credited to: by its dateline, its author, its source or the credit at its end.

Only the places where a credit stands are looked at, and there a name counts only as a whole. A mention in running text
("told Reuters", "verified by AFP") is never a credit, and neither is the credit of a picture.

Effects: none.
"""

import re

from monitor.patterns import pattern

HEAD_CHARS = 140
TAIL_CHARS = 400
"""A dateline stands at the very beginning, a credit in the last lines."""
PLACE_WORDS_MAX = 6
"""Words before an agency in brackets that no dash follows: a place and a date, not half a sentence."""

_NAMES = {
    "reuters": "Reuters|Thomson Reuters|Reuters News|رويترز|ロイター|路透社|Рейтер",
    "ap": "AP|A.P.|Associated Press|The Associated Press|AP News|أ ب|アソシエーテッド・プレス",
    "afp": "AFP|A.F.P.|Agence France-Presse|Agence France Presse|AFP News|أ ف ب|أ.ف.ب|فرانس برس|AFP時事",
    "dpa": "dpa|dpa/lsw|dpa-infocom|Deutsche Presse-Agentur|dpa international",
    "dpa-afx": "dpa-AFX|dpa-AFX Broker",
    "upi": "UPI|United Press International",
    "pti": "PTI|Press Trust of India|भाषा",
    "ani": "ANI|Asian News International",
    "ians": "IANS|Indo-Asian News Service",
    "xinhua": "Xinhua|Xinhua News Agency|新华社|新華社",
    "bloomberg": "Bloomberg|Bloomberg News",
    "cnn": "CNN",
    "efe": "EFE|Agencia EFE",
    "europa press": "Europa Press|EUROPA PRESS",
    "ansa": "ANSA",
    "adnkronos": "Adnkronos",
    "agi": "AGI",
    "tass": "TASS|ITAR-TASS|ТАСС",
    "ria novosti": "RIA Novosti|РИА Новости",
    "interfax": "Interfax|Интерфакс",
    "interfax-ukraine": "Interfax-Ukraine|Інтерфакс-Україна",
    "ukrinform": "Ukrinform|Укрінформ",
    "sputnik": "Sputnik",
    "kyodo": "Kyodo|Kyodo News|共同|共同通信",
    "jiji": "Jiji|Jiji Press|時事|時事通信",
    "yonhap": "Yonhap|Yonhap News Agency|연합뉴스",
    "belga": "Belga|Agence Belga",
    "anp": "ANP",
    "apa": "APA",
    "sda": "sda|SDA|Keystone-SDA|awp/sda|ATS|Keystone-ATS",
    "lusa": "Lusa|Agência Lusa",
    "agência brasil": "Agência Brasil",
    "pap": "PAP",
    "ctk": "CTK|ČTK",
    "mti": "MTI",
    "anadolu": "AA|Anadolu|Anadolu Agency|Anadolu Ajansı",
    "dha": "DHA",
    "ritzau": "Ritzau|/ritzau/",
    "tt": "TT|TT-AFP|TT-Reuters|Tidningarnas Telegrambyrå",
    "ntb": "NTB|©NTB",
    "stt": "STT",
    "notimex": "Notimex",
    "telam": "Télam|Telam",
    "wam": "WAM|وام",
    "spa": "SPA|Saudi Press Agency|واس",
    "kuna": "KUNA|كونا",
    "irna": "IRNA",
    "bernama": "Bernama",
    "antara": "Antara|ANTARA",
    "vna": "VNA|Vietnam News Agency",
    "cp": "The Canadian Press|Canadian Press|La Presse Canadienne|CP",
    "aap": "AAP|Australian Associated Press",
    "pa": "PA|PA Media|Press Association",
    "cna": "CNA",
}


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


_BY_NAME = {_key(name): agency for agency, names in _NAMES.items() for name in names.split("|")}
_WORDLIKE = frozenset(
    {"aa", "aap", "agi", "ani", "anp", "antara", "ap", "apa", "ats", "bloomberg", "cna", "cnn", "cp", "pa", "sda"}
    | {"spa", "sputnik", "stt", "tt", "wam"}
)
"""Names that are also words, or other things' initials: written as the agency writes them, in the clear shapes only."""
_LOOSE = frozenset(name for name in _BY_NAME if name not in _WORDLIKE and name not in {"共同", "時事", "भाषा", "وام"})

_BRACKETED = pattern(r"\s*([^()\n]{0,80}?)\s*\(([^()\n]{2,40})\)\s*(?:\.?\s*[-–—:=―]{1,3}|\.\s*[-–—])?")
_DASH_AFTER = pattern(r"[-–—:=―]\s*$")
_SLASHED = pattern(r"\s*[^\n/]{3,60}?[.,]?\s+/([^\s/][^/\n]{1,28}[^\s/])/\.?\s")
_PLACE_DASH_NAME = pattern(r"\s*[^\W\d_][^\n.—–]{2,40}[—–-]\s*(РИА Новости|Интерфакс|ТАСС)\.?\s")
_LEADING = pattern(r"\s*([^\n()]{2,30}?)\s+[-–—]{1,2}\s+\S|\s*([^\n()]{2,30}?)\s*—\s*\S")
_ASIAN = pattern(
    r"\s*(?:【[^】]{1,20}?(共同|時事|AFP時事|ロイター)】|(新华社|新華社)[^\n。]{2,24}电|\([^()=]{1,12}=(연합뉴스)\))"
)
_BY = pattern(r"^\s*(?:by|von|par|por|de|di|da|door|av|od|от)\s*:?\s+", re.IGNORECASE)
_AUTHORS = pattern(r"\s*(?:[,;|/&()]|\s[-–—]\s|\b(?:and|with|und|et|y|mit|avec|con|e|via)\b)\s*")
_ROLE = pattern(r"\s+(?:writers?|reporters?|staff|staff writers?|correspondent|business writers?)$", re.IGNORECASE)
_REUTERS_END = pattern(
    r"\((?:additional )?reporting by\b[^()]{2,300}\)"
    r"|\breporting by\b[^()\n]{2,240}\b(?:editing|writing) by\b",
    re.IGNORECASE,
)
_AP_END = pattern(
    r"\b(?:AP|Associated Press) (?:\w+ )?(?:writers?|reporters?|journalists?)\b[^\n]{2,200}\bcontributed\b"
)
_FILES = pattern(r"\b(?:with files from|this report by)\s+((?:the )?[A-Z][\w.]*(?: [A-Z]\w+)?)", re.IGNORECASE)
_OWNED = pattern(r"(?:©|\(c\)|\bcopyright)\s*(?:©|\(c\))?\s*(?:\d{4}\s*)?(?:by\s+)?([^\n.,;|(]{2,40})", re.IGNORECASE)
_LAST = pattern(
    r"(?:[.!?…\"”»。]\s*|\n\s*)(?:[-–—]{1,2}\s*)?[(/\[]?([^\s.!?()/\[\]\n][^.!?()/\[\]\n]{1,29}?)[)/\]]?\.?\s*$"
)
_PICTURE = pattern(r"photo|picture|image|foto|bild|imagen|video", re.IGNORECASE)
_LAST_WORDS = frozenset(re.split(r"[\s/]+", name.strip("/"))[-1] for name in _BY_NAME)
_CREDIT_SIGNS = ("eporting by", "contributed", "files from", "his report by", "©", "(c)", "opyright")


def origin_of(title: str, text: str, author: str, source: str) -> str:
    """The agency a text is credited to, in lower case and one form (`reuters`); empty where none is.

    What the entry says of itself comes first (author, source), then the dateline, then the credit at the end.
    """
    if author and (agency := _of_author(author)):
        return agency
    if source and (agency := _exact(source)):
        return agency
    head = text[:HEAD_CHARS]
    if head[:3] in {"By ", "BY "}:  # a line of its own before the dateline
        head = text[: 3 * HEAD_CHARS].partition("\n")[2][:HEAD_CHARS]
    return _of_head(head) or _of_tail(text[-TAIL_CHARS:]) or _of_title(title)


def _exact(name: str, *, is_loose: bool = False) -> str:
    """The agency of exactly this name. One that is also a word must be written in its own capitals."""
    stripped = name.strip(" .\t-–—")
    if len(stripped) > 40:
        return ""
    key = _key(stripped)
    agency = _BY_NAME.get(key, "")
    if not agency or (is_loose and key not in _LOOSE):
        return ""
    if key in _WORDLIKE and key != "sda" and stripped.islower():
        return ""
    return agency


def _any_of(names: str) -> str:
    """The first agency of `dpa/lsw` or `Reuters, AP`."""
    if agency := _exact(names):
        return agency
    for part in re.split(r"\s*[/,;]\s*|\s+and\s+", names):
        if agency := _exact(part):
            return agency
    return ""


def _of_author(author: str) -> str:
    text = _BY.sub("", author[:200])
    if agency := _exact(text):
        return agency
    for part in _AUTHORS.split(text):
        if part and (agency := _exact(_ROLE.sub("", part))):
            return agency
    return ""


def _of_head(head: str) -> str:
    if "(" in head and (found := _BRACKETED.match(head)) is not None:
        agency = _any_of(found.group(2))
        if agency and _is_place(found.group(1), found.group(2), has_dash=_DASH_AFTER.search(found.group()) is not None):
            return agency
    if (
        "/" in head
        and (found := _SLASHED.match(head)) is not None
        and (agency := _exact(found.group(1), is_loose=True))
    ):
        return agency
    if ("—" in head or "–" in head or " -" in head) and (found := _LEADING.match(head)) is not None:
        name = found.group(1) or found.group(2)
        if name.strip() == "AP" or _key(name) in _LOOSE:
            return _exact(name)
        if (place := _PLACE_DASH_NAME.match(head)) is not None:
            return _exact(place.group(1))
    if not head[:1].isascii() or head[:1] == "(":
        found = _ASIAN.match(head)
        if found is not None:
            return _exact(found.group(1) or found.group(2) or found.group(3))
    return ""


def _is_place(before: str, name: str, *, has_dash: bool) -> bool:
    """Whether a place and a date stand before a name in brackets, not a sentence nor what its initials mean."""
    words = re.findall(r"[^\W_]+", before)
    if not words:
        return has_dash
    initials = "".join(word[0] for word in words).casefold()
    letters = "".join(char for char in name if char.isalpha()).casefold()
    if len(letters) <= 5 and initials.endswith(letters):
        return False
    small = sum(1 for word in words if word[0].islower())
    if has_dash:
        return len(words) <= 10 and small <= 3
    return len(words) <= PLACE_WORDS_MAX and small <= 1 and _key(name) not in _WORDLIKE - {"ani"}


def _of_tail(tail: str) -> str:
    for sign in _CREDIT_SIGNS:
        if sign in tail:
            if agency := _of_signs(tail):
                return agency
            break
    end = tail[-60:]
    # Looked at first, for nearly every text ends in a plain word and the pattern takes longer.
    last = end.rstrip(" .)]/\n").rpartition(" ")[2].rpartition("\n")[2].rpartition("/")[2].lstrip("([-–—")
    if last.casefold() not in _LAST_WORDS:
        return ""
    found = _LAST.search(end)
    if found is None or _PICTURE.search(end) is not None:
        return ""
    return _any_of(found.group(1)) if len(tail) > len(found.group()) else ""


def _of_signs(tail: str) -> str:
    if _REUTERS_END.search(tail) is not None:
        return "reuters"
    if _AP_END.search(tail) is not None:
        return "ap"
    for one in (_FILES, _OWNED):
        for found in one.finditer(tail):
            words = found.group(1).split()
            for count in range(min(4, len(words)), 0, -1):
                if agency := _exact(" ".join(words[:count])):
                    return agency
    return ""


def _of_title(title: str) -> str:
    """By the outlet's name that an aggregator puts behind a headline."""
    if " - " not in title and " | " not in title:
        return ""
    return _exact(re.split(r" [-|] ", title[-60:])[-1], is_loose=True)
