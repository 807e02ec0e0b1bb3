"""A batch of polled feeds in one transaction: articles, stories, matches, and the feeds' own state.

Validators are stored with the articles they came with: stored earlier, a crash would turn into a 304 for news that
nobody has. A batch that fails is run again feed by feed, and a feed that fails alone without the entries that break
it, so that what cannot be stored costs itself only.

Effects: database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.digests.schedule import now_due_at
from monitor.errors import ParseError, ParseReason, StorageError
from monitor.feeds.fulltext import NO_WISHES, Wishes
from monitor.feeds.policy import PollBounds
from monitor.logs import bind, get_log
from monitor.model import (
    Article,
    ArticleId,
    Entry,
    Feed,
    FeedId,
    NoMatch,
    Polled,
    PollOutcome,
    Relation,
    StoryId,
    Topic,
    TopicKey,
)
from monitor.pipeline.salvage import without_guilty
from monitor.pipeline.visits import Brought, PollSummary, log_visit, record_visit, summarise
from monitor.storage.articles import Alias, StoredArticle
from monitor.storage.feeds import PollRecord
from monitor.storage.matches import StoredMatch
from monitor.storage.store import Store, Transaction
from monitor.storage.stories import StoryGrowth
from monitor.stories.group import COPY_WINDOW_S, Grouper, StoredPrint
from monitor.stories.identity import (
    AliasKind,
    EntryVerdict,
    KnownAlias,
    Standing,
    content_hash,
    poll_keys,
    resolve_poll,
)
from monitor.stories.similarity import Fingerprint, fingerprint
from monitor.text import plain_line, shorten
from monitor.topics.match import CompiledWatchlist, match_article
from monitor.urls import publisher_of

log = get_log()

TEXT_CHARS_MAX = 100_000
"""Longest text kept of an article, in characters; the longest news article seen in feeds is a tenth of it."""
DROPPED_LOGGED_MAX = 20
"""Lines written about the entries of one visit that cannot be stored; the feed's error says how many they are."""


class _TrialOverError(Exception):
    """Raised at the end of a trial that went well, so that nothing of it stands."""


@dataclass(frozen=True, slots=True)
class IngestContext:
    """The configuration in force for one batch: swapped whole, between batches."""

    watchlist: CompiledWatchlist
    topics: dict[TopicKey, Topic]
    bounds: PollBounds
    owner: str
    tell_first_poll: bool = False
    """Whether a feed's first reading may be told; by default it is a baseline."""
    wishes: Wishes = NO_WISHES


@dataclass(slots=True)
class _NewArticle:
    article: Article
    entry: Entry
    keys: dict[AliasKind, int]
    silent: bool
    standing: Standing
    reason: str
    print_: Fingerprint
    content_key: int
    stored: StoredArticle | None = None


@dataclass(slots=True)
class _Reading:
    """One polled feed on its way through the transaction."""

    polled: Polled
    verdicts: list[EntryVerdict]
    keys: list[dict[AliasKind, int]]
    new: list[_NewArticle]
    known: int = 0
    matches: int = 0


def _brought(reading: _Reading) -> Brought:
    return Brought(
        entries=len(reading.verdicts),
        known=reading.known,
        new=len(reading.new),
        told_later=sum(1 for item in reading.new if not item.silent),
        matches=reading.matches,
    )


def ingest_safely(
    store: Store, batch: Sequence[Polled], context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    """`ingest_batch`, and feed by feed if that fails: what cannot be stored is dropped and recorded, the rest goes in.

    A feed that goes in without some of its entries is recorded as read, with an error that counts them; one that goes
    in without any is recorded as failed.
    Raises StorageError when the database takes nothing: then nothing of the batch stands and it will be read again.
    """
    try:
        return ingest_batch(store, batch, context, now=now, jitter=jitter)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001  # the edge of a unit of work: logged, and run again in smaller units
        log.error("batch.failed", error=error, feeds=len(batch), hint="each feed is tried alone")
    summaries: list[PollSummary] = []
    for polled in batch:
        with bind(feed=polled.feed.name):
            summaries += _ingest_alone(store, polled, context, now=now, jitter=jitter)
    return summaries


def _ingest_alone(
    store: Store, polled: Polled, context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    result = _attempt(store, polled, context, now, jitter)
    if isinstance(result, Exception):
        part, dropped = without_guilty(polled, result, lambda some: _can_store(store, some, context, now))
        for entry in dropped[:DROPPED_LOGGED_MAX]:
            log.error("entry.dropped", title=shorten(plain_line(entry.title), 80), hint="please report this feed")
        if part is not None:
            result = _attempt(store, part, context, now, jitter)
    if isinstance(result, Exception):
        refused = ParseError(f"could not be stored ({type(result).__name__})", reason=ParseReason.UNSTORABLE)
        broken = replace(polled, outcome=PollOutcome.FAILED, parsed=None, fetched=None, error=refused)
        return ingest_batch(store, [broken], context, now=now, jitter=jitter)
    return result


def _attempt(
    store: Store, polled: Polled, context: IngestContext, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary] | Exception:
    try:
        return ingest_batch(store, [polled], context, now=now, jitter=jitter)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001  # as above: this feed is stored in part, or recorded as failed
        log.error("feed.failed", error=error, hint="please report this feed")
        return error


def _can_store(store: Store, polled: Polled, context: IngestContext, now: datetime) -> bool:
    """Whether the visit would go in. Nothing of the trial stands."""
    try:
        with store.write() as tx:
            _write_batch(tx, [polled], context, now, lambda: 0.0)
            raise _TrialOverError
    except _TrialOverError:
        return True
    except StorageError:
        raise
    except Exception:  # noqa: BLE001  # the answer to the question; the first such error was logged
        return False


def ingest_batch(
    store: Store, batch: Sequence[Polled], context: IngestContext, *, now: datetime, jitter: Callable[[], float]
) -> list[PollSummary]:
    """Store everything the batch brought, in one transaction; returns a summary per feed, in order.

    Feed state is written only where the lease is still ours: whoever took it over writes it. Articles are written in
    any case, because their names keep them from being stored twice.
    """
    with store.write() as tx:
        readings, records, matched = _write_batch(tx, batch, context, now, jitter)
    new = [article for reading in readings for article in reading.new]
    summaries = [summarise(r.polled, _brought(r), records[r.polled.feed.id]) for r in readings]
    for summary in summaries:
        log_visit(summary)
    if new:
        stories = sum(1 for item in new if item.stored is not None and item.stored.relation is Relation.NEW)
        log.info("batch.ingested", feeds=len(batch), articles=len(new), stories=stories, matches=matched)
    return summaries


def _write_batch(
    tx: Transaction, batch: Sequence[Polled], context: IngestContext, now: datetime, jitter: Callable[[], float]
) -> tuple[list[_Reading], dict[FeedId, PollRecord], int]:
    readings = [_resolve(tx, polled, context, now) for polled in batch]
    new = [article for reading in readings for article in reading.new]
    _assign_ids(tx, new)
    _assign_stories(tx, new, now)
    _store_articles(tx, readings, new, now)
    matched = _match(tx, readings, context, now)
    held = tx.feeds.held_by(context.owner, [polled.feed.id for polled in batch])
    records = {r.polled.feed.id: record_visit(r.polled, _brought(r), context.bounds, now, jitter()) for r in readings}
    tx.feeds.record([record for feed_id, record in records.items() if feed_id in held])
    return readings, records, matched


# --- identity ------------------------------------------------------------------------------------------------------


def _resolve(tx: Transaction, polled: Polled, context: IngestContext, now: datetime) -> _Reading:
    parsed, feed = polled.parsed, polled.feed
    if parsed is None:
        return _Reading(polled, [], [], [])
    first = feed.state.first_polled_at is None
    keys = poll_keys(parsed.entries, feed_link=parsed.link)
    known: dict[tuple[AliasKind, int], KnownAlias] = {}
    if not first:  # a feed read for the first time has no names, and cold starts are the heavy case
        known = tx.articles.known_aliases(feed.id, ((kind, key) for named in keys for kind, key in named.items()))
    verdict = resolve_poll(
        parsed.entries,
        keys,
        known,
        first_poll=first and not context.tell_first_poll,
        watermark_at=feed.state.watermark_at,
        now=now,
    )
    reading = _Reading(polled, list(verdict.entries), keys, [])
    for entry_verdict in reading.verdicts:
        index = entry_verdict.entry_index
        if entry_verdict.article_id is not None:
            reading.known += 1
        elif entry_verdict.same_as is None:
            reading.new.append(_new_article(feed, parsed.entries[index], keys[index], entry_verdict, now))
    return reading


def _new_article(
    feed: Feed, entry: Entry, keys: dict[AliasKind, int], verdict: EntryVerdict, now: datetime
) -> _NewArticle:
    article = Article(
        id=ArticleId(0),
        title=entry.title,
        text=entry.text[:TEXT_CHARS_MAX],
        url=entry.link,
        feed_id=feed.id,
        feed=feed.name,
        source=entry.source,
        language=feed.language or entry.language,
        author=entry.author,
        tags=entry.tags,
        published_at=entry.published,
        seen_at=now,
        weight=feed.weight,
    )
    silent = verdict.standing is not Standing.NEW
    print_ = fingerprint(article.title, article.text, article.url)
    return _NewArticle(article, entry, keys, silent, verdict.standing, verdict.reason, print_, content_hash(entry))


def _assign_ids(tx: Transaction, new: Sequence[_NewArticle]) -> None:
    for item, article_id in zip(new, tx.articles.take_ids(len(new)), strict=True):
        item.article = replace(item.article, id=article_id)


# --- stories ---------------------------------------------------------------------------------------------------------


def _time_of(article: Article, now: datetime) -> datetime:
    """The article's time for grouping: what the feed says, but never the future."""
    return min(article.published_at or now, now)


def _assign_stories(tx: Transaction, new: Sequence[_NewArticle], now: datetime) -> None:
    grouper = Grouper()
    prints = [item.print_ for item in new]
    for seen in tx.stories.candidates(prints, now - timedelta(seconds=COPY_WINDOW_S)):
        grouper.add(
            StoredPrint(
                article_id=seen.id,
                story_id=seen.story_id,
                feed_id=seen.feed_id,
                at=seen.at,
                publisher=publisher_of(seen.url, seen.outlet),
                fingerprint=fingerprint(seen.title, seen.text, seen.url),
            )
        )
    growths: dict[StoryId, StoryGrowth] = {}
    for item in new:
        at = _time_of(item.article, now)
        choice = grouper.assign(item.article, item.print_, at)
        story_id = choice.story_id if choice.story_id is not None else StoryId(item.article.id)
        item.stored = StoredArticle(
            article=item.article,
            standing=item.standing.value,
            content_key=item.content_key,
            story_id=story_id,
            relation=choice.relation,
            copy_of=choice.of,
            evidence="" if choice.relation is Relation.NEW else choice.evidence,
        )
        grouper.add(_stored_print(item.article, story_id, item.print_, at))
        grown = growths.get(story_id)
        if grown is None:
            growths[story_id] = StoryGrowth(story_id, now, 1, is_new=choice.story_id is None)
        else:
            growths[story_id] = replace(grown, articles=grown.articles + 1)
    tx.stories.grow(list(growths.values()))


def _stored_print(article: Article, story_id: StoryId, print_: Fingerprint, at: datetime) -> StoredPrint:
    return StoredPrint(
        article_id=article.id,
        story_id=story_id,
        feed_id=article.feed_id,
        at=at,
        publisher=publisher_of(article.url, article.outlet),
        fingerprint=print_,
    )


def _store_articles(tx: Transaction, readings: Sequence[_Reading], new: Sequence[_NewArticle], now: datetime) -> None:
    tx.articles.add([item.stored for item in new if item.stored is not None])
    tx.stories.add_prints(
        {item.article.id: item.print_.keys for item in new},
        # By when it was seen: two articles that say they are a month old, as feeds with stale dates do, must find
        # each other although they come in different batches. How far apart they are is looked at pair by pair.
        {item.article.id: now for item in new},
    )
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
            target = first if article_id in fresh else again
            target += _aliases(feed_id, reading.keys[verdict.entry_index], article_id)
            if verdict.revised and article_id not in fresh and reading.polled.parsed is not None:
                revised[article_id] = content_hash(reading.polled.parsed.entries[verdict.entry_index])
    tx.articles.add_first_aliases(first, now)
    tx.articles.add_aliases(again, now)
    tx.articles.revise(revised)


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


# --- topics ----------------------------------------------------------------------------------------------------------


def _match(tx: Transaction, readings: Sequence[_Reading], context: IngestContext, now: datetime) -> int:
    matches: list[StoredMatch] = []
    misses: list[NoMatch] = []
    due: dict[TopicKey, datetime | None] = {}
    for reading in readings:
        for item in reading.new:
            assert item.stored is not None
            found, near = match_article(context.watchlist, item.article)
            misses += near
            reading.matches += len(found)
            for match in found:
                matches.append(StoredMatch(match, item.stored.story_id, now, item.silent))
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
