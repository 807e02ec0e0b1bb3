"""A batch of polled feeds in one transaction: articles, stories, matches, and the feeds' own state.

Validators are stored with the articles they came with: stored earlier, a crash would turn into a 304 for news that
nobody has.

Effects: database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from monitor.digests.schedule import now_due_at
from monitor.feeds.coverage import why_quarantined
from monitor.feeds.fulltext import NO_WISHES, Wishes
from monitor.feeds.policy import PollBounds
from monitor.logs import get_log
from monitor.model import (
    Article,
    ArticleId,
    Entry,
    Feed,
    FeedId,
    FeedRules,
    NoMatch,
    Polled,
    Relation,
    Topic,
    TopicKey,
)
from monitor.model.canary import is_canary
from monitor.pipeline.arrived import arrived_of
from monitor.pipeline.grouping import NewArticle, StoryWords, assign_stories
from monitor.pipeline.visits import NOTHING_BROUGHT, Brought, PollSummary, log_visit, record_visit, summarise
from monitor.storage.articles import Alias, day_of
from monitor.storage.feed_rows import PollRecord
from monitor.storage.matches import StoredMatch
from monitor.storage.sightings import Seen
from monitor.storage.store import Store, Transaction
from monitor.stories.apart import NOTHING_APART, Apart
from monitor.stories.group import Forbids, forbids_none
from monitor.stories.identity import (
    AliasKind,
    EntryKeys,
    EntryVerdict,
    KnownAlias,
    PollVerdict,
    Standing,
    content_hash,
    page_link,
    poll_keys,
    resolve_poll,
)
from monitor.stories.origin import origin_of
from monitor.stories.series import recurring_entries
from monitor.stories.similarity import Draft, read_draft
from monitor.stories.standing import find_standing, without_standing
from monitor.topics.match import CompiledWatchlist, match_article

log = get_log()

TEXT_CHARS_MAX = 100_000
"""Longest text kept of an article, in characters; the longest news article seen in feeds is a tenth of it."""
_NO_RULES = FeedRules()


class IngestContext(Struct, frozen=True):
    """The configuration in force for one batch: swapped whole, between batches."""

    watchlist: CompiledWatchlist
    topics: dict[TopicKey, Topic]
    bounds: PollBounds
    owner: str
    tell_first_poll: bool = False
    """Whether a feed's first reading may be told; by default it is a baseline."""
    wishes: Wishes = NO_WISHES
    words: StoryWords | None = None
    """By what articles are weighed that may be one story; without, each is its own."""
    rules: Mapping[str, FeedRules] = field(default_factory=dict)
    """What a person wants of single feeds, by their configured address."""
    apart: Apart = NOTHING_APART
    """Feeds whose articles are never put into one story."""
    canary: CompiledWatchlist | None = None
    """What alone is asked about the canary's entries; it is asked about nothing else."""
    note_match: Callable[[TopicKey, float], None] = lambda _topic, _delay_s: None
    """Told of each match that comes later than its article, with how much later in seconds."""

    def watchlist_of(self, feed: Feed) -> CompiledWatchlist:
        """Which topics may be answered by what this feed brings."""
        return self.canary if self.canary is not None and is_canary(feed.url) else self.watchlist

    def rules_of(self, feed: Feed) -> FeedRules:
        """How this feed is to be visited."""
        return self.rules.get(feed.url, _NO_RULES)


class _Fresh(Struct):
    """An entry that is no article yet."""

    verdict: EntryVerdict
    content_key: int
    draft: Draft | None
    """What it says, taken apart; None where nothing is grouped."""
    is_recurring: bool


class _Reading(Struct):
    """One polled feed on its way through the transaction."""

    polled: Polled
    verdicts: list[EntryVerdict]
    keys: list[dict[AliasKind, int]]
    new: list[NewArticle]
    fresh: list[_Fresh] = field(default_factory=list)
    known: int = 0
    matches: int = 0
    answered: list[TopicKey] = field(default_factory=list)
    """The topics of those that may be told."""
    quarantine: str = ""
    note: str = ""
    is_first: bool = False
    kept: frozenset[ArticleId] = frozenset()
    """The articles behind its names whose text is still there."""
    renewed: frozenset[tuple[AliasKind, int]] = frozenset()
    """The names that it showed before on this day: nothing is left to be written of them."""


def _brought(reading: _Reading) -> Brought:
    if reading.polled.parsed is None:
        return NOTHING_BROUGHT
    return Brought(
        entries=len(reading.verdicts),
        known=reading.known,
        new=len(reading.new),
        told_later=sum(1 for item in reading.new if not item.silent),
        matches=reading.matches,
        quarantine=reading.quarantine,
        is_first=reading.is_first,
        note=reading.note,
        new_times=tuple(item.article.published_at for item in reading.new),
        arrived=arrived_of(reading.new, reading.answered),
    )


def ingest_batch(
    store: Store, batch: Sequence[Polled], context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    """Store everything the batch brought, in one transaction; returns a summary per feed, in order.

    Nothing of a feed is written where the lease is not ours any more: whoever took it over reads the same bytes, and
    what this visit knew of the feed may be old.
    """
    with counting(context), store.write() as tx:
        readings, records, matched = write_batch(tx, batch, context, now, jitter)
    new = [article for reading in readings for article in reading.new]
    summaries = [summarise(r.polled, _brought(r), records[r.polled.feed.id]) for r in readings]
    for summary in summaries:
        log_visit(summary)
    if new:
        stories = sum(1 for item in new if item.stored is not None and item.stored.relation is Relation.NEW)
        log.info("batch.ingested", feeds=len(batch), articles=len(new), stories=stories, matches=matched)
    return summaries


@contextmanager
def counting(context: IngestContext) -> Iterator[None]:
    """What the block counts of words stands and falls with it: put it around the transaction."""
    if context.words is None:
        yield
        return
    with context.words.trial():
        yield


def write_batch(
    tx: Transaction, batch: Sequence[Polled], context: IngestContext, now: datetime, jitter: Callable[[], float]
) -> tuple[list[_Reading], dict[FeedId, PollRecord], int]:
    """The same within a transaction of the caller's; nothing is said of it."""
    has_news = any(polled.parsed is not None for polled in batch)
    if has_news:
        tx.corrections.share()
        tx.prints.take_turn()
    held = tx.feeds.held_by({polled.feed.id: polled.held_as or context.owner for polled in batch})
    # Each feed once: a second visit, claimed while the first waited too long, knows nothing of what that one brings.
    ours = {polled.feed.id: polled for polled in reversed(batch) if polled.feed.id in held}
    readings = [_resolve(tx, polled, context, now) for polled in reversed(ours.values())]
    matched = _store_news(tx, readings, context, now) if has_news else 0
    records: dict[FeedId, PollRecord] = {}
    for r in readings:
        feed, rules = r.polled.feed, context.rules_of(r.polled.feed)
        records[feed.id] = record_visit(r.polled, _brought(r), context.bounds, now, jitter(), rules)
    # In one order for all, so that no two who write visits to one host wait for each other.
    tx.feeds.record(sorted(records.values(), key=lambda record: record.feed_id))
    tx.handed.settle([polled.held_as for polled in batch if polled.held_as])
    return readings, records, matched


def _store_news(tx: Transaction, readings: Sequence[_Reading], context: IngestContext, now: datetime) -> int:
    _take_in(tx, readings, now)
    new = [article for reading in readings for article in reading.new]
    assign_stories(tx, new, context.words, _forbids(tx, context.apart), now)
    _store_aliases(tx, readings, now)
    return _match(tx, readings, context, now)


def _forbids(tx: Transaction, apart: Apart) -> Forbids:
    """Which feeds' articles are kept out of each other's stories, by the feeds' ids."""
    if not apart:
        return forbids_none
    names = tx.feeds.names()
    return lambda one, other: apart.forbids(names.get(one, ""), names.get(other, ""))


def _resolve(tx: Transaction, polled: Polled, context: IngestContext, now: datetime) -> _Reading:
    parsed, feed = polled.parsed, polled.feed
    if parsed is None:
        return _Reading(polled, [], [], [])
    first = feed.state.first_polled_at is None
    keys = poll_keys(parsed.entries, feed_link=parsed.link)
    known: dict[tuple[AliasKind, int], KnownAlias] = {}
    # Read before, and its first reading taken back: a copy was restored. What it shows may have been told since.
    again = first and feed.state.last_ok_at is not None
    if not first or again:  # a feed read for the first time has no names, and cold starts are the heavy case
        known = tx.articles.known_aliases(feed.id, ((kind, key) for named in keys for kind, key in named.items()))
    headlines = sum(1 for kind, _ in known if kind is AliasKind.HEADLINE)
    # Another feed under the old name: what it shows is its baseline, and nothing was lost of it.
    first = first or (feed.state.is_readdressed and not known)
    verdict = resolve_poll(
        parsed.entries,
        keys,
        known,
        first_poll=first and (again or not context.tell_first_poll),
        watermark_at=feed.state.watermark_at,
        now=now,
    )
    reading = _Reading(
        polled,
        list(verdict.entries),
        keys,
        [],
        note=_odd_about(verdict),
        is_first=first,
        kept=frozenset(alias.article_id for alias in known.values() if alias.title),
        renewed=frozenset(name for name, alias in known.items() if alias.seen_day == day_of(now)),
    )
    # By a headline alone nothing is the same entry, but a feed that changes all else shows that we still see it.
    reading.known = sum(1 for one in reading.verdicts if one.article_id is not None) or headlines
    reading.quarantine = why_quarantined(feed.state, parsed, reading.known)
    if reading.quarantine:
        reading.verdicts = [_quarantined(one, reading.quarantine) for one in reading.verdicts]
    unknown = [one for one in reading.verdicts if one.article_id is None and one.same_as is None]
    recurring: frozenset[int] = frozenset()
    standing: frozenset[int] = frozenset()
    if unknown and context.words is not None:
        recurring = recurring_entries(parsed.entries, keys, known, now)
        standing = find_standing([(entry.source, entry.title, entry.text) for entry in parsed.entries])
    for one in unknown:
        entry = parsed.entries[one.entry_index]
        # Now, while its text is still remembered cut into words, and not when all of the batch was looked at.
        draft = _read_draft(entry, keys[one.entry_index], standing) if context.words is not None else None
        reading.fresh.append(_Fresh(one, content_hash(entry), draft, one.entry_index in recurring))
    return reading


def _odd_about(verdict: PollVerdict) -> str:
    if verdict.is_flood:
        return "the feed renumbered its entries"
    return "the feed listed many old entries at once" if verdict.is_backlog else ""


def _read_draft(entry: Entry, keys: EntryKeys, standing: frozenset[int]) -> Draft:
    # A link that names nothing in its own feed names no page for other feeds either.
    text = without_standing(entry.text[:TEXT_CHARS_MAX], standing)
    return read_draft(entry.title, text, page_link(entry, keys))


def _quarantined(verdict: EntryVerdict, reason: str) -> EntryVerdict:
    """The same, but kept silent: the feed seems to be another one now."""
    return replace(verdict, standing=Standing.QUARANTINED, reason=reason) if verdict.is_news else verdict


def _take_in(tx: Transaction, readings: Sequence[_Reading], now: datetime) -> None:
    """Make the new entries articles. Their ids are taken in one step for the whole batch."""
    ids = iter(tx.articles.take_ids(sum(len(reading.fresh) for reading in readings)))
    for reading in readings:
        reading.new += [_new_article(reading, fresh, next(ids), now) for fresh in reading.fresh]


def _new_article(reading: _Reading, fresh: _Fresh, article_id: ArticleId, now: datetime) -> NewArticle:
    feed, parsed = reading.polled.feed, reading.polled.parsed
    assert parsed is not None
    entry, standing = parsed.entries[fresh.verdict.entry_index], fresh.verdict.standing
    article = Article(
        id=article_id,
        title=entry.title,
        text=entry.text[:TEXT_CHARS_MAX],
        url=entry.link,
        feed_id=feed.id,
        feed=feed.name,
        source=entry.source,
        language=entry.language or feed.language or parsed.language,
        author=entry.author,
        tags=entry.tags,
        published_at=entry.published,
        seen_at=now,
        weight=feed.weight,
        origin=origin_of(entry.title, entry.text, entry.author, entry.source),
    )
    silent = standing is not Standing.NEW
    return NewArticle(article, silent, standing, fresh.draft, fresh.content_key, fresh.is_recurring)


def _store_aliases(tx: Transaction, readings: Sequence[_Reading], now: datetime) -> None:
    first: list[Alias] = []
    again: list[Alias] = []
    revised: dict[ArticleId, int] = {}
    for reading in readings:
        feed_id = reading.polled.feed.id
        ids = _article_ids(reading)
        fresh = {item.article.id for item in reading.new}
        for verdict in reading.verdicts:
            article_id = ids.get(verdict.entry_index)
            if article_id is None:
                continue
            aliases = _aliases(feed_id, reading.keys[verdict.entry_index], article_id)
            if article_id in fresh:
                first += aliases
            else:
                again += [alias for alias in aliases if (alias.kind, alias.key) not in reading.renewed]
            if verdict.revised and article_id not in fresh and reading.polled.parsed is not None:
                revised[article_id] = content_hash(reading.polled.parsed.entries[verdict.entry_index])
    tx.articles.add_first_aliases(first, now)
    tx.articles.add_aliases(again, now)
    tx.articles.revise(revised)
    tx.sightings.note([one for reading in readings for one in _seen_again(reading)], now)


def _seen_again(reading: _Reading) -> Iterator[Seen]:
    """The articles that the visit showed once more, each by the name it was known by."""
    for verdict in reading.verdicts:
        # What is swept leaves nothing behind that would have to be swept again.
        if verdict.article_id in reading.kept and verdict.by is not None and verdict.same_as is None:
            yield Seen(verdict.article_id, reading.polled.feed.id, verdict.by)


def _aliases(feed_id: FeedId, keys: dict[AliasKind, int], article_id: ArticleId) -> list[Alias]:
    return [Alias(feed_id, kind, key, article_id) for kind, key in keys.items()]


def _article_ids(reading: _Reading) -> dict[int, ArticleId]:
    """The article of each entry of the poll, by its index: known, new, or the same as another entry's."""
    ids: dict[int, ArticleId] = {}
    new = iter(reading.new)
    for verdict in reading.verdicts:
        if verdict.article_id is not None:
            ids[verdict.entry_index] = verdict.article_id
        elif verdict.same_as is None:
            ids[verdict.entry_index] = next(new).article.id
    for verdict in reading.verdicts:
        if verdict.same_as is not None and verdict.same_as in ids:
            ids[verdict.entry_index] = ids[verdict.same_as]
    return ids


def _match(tx: Transaction, readings: Sequence[_Reading], context: IngestContext, now: datetime) -> int:
    if not context.topics:
        return 0
    matches: list[StoredMatch] = []
    misses: list[NoMatch] = []
    due: dict[TopicKey, datetime | None] = {}
    for reading in readings:
        watchlist = context.watchlist_of(reading.polled.feed)
        for item in reading.new:
            assert item.stored is not None
            found, near = match_article(watchlist, item.article)
            misses += near
            reading.matches += len(found)
            for match in found:
                matches.append(StoredMatch(match, item.stored.story_id, now, item.silent))
                reading.answered += [] if item.silent else [match.topic]
                topic = context.topics.get(match.topic)
                if topic is not None and not item.silent:
                    due[topic.key] = now_due_at(now, topic.settle_s) if topic.schedule.now else None
    tx.matches.record(matches)
    tx.matches.record_near(misses, now)
    tx.topics.touch(due)
    answering = {one.match.article_id for one in matches} | {miss.article_id for miss in misses}
    news = [item.article for reading in readings for item in reading.new if not item.silent]
    tx.pages.enqueue(context.wishes.choose(news, answering), now)
    return len(matches)
