"""From a feed's bytes to its text, whatever encoding it, its server or its author says it has.

What is valid UTF-8 is UTF-8, whoever declares what: measured on real feeds, a wrong declaration is far more common
than another encoding that happens to be valid UTF-8. Otherwise the byte order mark, the server's charset, the XML
declaration and windows-1252 are tried in that order.

Effects: none.
"""

import codecs
import re
import sys
from html.entities import html5

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.IGNORECASE)
_REFERENCE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    rb"|(?P<numbers>(?:&#(?:[0-9]{1,32}|[xX][0-9a-fA-F]{1,32});)+)|&(?:(?P<name>[A-Za-z][A-Za-z0-9]{1,31});|(?P<bare>))",
    re.DOTALL,
)
_NUMBER = re.compile(rb"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));")
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 allows in no document, not even as a reference."""
_XML_NAMES = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NULS = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# What publishers call by the older name is written with the newer set: browsers read it so, and so do we.
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
# Only character sets: Python also knows "encodings" that unescape, expand or take quadratic time.
_CHARACTER_SET = re.compile(
    r"utf-(?:8|16|32)(?:-[lb]e)?|utf-8-sig|ascii|iso8859-\d+|cp\d+|koi8-[rut]|gb2312|gbk|gb18030|big5(?:hkscs)?"
    r"|euc_(?:jp|kr|jis_2004|jisx0213)|shift_jis\w*|iso2022_\w+|tis-620|mac-\w+|ptcp154|kz1048|johab|hz"
)
_MARKS_PER_BROKEN = 10
"""A body with this many good non-ASCII characters per broken one is damaged UTF-8, not another encoding."""


def decode_body(body: bytes, charset: str | None = None) -> str:
    """The text of a feed, by the rule above. Never fails: what no encoding reads becomes U+FFFD."""
    head = body[:4]
    for start, name in _NULS:
        if head.startswith(start):  # UTF-16 of plain English is valid UTF-8 too, full of NULs
            return body.decode(name, "replace")
    declared = _DECLARED.search(body[:500])
    named: list[str | None] = [charset, declared.group(1).decode("ascii") if declared else None]
    if b"\x1b" in body:
        for found in filter(None, map(character_set, named)):
            if found.startswith("iso2022"):  # seven-bit Japanese is valid UTF-8 as well
                return body.decode(found, "replace")
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return _decode_other(body, named)


def as_utf8_xml(text: str) -> bytes:
    """The text as UTF-8 bytes without an XML declaration, so that no parser believes an encoding we overruled."""
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def repair_references(xml: bytes) -> bytes:
    """The same XML with the commonest faults of references mended.

    A bare `&` is escaped, HTML's named characters, which XML lacks, become numbers, the two halves of a surrogate pair
    become their character, and the number of no character becomes U+FFFD. Marked sections and comments stay as they
    are; in a document that defines entities of its own nothing but numbers is mended.
    """
    if b"&" not in xml:
        return xml
    return _REFERENCE.sub(_mend_number if b"<!ENTITY" in xml else _mend, xml)


def _mend(found: re.Match[bytes]) -> bytes:
    name = found.group("name")
    if found.group("numbers"):
        return _mend_number(found)
    if found.group("bare") is None and (name is None or name in _XML_NAMES):
        return found.group()
    if name and (characters := html5.get(name.decode("ascii") + ";")):
        return _as_numbers(characters)
    return b"&amp;" + found.group()[1:]


def _mend_number(found: re.Match[bytes]) -> bytes:
    numbers = found.group("numbers")
    if not numbers:
        return found.group()
    codes = (int(decimal or digits, 10 if decimal else 16) for decimal, digits in _NUMBER.findall(numbers))
    text = "".join(chr(code) if code <= sys.maxunicode else "\ufffd" for code in codes)
    if b"X" not in numbers and not _IMPOSSIBLE.search(text):  # XML knows a small x only
        return found.group()
    # What JavaScript and Java call a character is half of one beyond U+FFFF, and so they write emoji as two numbers.
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _as_numbers(_IMPOSSIBLE.sub("\ufffd", paired))


def _as_numbers(characters: str) -> bytes:
    return "".join(f"&#{ord(character)};" for character in characters).encode("ascii")


def character_set(name: str | None) -> str | None:
    """Python's name of a declared character set, in its widest form; None for what is not one."""
    if not name:
        return None
    try:
        known = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    if not _CHARACTER_SET.fullmatch(known):
        return None
    return _WIDER.get(known, known)


def _decode_other(body: bytes, named: list[str | None]) -> str:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace").removeprefix("\ufeff")
    for declared in named:
        found = character_set(declared)
        if found is None or found.startswith("utf-8"):
            continue
        try:
            return body.decode(found)
        except (UnicodeDecodeError, UnicodeError):
            continue
    damaged = body.decode("utf-8", "replace")
    broken = damaged.count("\ufffd")
    good = len(damaged) - len(damaged.encode("ascii", "ignore")) - broken
    return damaged if good >= broken * _MARKS_PER_BROKEN else body.decode("cp1252", "replace")
