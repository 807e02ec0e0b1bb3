"""Is this entry an article we already have?

Publishers change ids, addresses, dates and headlines, one at a time or all at once, and none of it is news. An entry is
known by any of its names: id, canonical address, headline with date, headline with text. What was known is an argument;
nothing here reads the database.

Effects: none.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from msgspec import Struct

from monitor.model import ArticleId, Entry
from monitor.stories.normal import body_words, headline_form, headline_key, key_of, page_key, text_form
from monitor.urls import canonical_url, names_one_page

WORDS_MIN = 48
"""A shorter text proves nothing: daily columns repeat a headline over the same two sentences."""
TEXT_CHARS = 600
"""How much of a text is part of a name: enough to tell two apart, before most late edits."""
SHARED_HEADLINES_MAX = 2
"""A link under more headlines than this in one poll is a section, not a page."""
FLOOD_MIN = 3
"""Unknown entries from which on a renumbered feed is thought of."""
FLOOD_SURE = 10
"""Unknown entries from which on the headline alone pairs where entries have no text."""
SURE_WORDS = 5
"""Words such a headline must have: standing columns are shorter."""
SAME_TIME_S = 60
BACKLOG_MIN = 10
"""Unknown entries from which on old ones may be a dumped archive."""
BACKLOG_AGE = timedelta(hours=48)
"""Entries come late to a feed by hours; more than half of a large batch older than this is an archive."""


class AliasKind(IntEnum):
    """By what an entry is known; the numbers are stored."""

    GUID = 1
    URL = 2
    HEADLINE_DATE = 3
    HEADLINE_TEXT = 4
    HEADLINE = 5
    """Never identity by itself: only pairs the entries of a renumbered feed with the articles they were."""

    __hash__ = int.__hash__  # an Enum hashes its name, in Python: a million times in a first round


NAMES = (AliasKind.GUID, AliasKind.URL, AliasKind.HEADLINE_DATE, AliasKind.HEADLINE_TEXT)
"""The kinds that are identity, in the order they are asked."""

EntryKeys = dict[AliasKind, int]


class Standing(StrEnum):
    """How an entry stands when its poll is read; only a NEW one may be told."""

    NEW = "new"
    SEEN = "seen"
    BASELINE = "baseline"
    """New to us, on the feed's first poll: stored silently."""
    BACKLOG = "backlog"
    """New to us, but old news the feed dumped or renumbered: stored silently."""
    RENUMBERED = "renumbered"
    """An article we have, though the feed changed every name of it."""
    QUARANTINED = "quarantined"
    """New to us, but the feed seems to be another one now: stored silently."""


class KnownAlias(Struct, frozen=True):
    """The article behind a name the feed has used before. `title` is empty once the article was swept."""

    article_id: ArticleId
    content_key: int | None
    published_at: datetime | None
    title: str
    seen_at: datetime | None = None
    seen_day: int = 0
    """The day since 1970 on which the feed last showed the name."""


Known = Mapping[tuple[AliasKind, int], KnownAlias]


class EntryVerdict(Struct, frozen=True):
    """What one entry of a poll is."""

    entry_index: int
    standing: Standing
    article_id: ArticleId | None
    """The article we have; None for a new one, and for a second showing of an entry that is new in this poll."""
    by: AliasKind | None
    """The name it was known by."""
    revised: bool
    """Known, and its headline or text changed since."""
    reason: str
    """In words, for `explain`."""
    same_as: int | None = None
    """The index of the earlier entry of this poll that is the same article."""

    @property
    def is_news(self) -> bool:
        """Whether it may be told."""
        return self.standing is Standing.NEW


class PollVerdict(Struct, frozen=True):
    """One verdict per entry, in the entries' order, and what the whole poll looked like."""

    entries: tuple[EntryVerdict, ...]
    is_flood: bool = False
    """The feed renumbered its entries."""
    is_backlog: bool = False
    """The feed dumped old entries."""


def content_hash(entry: Entry) -> int:
    """The key of headline and text: it changes when an article is revised, not when an outlet's wrapping does."""
    return key_of(headline_form(entry.title), _text_form(entry))


def entry_keys(entry: Entry) -> EntryKeys:
    """Every name one entry has by itself. An empty id, a front page, a missing date or a short text give none."""
    keys: EntryKeys = {}
    if entry.id:
        keys[AliasKind.GUID] = key_of(entry.id)
    page = page_key(entry.link) if entry.link else None
    if page is not None:
        keys[AliasKind.URL] = page
    form = headline_form(entry.title)
    if form:
        keys[AliasKind.HEADLINE] = headline_key(entry.title)
        # An aggregator lists one text of many outlets: each is an article, and its publisher counts.
        outlet = [entry.source] if entry.source else []
        if entry.published is not None:
            keys[AliasKind.HEADLINE_DATE] = key_of(form, str(int(entry.published.timestamp())), *outlet)
        text = entry.text
        if _is_long(text):
            keys[AliasKind.HEADLINE_TEXT] = key_of(form, text_form(text, TEXT_CHARS), *outlet)
    return keys


def poll_keys(entries: Sequence[Entry], *, feed_link: str) -> list[EntryKeys]:
    """The names of one poll's entries, without those that name nothing in this poll.

    An id on two different entries names neither; so does a headline with date over two texts. A link under more than
    two headlines is a section, and the feed's own site is never a page. An entry left without a name that is surely its
    own is named by all it says, so that no entry comes back as news at every poll.
    """
    named = [entry_keys(entry) for entry in entries]
    site = key_of(canonical_url(feed_link)) if feed_link else None
    contents: dict[int, int] = {}

    def content_of(index: int) -> int:
        if index not in contents:
            contents[index] = content_hash(entries[index])
        return contents[index]

    for kind in (AliasKind.GUID, AliasKind.URL, AliasKind.HEADLINE_DATE):
        holders: dict[int, list[int]] = defaultdict(list)
        for index, keys in enumerate(named):
            if kind in keys:
                holders[keys[kind]].append(index)
        for key, indexes in holders.items():
            if kind is AliasKind.URL:
                headlines = {named[index].get(AliasKind.HEADLINE) for index in indexes}
                is_void = key == site or len(headlines) > SHARED_HEADLINES_MAX
            else:
                is_void = len(indexes) > 1 and len({content_of(index) for index in indexes}) > 1
            if is_void:
                for index in indexes:
                    del named[index][kind]
    for entry, keys in zip(entries, named, strict=True):
        if not _has_sure_name(entry, keys):
            whole = (entry.id, canonical_url(entry.link), headline_form(entry.title), _text_form(entry))
            keys[AliasKind.HEADLINE_TEXT] = key_of(*whole)
    return named


def page_link(entry: Entry, keys: EntryKeys) -> str:
    """The link by which other feeds may show the same page; empty where it names no page, or named none in this poll.

    `keys` are those of `poll_keys`. A section whose every entry is another article must not make them one story.
    """
    return entry.link if AliasKind.URL in keys and names_one_page(canonical_url(entry.link)) else ""


def _has_sure_name(entry: Entry, keys: EntryKeys) -> bool:
    """Whether one of its names can never be found to mean another article."""
    if AliasKind.HEADLINE_DATE in keys or AliasKind.HEADLINE_TEXT in keys:
        return True
    return AliasKind.URL in keys and names_one_page(canonical_url(entry.link))


def resolve_poll(
    entries: Sequence[Entry],
    keys: Sequence[EntryKeys],
    known: Known,
    *,
    first_poll: bool,
    watermark_at: datetime | None,
    now: datetime,
) -> PollVerdict:
    """Say of each entry whether it is an article we have, the same as another of this poll, news, or silent.

    `keys` are those of `poll_keys`, `known` what the feed's names mean so far. A hit never tells. On the first poll
    everything else is the baseline; in a flood or a backlog only entries published after the watermark are news.
    """
    verdicts: list[EntryVerdict | None] = []
    holders: dict[tuple[AliasKind, int], int] = {}
    for index, entry in enumerate(entries):
        verdict = _known_verdict(index, entry, keys[index], known)
        if verdict is None:
            verdict = _same_verdict(index, entries, keys[index], holders, verdicts)
        for kind in NAMES:
            if kind in keys[index]:
                holders.setdefault((kind, keys[index][kind]), index)
        verdicts.append(verdict)
    unknown = [index for index, verdict in enumerate(verdicts) if verdict is None]
    if first_poll:
        for index in unknown:
            verdicts[index] = EntryVerdict(index, Standing.BASELINE, None, None, False, "the feed's first poll")
        return _finish(verdicts)
    seen = {verdict.article_id for verdict in verdicts if verdict is not None}
    pairs = _pair_flood([(index, entries[index], keys[index]) for index in unknown], known, seen)
    for index, article in pairs.items():
        reason = "the feed changed its ids or addresses; headline and date or text are those of an article we have"
        revised = _is_revised(entries[index], article)
        verdicts[index] = EntryVerdict(
            index, Standing.RENUMBERED, article.article_id, AliasKind.HEADLINE, revised, reason
        )
    backlog = _is_backlog([entries[index] for index in unknown], watermark_at, now)
    for index in unknown:
        if index not in pairs:
            held = _why_held(entries[index], bool(pairs), backlog, watermark_at, now)
            standing = Standing.BACKLOG if held else Standing.NEW
            verdicts[index] = EntryVerdict(index, standing, None, None, False, held or "not seen before in this feed")
    return _finish(verdicts, is_flood=bool(pairs), is_backlog=backlog)


def _finish(
    verdicts: Sequence[EntryVerdict | None], *, is_flood: bool = False, is_backlog: bool = False
) -> PollVerdict:
    complete = tuple(verdict for verdict in verdicts if verdict is not None)
    assert len(complete) == len(verdicts)
    return PollVerdict(complete, is_flood, is_backlog)


# --- one entry against what is known ---------------------------------------------------------------------------------

_WORDS = {
    AliasKind.GUID: "id",
    AliasKind.URL: "address",
    AliasKind.HEADLINE_DATE: "headline and date",
    AliasKind.HEADLINE_TEXT: "headline and text",
}


def _known_verdict(index: int, entry: Entry, keys: EntryKeys, known: Known) -> EntryVerdict | None:
    for kind in NAMES:
        article = known.get((kind, keys[kind])) if kind in keys else None
        if article is None or _is_contradicted(kind, entry, keys, article, known):
            continue
        revised = _is_revised(entry, article)
        reason = f"known by its {_WORDS[kind]}" + (", revised" if revised else "")
        return EntryVerdict(index, Standing.SEEN, article.article_id, kind, revised, reason)
    return None


def _is_revised(entry: Entry, article: KnownAlias) -> bool:
    return article.content_key is not None and content_hash(entry) != article.content_key


def _is_contradicted(kind: AliasKind, entry: Entry, keys: EntryKeys, article: KnownAlias, known: Known) -> bool:
    """Whether everything else about the entry says that the name was given to another article."""
    if not article.title or kind not in (AliasKind.GUID, AliasKind.URL):
        return False  # a swept article cannot contradict; the other names carry headline and date or text themselves
    if headline_form(entry.title) == headline_form(article.title):
        return False
    if kind is AliasKind.URL:
        if names_one_page(canonical_url(entry.link)):
            return False  # a live page changes everything but its address
        return not _same_time(entry.published, article.published_at)
    has_page = AliasKind.URL in keys and names_one_page(canonical_url(entry.link))
    by_url = known.get((AliasKind.URL, keys[AliasKind.URL])) if has_page else None
    if by_url is not None and by_url.article_id == article.article_id:
        return False
    if has_page and entry.published and article.published_at:
        return not _same_time(entry.published, article.published_at)
    # No link (a section's is none) or no date can speak for or against: then the headlines must have little in common.
    return not _same_time(entry.published, article.published_at) and not _share_words(entry.title, article.title)


def _same_time(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and abs((one - other).total_seconds()) < SAME_TIME_S


def _share_words(one: str, other: str) -> bool:
    """Whether half of the shorter headline stands in the other."""
    left, right = set(headline_form(one).split()), set(headline_form(other).split())
    return 2 * len(left & right) >= max(1, min(len(left), len(right)))


def _same_verdict(
    index: int,
    entries: Sequence[Entry],
    keys: EntryKeys,
    holders: Mapping[tuple[AliasKind, int], int],
    verdicts: Sequence[EntryVerdict | None],
) -> EntryVerdict | None:
    """The verdict on a second showing of an entry in one poll."""
    entry = entries[index]
    for kind in NAMES:
        first = holders.get((kind, keys[kind])) if kind in keys else None
        if first is None:
            continue
        earlier = entries[first]
        # Under a section's link two headlines are two articles; one date proves nothing, feeds date by the day.
        is_section = kind is AliasKind.URL and not names_one_page(canonical_url(entry.link))
        if is_section and headline_form(entry.title) != headline_form(earlier.title):
            continue
        verdict = verdicts[first]
        root = first if verdict is None or verdict.same_as is None else verdict.same_as
        article_id = verdict.article_id if verdict is not None else None
        reason = f"shown twice in this poll, with the same {_WORDS[kind]}"
        return EntryVerdict(index, Standing.SEEN, article_id, kind, False, reason, root)
    return None


# --- the poll as a whole ----------------------------------------------------------------------------------------------


def _pair_flood(
    unknown: Sequence[tuple[int, Entry, EntryKeys]], known: Known, seen: set[ArticleId | None]
) -> dict[int, KnownAlias]:
    """Unknown entries with the articles they were, if at least half of them have one; else nothing.

    Pairs are one to one, and an article that still stands in this poll under its own name is no one's former self: a
    daily column beside yesterday's is a new article.
    """
    if len(unknown) < FLOOD_MIN:
        return {}
    headlines = Counter(keys.get(AliasKind.HEADLINE) for _, _, keys in unknown)
    pairs: dict[int, KnownAlias] = {}
    for index, entry, keys in unknown:
        key = keys.get(AliasKind.HEADLINE)
        article = known.get((AliasKind.HEADLINE, key)) if key is not None and headlines[key] == 1 else None
        if article is not None and article.article_id not in seen and _is_pair(entry, article, len(unknown)):
            pairs[index] = article
    return pairs if 2 * len(pairs) >= len(unknown) else {}


def _is_pair(entry: Entry, article: KnownAlias, unknown_count: int) -> bool:
    if _same_time(entry.published, article.published_at):
        return True
    if article.content_key != content_hash(entry):
        return False
    # Equal content proves something only where there is a text: else it is the headline once more.
    return bool(_text_form(entry)) or (
        unknown_count >= FLOOD_SURE and len(headline_form(entry.title).split()) >= SURE_WORDS
    )


def _is_backlog(unknown: Sequence[Entry], watermark_at: datetime | None, now: datetime) -> bool:
    if len(unknown) < BACKLOG_MIN:
        return False
    limit = min(watermark_at or now, now - BACKLOG_AGE)
    old = sum(1 for entry in unknown if entry.published is not None and entry.published < limit)
    return 2 * old > len(unknown)


def _why_held(entry: Entry, flood: bool, backlog: bool, watermark_at: datetime | None, now: datetime) -> str:
    """Why an unknown entry is stored silently; empty for news."""
    if not flood and not backlog:
        return ""
    limit = watermark_at if watermark_at is not None else now - BACKLOG_AGE
    if entry.published is not None and min(entry.published, now) > limit:
        return ""
    cause = "the feed renumbered its entries" if flood else "the feed listed many old entries at once"
    return f"{cause}, and this one is not newer than what it had shown"


def _text_form(entry: Entry) -> str:
    return text_form(entry.text, TEXT_CHARS)


def _is_long(text: str) -> bool:
    if len(text) < 2 * WORDS_MIN:
        return False
    return len(body_words(text)) >= WORDS_MIN
