"""What an edit of the watchlist would change, told by the stored articles: stories added and dropped, messages a day.

Every article of the last days is judged under the topics that changed, before and after, by the matcher that judges
new ones: by its feed's text and by its page's, its words weighed by the archive, with what readers' marks taught.
Meaning is not asked; mutes, budgets and breaking news are not looked at. Nothing is written.

Effects: database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from monitor.digests.alerts import AlertCount
from monitor.model import ArticleId, StoryId, TopicKey, Watchlist
from monitor.pipeline.marks import learn_all
from monitor.pipeline.planned import Load, Plan, PlannedStory, TopicChange
from monitor.storage.candidates import Candidates, find_candidates, newest_of
from monitor.storage.replay import Replayed, read_replayed
from monitor.storage.store import Store, Transaction
from monitor.topics.compare import Change, TopicPair, compare_topics, judges_alike
from monitor.topics.match import CompiledTopic, CompiledWatchlist, answered_places, compile_watchlist, is_wider
from monitor.topics.meaning import Lexicon
from monitor.topics.wanted import words_to_count

SINCE = timedelta(days=30)
"""How far back an edit is replayed, unless another time is asked for."""
TITLES = 5
"""Stories shown of those a topic gains, and of those it loses."""
TOLD_EVERY = 100
"""Articles between two words on how far it has come; who is told may raise, which ends it."""
OPEN_MAX = 2_000
"""Stories kept by topic and side as one that might be shown; older ones are counted."""
_ALTERING = frozenset(
    {"name", "also", "query", "exclude", "level", "feedback", "lists", "schedule", "channels", "quiet_hours"}
)
"""Keys that may change which stories a topic tells, or in how many messages, or where."""

JUDGED_MIN = 300
"""As few as this are judged, however late it is."""

Tell = Callable[[int, int], None]
"""Called with how many articles were looked at, and of how many."""


def _tell_nobody(_done: int, _whole: int) -> None:
    pass


def plan_change(
    store: Store,
    old: CompiledWatchlist | None,
    new: CompiledWatchlist,
    now: datetime,
    since: datetime | None = None,
    *,
    topic: TopicKey | None = None,
    titles: int = TITLES,
    tell: Tell = _tell_nobody,
    judged_max: int | None = None,
    is_late: Callable[[], bool] = lambda: False,
) -> Plan:
    """What the change from one watchlist to another means for the articles first seen since then; None: 30 days.

    Both as they were loaded: they are weighed by the archive here. Without an `old` one every topic is new. With a
    `topic` that one alone is looked at. Of the stories each topic gains or loses `titles` are told, the rest counted.
    The same as judging every article under both. Where more than `judged_max` might answer, or it `is_late` before all
    are judged, the newest alone are looked at, and the plan `is_cut`.
    """
    began_at = now - SINCE if since is None else since
    everything = compare_topics(old, new)
    pairs = [one for one in everything if topic is None or topic in (one.topic.key, one.was)]
    judged_pairs = [one for one in pairs if _needs_judging(one)]
    with store.read() as tx:
        replay = _Replay(tx, judged_pairs, old, new, max(titles, OPEN_MAX))
        found = replay.find(tx, began_at, judged_max)
        try:
            replay.run(tx, found, tell, is_late)
        except _Late as late:
            # Half as many take half as long as there was: so it ends in time, or nearly.
            found = newest_of(tx, found, max(late.done // 2, JUDGED_MIN))
            replay.begin()
            replay.run(tx, found, tell, lambda: False)
        since = min(now, max(began_at, found.since or now))
        changes = [_to_change(tx, one, replay, titles) for one in pairs]
    touched = sum(1 for one in everything if one.new)
    return Plan(
        topics=tuple(changes),
        unchanged=len(new.topics) - touched,
        is_first=old is None,
        since=since,
        until=now,
        days=(now - since) / timedelta(days=1),
        articles=found.articles,
        judged=len(found.ids),
        is_cut=found.is_cut,
    )


def _needs_judging(pair: TopicPair) -> bool:
    """Whether an edit can change what is found, or how it is told: other words on how it looks cannot."""
    return pair.change is not Change.CHANGED or not _ALTERING.isdisjoint(pair.keys)


class _Late(Exception):
    """It is late, and so many were judged."""

    def __init__(self, done: int) -> None:
        self.done = done
        super().__init__(f"{done} were judged in time")


class _Side:
    """A topic before or after, as it is counted."""

    def __init__(self, topic: CompiledTopic, place: int) -> None:
        self.place = place
        """Among the topics judged: both sides of a topic that is judged alike have one place."""
        self.alerts = AlertCount(topic.topic.schedule, topic.topic.quiet_hours)
        self.stories = self.told = self.alone = 0
        self.open: dict[StoryId, ArticleId] = {}
        """The newest stories that this side alone has, each by the first article that answers; the others are counted.
        """

    @property
    def load(self) -> Load:
        """As the plan tells it."""
        return Load(self.stories, self.told, self.alerts.messages)


class _Tally:
    """One topic before and after."""

    def __init__(self, before: _Side | None, after: _Side | None) -> None:
        self.before = before
        self.after = after


class _Replay:
    """Every topic that is to be judged, before and after, in one watchlist: an article is read once for all."""

    def __init__(
        self,
        tx: Transaction,
        pairs: Sequence[TopicPair],
        old: CompiledWatchlist | None,
        new: CompiledWatchlist,
        open_max: int,
    ) -> None:
        self._pairs = pairs
        self._weighed_old, self._weighed_new, self._lexicon = _weigh(tx, pairs, old, new)
        self._topics: list[CompiledTopic] = []
        self._sides: list[list[tuple[_Side, _Side | None]]] = []
        """By place, who counts what answers there, each with its other side."""
        self._together: list[list[int]] = []
        """The places of one topic before and after."""
        self._follows: dict[int, int] = {}
        """By place, the place of a topic before the edit, where the edit only widened it."""
        self._open_max = open_max
        self._found: dict[StoryId, int] = {}
        self._told: dict[StoryId, int] = {}
        self.tallies: dict[int, _Tally] = {}
        self.begin()

    def begin(self) -> None:
        """Count from nothing."""
        for kept in (self._topics, self._sides, self._together, self._follows, self._found, self._told, self.tallies):
            kept.clear()
        for pair in self._pairs:
            self._add(pair)

    def _add(self, pair: TopicPair) -> None:
        was = self._weighed_old[pair.old.topic.key] if pair.old else None
        will = self._weighed_new[pair.new.topic.key] if pair.new else None
        before = after = None
        if was is not None:
            before = _Side(was, self._place(was))
        if will is not None:
            is_alike = was is not None and judges_alike(was, will) and was.learned == will.learned
            after = _Side(will, before.place if is_alike and before else self._place(will))
        if was and will and before and after and before.place < after.place and is_wider(will, was):
            self._follows[after.place] = before.place
        self._together.append(sorted({side.place for side in (before, after) if side}))
        for side, other in ((before, after), (after, before)):
            if side is not None:
                self._sides[side.place].append((side, other))
        self.tallies[id(pair)] = _Tally(before, after)

    def _place(self, topic: CompiledTopic) -> int:
        self._topics.append(topic)
        self._sides.append([])
        return len(self._topics) - 1

    def find(self, tx: Transaction, since: datetime, limit: int | None) -> Candidates:
        """The articles since then that might answer; with a limit the newest."""
        return find_candidates(tx, self._topics, self._together, since, limit)

    def run(self, tx: Transaction, found: Candidates, tell: Tell, is_late: Callable[[], bool]) -> None:
        """Judge these articles, the oldest first. Raises _Late where it is before all are."""
        compiled = CompiledWatchlist(Watchlist(()), tuple(self._topics), self._lexicon)
        asked, always, chosen = found.asked, found.always, found.ids
        for done, article in enumerate(read_replayed(tx, chosen), 1):
            places = answered_places(
                compiled, article.whole or article.fed, asked.get(article.fed.id, 0) | always, self._follows
            )
            if article.whole is not None:
                # It was judged by its feed's text first, and what that answered stays.
                places = sorted({*places, *answered_places(compiled, article.fed)})
            if places:
                self._count(article, places)
            if not done % TOLD_EVERY:
                tell(done, len(chosen))
                if is_late():
                    raise _Late(done)

    def _count(self, article: Replayed, places: Sequence[int]) -> None:
        story, mask = article.story_id, sum(1 << place for place in places)
        before = self._found.get(story, 0)
        now_found = self._found[story] = before | mask
        told = self._told.get(story, 0)
        if not article.is_silent:
            self._told[story] = told | mask
        for place in places:
            is_news = not before >> place & 1
            is_told = not article.is_silent and not told >> place & 1
            if not is_news and not is_told:
                continue
            for side, other in self._sides[place]:
                if is_told:
                    side.told += 1
                    side.alerts.add(article.at)
                if is_news:
                    side.stories += 1
                    self._compare(article, side, other, before, now_found)

    def _compare(self, article: Replayed, side: _Side, other: _Side | None, before: int, now_found: int) -> None:
        """Keep which of two sides has a story alone; `before` and `now_found` say who has it, without and with this
        article.
        """
        if other is None or not now_found >> other.place & 1:
            side.alone += 1
            side.open[article.story_id] = article.fed.id
            if len(side.open) > self._open_max:
                del side.open[next(iter(side.open))]
        elif before >> other.place & 1 and other.place != side.place:
            other.alone -= 1
            other.open.pop(article.story_id, None)

    def is_told(self, story: StoryId, side: _Side) -> bool:
        """Whether an article of a story that answers on a side is one that is told."""
        return bool(self._told.get(story, 0) >> side.place & 1)


def _weigh(
    tx: Transaction, pairs: Sequence[TopicPair], old: CompiledWatchlist | None, new: CompiledWatchlist
) -> tuple[Mapping[TopicKey, CompiledTopic], Mapping[TopicKey, CompiledTopic], Lexicon]:
    """The topics before and after as the daemon would judge by them now, and by which words they are weighed."""
    before = tuple(pair.old for pair in pairs if pair.old)
    after = tuple(pair.new for pair in pairs if pair.new)
    # What meaning brings is not replayed, so nothing is looked at for its sake.
    lexicon = replace(new.lexicon, asks_meaning=False)
    counted = tx.words.counted(lexicon.languages, words_to_count(replace(new, topics=before + after)))
    if any(one.articles for one in counted):
        lexicon = lexicon.with_counts(counted)

    def weigh(topics: Sequence[CompiledTopic], lists: Mapping[str, tuple[str, ...]]) -> dict[TopicKey, CompiledTopic]:
        watchlist = Watchlist(tuple(one.topic for one in topics), lists)
        return {one.topic.key: one for one in learn_all(tx, compile_watchlist(watchlist, lexicon)).topics}

    return weigh(before, old.watchlist.lists if old else {}), weigh(after, new.watchlist.lists), lexicon


def _to_change(tx: Transaction, pair: TopicPair, replay: _Replay, titles: int) -> TopicChange:
    tally = replay.tallies.get(id(pair), _Tally(None, None))
    before, after = tally.before, tally.after
    return TopicChange(
        key=pair.topic.key,
        name=pair.topic.name,
        change=pair.change,
        was=pair.was,
        keys=pair.keys,
        old=pair.old.topic if pair.old else None,
        new=pair.new.topic if pair.new else None,
        before=before.load if before else Load(),
        after=after.load if after else Load(),
        added=after.alone if after else 0,
        dropped=before.alone if before else 0,
        added_stories=tuple(_show(tx, replay, after, titles)),
        dropped_stories=tuple(_show(tx, replay, before, titles)),
        is_sure=pair.is_sure,
    )


def _show(tx: Transaction, replay: _Replay, side: _Side | None, titles: int) -> Iterator[PlannedStory]:
    """The newest stories that one side has alone."""
    if side is None:
        return
    newest = list(islice(reversed(side.open.items()), titles))
    found = tx.articles.by_ids(article_id for _, article_id in newest)
    for story_id, article_id in newest:
        if (stored := found.get(article_id)) is not None:
            one = stored.article
            at = one.seen_at or datetime.min.replace(tzinfo=UTC)
            is_silent = not replay.is_told(story_id, side)
            yield PlannedStory(story_id, article_id, one.title, one.url, one.outlet, at, is_silent)
