"""From what a parser found to entries: one set of rules for every road, so that no road tells a story differently.

Ids are trimmed and kept apart, titles and texts are cleaned, links are absolute, dates are possible ones, and
everything has a bound.

Effects: none.
"""

import html
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from msgspec import Struct, field

from monitor.feeds.dates import possible
from monitor.model import Entry, ParsedFeed
from monitor.text import clean_line, clean_text, is_grapheme_start, plain_line, shorten

ENTRIES_MAX = 2_000
"""Entries kept of one feed. The longest real feed seen has 1,100; what is beyond would be an archive, not news."""
TEXT_CHARS_MAX = 200_000
"""Characters kept of a summary or a content: a book chapter; the longest real article seen is under 120,000."""
MARKUP_CHARS_MAX = 4 * TEXT_CHARS_MAX
"""Markup read to get there, so that a bomb costs milliseconds."""
LINE_CHARS_MAX = 1_000
"""Characters kept of a title; real ones stay under 400."""
NAME_CHARS_MAX = 200
URL_CHARS_MAX = 4_000
"""Longer addresses are data, not links; browsers and servers refuse them too."""
TAGS_MAX = 20
TITLE_FALLBACK_CHARS = 100
ID_CHARS_MAX = 2_000

_REVISION = re.compile(r"#\d{1,4}$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_URL_UNSEEN = re.compile(
    r"[\x00-\x20\x7f\u2028\u2029\ufeff]+$|^[\x00-\x20\x7f\u2028\u2029\ufeff]+|[\x00-\x1f\x7f-\x9f]+"
)
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*+(?:[/?#][\x21-\x7e]*+)?")
"""Most addresses: absolute, without port and user, nothing to trim, nothing that could be read in two ways."""
_PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
WAIT_S_MAX = 31_536_000


class RawEntry(Struct):
    """What a parser found of one entry: markup, relative links, any date."""

    id: str = ""
    title: str = ""
    link: str = ""
    other_links: Sequence[str] = ()
    """Addresses to fall back to, such as an enclosure's."""
    published: datetime | None = None
    updated: datetime | None = None
    author: str = ""
    summary: str = ""
    content: str = ""
    source: str = ""
    source_url: str = ""
    language: str | None = None
    tags: Sequence[str] = ()
    title_is_text: bool = False
    """The feed says that the title is text, so that `<b>` in it is meant to be read."""
    summary_is_text: bool = False
    content_is_text: bool = False


class RawFeed(Struct):
    """What a parser found of a feed."""

    road: str
    title: str = ""
    link: str = ""
    language: str | None = None
    ttl_s: int | None = None
    skip_times: str = ""
    entries: list[RawEntry] = field(default_factory=list)


def finish_feed(raw: RawFeed, *, base_url: str, now: datetime | None) -> ParsedFeed:
    """The feed as the rest of the program knows it, its entries in the feed's own order.

    Every text can be stored: it can be written as UTF-8 and holds no NUL, whatever the parser gave.
    """
    link = resolve(raw.link, base_url)
    base = base_url or link
    language = language_of(raw.language)
    kept = _newest(raw.entries)
    guids = [plain_line(entry.id)[:ID_CHARS_MAX] for entry in kept]
    ids = _tell_apart(kept, guids)
    return ParsedFeed(
        title=shorten(clean_line(raw.title[:MARKUP_CHARS_MAX]), LINE_CHARS_MAX),
        link=link,
        entries=tuple(
            _finish_entry(entry, entry_id, guid, base, language, now)
            for entry, entry_id, guid in zip(kept, ids, guids, strict=True)
        ),
        language=language,
        ttl_s=raw.ttl_s,
        road=raw.road,
        skip_times=raw.skip_times,
    )


def resolve(url: str, base_url: str) -> str:
    """An absolute http(s) address, or an empty string for what is none and cannot be made one.

    What comes back holds no control character and can be written as UTF-8: half a surrogate pair is no address.
    """
    if _PLAIN_URL.fullmatch(url) and len(url) <= URL_CHARS_MAX:
        return url
    url = _URL_UNSEEN.sub("", url)
    if not url or len(url) > URL_CHARS_MAX:
        return ""
    try:
        if not url.startswith(("http://", "https://")):
            url = urljoin(base_url, url) if base_url else "https:" + url if url.startswith("//") else url
        url.encode("utf-8")
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:  # UnicodeEncodeError is one
        return ""


def language_of(name: str | None) -> str | None:
    """A language tag such as `en-GB`, or None for what is none."""
    name = name.strip() if name else ""
    return name.replace("_", "-") if _LANGUAGE.fullmatch(name) else None


def wait_of(ttl_minutes: str, period: str, frequency: str) -> int | None:
    """How long a feed asks us to wait, in seconds: the longer of its `ttl` and its `sy:updatePeriod`, if any."""
    waits = []
    if ttl_minutes.strip().isdecimal() and len(ttl_minutes) <= 9:
        waits.append(int(ttl_minutes) * 60)
    if seconds := _PERIODS_S.get(period.strip().lower()):
        times = int(frequency) if frequency.strip().isdecimal() and len(frequency) <= 6 else 1
        waits.append(seconds // max(times, 1))
    wait_s = max(waits, default=0)
    return wait_s if 0 < wait_s <= WAIT_S_MAX else None


def _newest(entries: list[RawEntry]) -> list[RawEntry]:
    if len(entries) <= ENTRIES_MAX:
        return entries
    first, last = entries[0], entries[-1]
    first_at, last_at = first.published or first.updated, last.published or last.updated
    oldest_first = first_at is not None and last_at is not None and first_at < last_at
    return entries[-ENTRIES_MAX:] if oldest_first else entries[:ENTRIES_MAX]


def _tell_apart(entries: Sequence[RawEntry], full: list[str]) -> list[str]:
    """An id per entry: trimmed, without a revision suffix, and different for entries that differ.

    The BBC writes `…#0`, then `…#1` when an article is edited: without the suffix an edit is no news. Where one feed
    holds both, the suffix tells entries apart and stays. Where a feed gives one id to several entries, their links
    and then their titles tell them apart.
    """
    if len(set(full)) == len(full) and "#" not in "".join(full):
        return full
    stems = [_REVISION.sub("", entry_id) or entry_id for entry_id in full]
    # A repeat of the very same id is no reason to keep its suffix.
    stem_uses = Counter(stem for stem, _ in set(zip(stems, full, strict=True)))
    ids = [stem if stem_uses[stem] == 1 else whole for stem, whole in zip(stems, full, strict=True)]
    for part in ("link", "title"):
        uses = Counter(ids)
        ids = [
            f"{entry_id}|{plain_line(getattr(entry, part)[:MARKUP_CHARS_MAX])[:ID_CHARS_MAX]}"
            if entry_id and uses[entry_id] > 1
            else entry_id
            for entry_id, entry in zip(ids, entries, strict=True)
        ]
        if len(set(ids)) == len(ids):
            break
    return ids


def _finish_entry(
    raw: RawEntry, entry_id: str, guid: str, base_url: str, language: str | None, now: datetime | None
) -> Entry:
    link = _link_of(raw, guid, base_url)
    entry_language = language_of(raw.language) if raw.language else None
    updated = possible(raw.updated, now)
    published = updated if raw.published is raw.updated else possible(raw.published, now) or updated
    summary = _body_of(raw.summary, raw.summary_is_text)
    # Many feeds say it twice, and cleaning is the dearest step.
    content = summary if raw.content == raw.summary else _body_of(raw.content, raw.content_is_text)
    return Entry(
        id=entry_id,
        title=_title_of(raw) or _beginning(content or summary) or link or guid or "Untitled",
        link=link,
        published=published,
        updated=updated,
        author=_name_of(raw.author),
        summary=summary,
        content=content,
        source=_name_of(raw.source),
        source_url=resolve(raw.source_url, base_url) if raw.source_url else "",
        language=entry_language if entry_language != language else None,
        tags=_tags_of(raw.tags),
        guid=guid if guid != entry_id else "",
    )


def _title_of(raw: RawEntry) -> str:
    title = raw.title[:MARKUP_CHARS_MAX]
    title = plain_line(title) if raw.title_is_text else clean_line(title)
    return shorten(title, LINE_CHARS_MAX)


def _body_of(markup: str, is_text: bool) -> str:
    if not markup:
        return ""
    markup = markup[:MARKUP_CHARS_MAX]
    if is_text and ("<" in markup or "&" in markup):
        markup = html.escape(markup, quote=False)
    return clean_text(markup)[:TEXT_CHARS_MAX]


def _name_of(markup: str) -> str:
    return shorten(clean_line(markup[:LINE_CHARS_MAX]), NAME_CHARS_MAX) if markup else ""


def _beginning(text: str) -> str:
    line = plain_line(text[: 10 * TITLE_FALLBACK_CHARS])
    if len(line) <= TITLE_FALLBACK_CHARS:
        return line
    end = TITLE_FALLBACK_CHARS
    while end > 1 and not is_grapheme_start(line, end):
        end -= 1
    return line[:end].rstrip() + "…"


def _link_of(raw: RawEntry, guid: str, base_url: str) -> str:
    if link := resolve(raw.link, base_url):
        return link
    for other in raw.other_links:
        if link := resolve(other, base_url):
            return link
    return resolve(guid, "") if guid.startswith(("http://", "https://")) else ""


def _tags_of(tags: Sequence[str]) -> tuple[str, ...]:
    if not tags:
        return ()
    found: dict[str, None] = {}
    for tag in tags[: 10 * TAGS_MAX]:
        name = _name_of(tag)
        if name:
            found[name] = None
        if len(found) == TAGS_MAX:
            break
    return tuple(found)
