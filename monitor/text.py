"""Make markup and hostile text into words a person can read, and two spellings of the same text equal.

Everything from a feed passes through `clean_line` or `clean_text` once, before it is stored. What comes out holds no
markup, no control, bidirectional or zero-width character, and no run of white space.

Effects: none.
"""

import html
import re
import unicodedata

import nh3

# The possessive `*+` never tries the same white space twice: one `<` before 40,000 spaces took a minute and a half.
_BLOCK_TAGS = re.compile(
    r"<\s*+/?\s*+(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|section|article|figure|figcaption|hr|pre)\b[^>]*>",
    re.IGNORECASE,
)
# `&#55357;&#56832;`: the two halves that JavaScript and Java make of a character beyond U+FFFF, written one by one.
_HALVES = re.compile(
    r"&#(?:0*(5529[6-9]|55[3-9]\d\d|56[0-2]\d\d|563[01]\d)|[xX]0*([dD][89abAB][0-9a-fA-F]{2}));"
    r"&#(?:0*(563[2-9]\d|56[4-9]\d\d|57[0-2]\d\d|573[0-3]\d|5734[0-3])|[xX]0*([dD][c-fC-F][0-9a-fA-F]{2}));"
)
# The quick road of `strip_html`: tags that cannot move, hide or change the text around them, with ordinary attributes.
# Only the white space of HTML: behind any other, a `>` in quotes would end the tag.
_ATTRIBUTES = r"""(?=[ \t\n\f/>])(?:[ \t\n\f]++[A-Za-z][\w:.-]*+(?:=(?:"[^"<]*+"|'[^'<]*+'))?+)*+[ \t\n\f]*+/?>"""
_SIMPLE_BLOCKS = re.compile(
    r"</?(?:p|br|div|li|ul|ol|h[1-6]|blockquote|section|article|figure|figcaption|hr)" + _ATTRIBUTES
)
_SIMPLE_INLINES = re.compile(r"</?(?:a|img|b|i|em|strong|span|u|s|small|sup|sub|code|cite)" + _ATTRIBUTES)
_INTERLOCKED = re.compile(r"<[^>]*<")
"""A tag that begins before another has ended: taking out the inner one would make a tag of what is text."""
_NOT_SIMPLE = re.compile("[\x00\r\ufeff\ud800-\udfff]")
"""What the HTML parser rewrites or refuses wherever it stands."""
_PARTED_REFERENCE = re.compile(r"&[^\s<>;&]*<")
"""A reference, or the beginning of one, that a tag ends: without the tag it would join what follows."""
_RARE_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip|#(?:0?3[2-9]|[4-9]\d|1[01]\d|[2-9]\d\d|[1-9]\d{3}));)"
)
"""A reference that is not among those which every reader of HTML takes alike."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_UNSEEN_ASCII = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
# U+200D joins emoji and Indic letters, so it stays where it joins something and goes at word ends.
_LOOSE_JOINER = re.compile("\u200d+(?=\\s|$)|(?:(?<=\\s)|^)\u200d+")


def strip_html(markup: str) -> str:
    """The text of a fragment of HTML, its blocks on lines of their own; scripts and styles are gone, not shown.

    Text without a tag or a character reference comes back unchanged, which is most titles and many teasers.
    """
    if "&#" in markup:
        markup = _HALVES.sub(_joined, markup)
    if "<" not in markup:
        return html.unescape(markup) if "&" in markup else markup
    quick = strip_simple(markup)
    return strip_any(markup) if quick is None else quick


def strip_simple(markup: str) -> str | None:
    """What `strip_html` says of a fragment of simple tags, in a tenth of the time; None for any other."""
    if _INTERLOCKED.search(markup):
        return None
    text = _SIMPLE_INLINES.sub("", _SIMPLE_BLOCKS.sub("\n", markup))
    # Every tag that matched has one `<`; none left means that all the markup was simple.
    if "<" in text or (_NOT_SIMPLE.search(markup) if not markup.isascii() else "\r" in markup or "\x00" in markup):
        return None
    if "&" not in text:
        return text
    return None if _PARTED_REFERENCE.search(markup) or _RARE_REFERENCE.search(text) else html.unescape(text)


def strip_any(markup: str) -> str:
    """What `strip_html` says of a fragment with tags, by the HTML parser: right for all markup, and dear."""
    # No tag ends behind the last `>`: without this, every one of many unclosed `<p` is read on to the very end.
    end = markup.rfind(">") + 1
    spaced = _BLOCK_TAGS.sub(lambda found: "\n" + found.group(0), markup[:end]) + markup[end:]
    # nh3 drops the content of <script> and <style>; feedparser's own cleaning lets event handlers through (measured).
    try:
        shown = nh3.clean(spaced, tags=set())
    except UnicodeEncodeError:
        shown = nh3.clean(_encodable(spaced), tags=set())
    return html.unescape(shown)


def _joined(halves: re.Match[str]) -> str:
    high, high_hex, low, low_hex = halves.groups()
    first, second = int(high or high_hex, 10 if high else 16), int(low or low_hex, 10 if low else 16)
    return chr(0x10000 + (first - 0xD800) * 0x400 + second - 0xDC00)


def _encodable(text: str) -> str:
    """The text without lone surrogates, which JSON may name and nothing can store."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def _drop_unseen(text: str) -> str:
    # Each branch spares most texts a pass: cleaning is the dearest step of reading a feed.
    if text.isascii():
        return text if text.isprintable() else text.translate(_UNSEEN_ASCII)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    text = _UNSEEN.sub("", text)
    text = _encodable(text)
    return _LOOSE_JOINER.sub("", text) if "\u200d" in text else text


def clean_line(markup: str) -> str:
    """A title, name or other single line: no markup, nothing unseen, white space collapsed to single spaces."""
    return plain_line(strip_html(markup))


def clean_text(markup: str) -> str:
    """A body: no markup, nothing unseen, one line per block, white space collapsed within lines."""
    return "\n".join(filter(None, map(plain_line, filter(None, strip_html(markup).split("\n")))))


def plain_line(text: str) -> str:
    """A line that is already text, not markup, made fit to show: unseen characters out, white space collapsed."""
    if _is_seen(text):
        return " ".join(text.split()) if "  " in text else text.strip()
    # `split` knows every white space of Unicode, and takes a fifth of the time of a pattern that does.
    return " ".join(_drop_unseen(text).split())


def is_plain(text: str) -> bool:
    """Whether every part of a line can stay as it is: nothing unseen, no run of white space, no other spelling."""
    return "  " not in text and _is_seen(text)


def _is_seen(text: str) -> bool:
    # What is printable holds no white space but the space and none of the unseen.
    return text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))


def shorten(text: str, length_max: int) -> str:
    """The text in at most `length_max` characters, cut at a word where one is near, ended with an ellipsis if cut.

    A base character is never parted from its combining marks, joiners or emoji modifiers.
    """
    if len(text) <= length_max:
        return text
    if length_max <= 1:
        return "…"[:length_max]
    end = length_max - 1
    space = text.rfind(" ", max(0, end - 30), end + 1)
    if space > 0:
        end = space
    while end > 0 and not is_grapheme_start(text, end):
        end -= 1
    return text[:end].rstrip() + "…"


def is_grapheme_start(text: str, index: int) -> bool:
    """Whether text may be parted before `index` without taking a mark, joiner or modifier from its base character.

    Half of a flag, which two letters make, is no start either.
    """
    if index <= 0 or index >= len(text):
        return True
    char = text[index]
    if unicodedata.category(char)[0] == "M" or char == "\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return False
    if _is_flag_letter(char):
        before = index
        while before > 0 and _is_flag_letter(text[before - 1]):
            before -= 1
        return (index - before) % 2 == 0
    return text[index - 1] != "\u200d"


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 story`, `3 stories`, `1,204 articles`; without `many` it is `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
