"""The story of each new article of a batch, among all that may tell of the same.

Effects: database.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from monitor.logs import get_log
from monitor.model import Article, ArticleId, FeedId, Relation, StoryChoice, StoryId
from monitor.storage.articles import StoredArticle
from monitor.storage.rows import portions
from monitor.storage.store import Transaction
from monitor.storage.stories import StoryGrowth
from monitor.stories.group import COPY_WINDOW_S, Arrival, Forbids, Placed, assign_story, forbids_none, tell_choice
from monitor.stories.grouper import add_postings, key_set, rank_candidates
from monitor.stories.identity import Standing
from monitor.stories.publisher import publisher_key
from monitor.stories.rarity import Rarity
from monitor.stories.similarity import Draft, Print, read_draft, weigh
from monitor.text import shorten

log = get_log()

RUN = 500
"""Articles that are remembered as they get their stories: what stands under their keys is looked up once, and their own
prints are never read back. Of a hot story's, up to 20 MB at one time."""
PORTION = 100
"""Articles whose older candidates are looked up together: with twenty each, some 10 MB of prints at one time."""
TITLE_SHOWN_CHARS = 80
COUNTS_EVERY = 10_000
"""Articles after which the counts of words are written down: a restart reads those since in a tenth of a second."""
RENEWED_MAX = 20_000
"""Prints made anew after an update, of the newest articles: a week of five hundred feeds is less."""

NOTHING = ArticleId(0)
"""The id of no article."""
_ALONE = StoryChoice(Relation.NEW, None)


class NewArticle(Struct):
    """An entry that became an article in this batch."""

    article: Article
    silent: bool
    standing: Standing
    draft: Draft | None
    """What it says, taken apart; None where nothing is grouped."""
    content_key: int
    is_recurring: bool = False
    """Whether its feed had the same headline half a day or more before."""
    stored: StoredArticle | None = None
    """The article with its story, once that is known."""


class StoryWords:
    """How rare words are, as all articles so far say; kept in memory, begun again from the database at a start.

    It belongs to one database and is used by one thread at a time.
    """

    def __init__(self, load_table: Callable[[], Mapping[int, int]], counts_every: int = COUNTS_EVERY) -> None:
        self._load_table = load_table
        self._counts_every = counts_every
        self._rarity: Rarity | None = None
        self._written_id = 0
        self._learned_id = 0
        """The newest article that was counted."""

    @property
    def rarity(self) -> Rarity:
        """The counts, once `ready`."""
        assert self._rarity is not None, "nothing is weighed before the database was read"
        return self._rarity

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What the block counts stands and falls with it: put it around the transaction."""
        if self._rarity is None:
            try:
                yield
            except BaseException:
                self._rarity = None  # read anew: what `ready` wrote is undone as well
                raise
            return
        written_id, learned_id, rarity = self._written_id, self._learned_id, self._rarity
        try:
            with rarity.trial():
                yield
        except BaseException:
            self._written_id, self._learned_id, self._rarity = written_id, learned_id, rarity
            raise

    def ready(self, tx: Transaction, now: datetime) -> None:
        """Before a batch: count what is stored, and before the first make the prints that an update left behind.

        What other processes stored since the last batch is counted as they counted it, so that every process weighs
        an article alike.
        """
        if self._rarity is not None:
            others = tx.prints.since(self._learned_id, limit=2 * self._counts_every)
            if len(others) < 2 * self._counts_every:
                self._learn(tx, others)
                return
        self._rarity = Rarity(self._load_table())
        if not tx.prints.is_current():
            self._renew(tx, now)
            return
        written = tx.prints.counts()
        self._written_id = written[0] if written is not None and self.rarity.load(written[1]) else 0
        self._learn(tx, tx.prints.since(self._written_id, limit=2 * self._counts_every))

    def _learn(self, tx: Transaction, marks: Sequence[Print]) -> None:
        for mark in marks:
            self.rarity.learn(mark.weights.keys())
        self._learned_id = tx.prints.newest_id()

    def _renew(self, tx: Transaction, now: datetime) -> None:
        tx.prints.forget_all()
        self._written_id = 0
        missing = tx.prints.unprinted(now - timedelta(seconds=COPY_WINDOW_S), limit=RENEWED_MAX)
        for some in portions(missing, PORTION):
            tx.prints.add([self._renewed(stored, now) for stored in some])
        self._learned_id = tx.prints.newest_id()
        if missing:
            log.info("prints.renewed", articles=len(missing))

    def _renewed(self, stored: StoredArticle, now: datetime) -> Arrival:
        article = stored.article
        draft = read_draft(article.title, article.text, article.url)
        self.rarity.learn(draft.counts.keys())
        return to_arrival(article, draft, self.rarity, article.seen_at or now, is_recurring=False)

    def write(self, tx: Transaction, newest_id: int) -> None:
        """Write the counts down, now and then."""
        self._learned_id = newest_id
        if newest_id - self._written_id >= self._counts_every:
            tx.prints.keep_counts(newest_id, self.rarity.dump())
            self._written_id = newest_id


def to_arrival(article: Article, draft: Draft, rarity: Rarity, now: datetime, *, is_recurring: bool) -> Arrival:
    """What is compared of an article, by what is known of words now."""
    at = min(article.published_at or now, now)
    return Arrival(
        article_id=article.id,
        feed_id=article.feed_id,
        publisher=publisher_key(article),
        at_s=int(at.timestamp()),
        language=(article.language or "")[:2].lower(),
        is_recurring=is_recurring,
        print_=weigh(draft, rarity),
    )


def assign_stories(
    tx: Transaction, new: Sequence[NewArticle], words: StoryWords | None, forbids: Forbids, now: datetime
) -> None:
    """Store the articles, in the order they came, each in its story, and write the stories that begin or grow.

    How they are cut into batches changes no decision. Without `words` each is its own story.
    """
    if words is not None and new:
        words.ready(tx, now)
    growths: dict[StoryId, StoryGrowth] = {}
    for some in portions(new, RUN):
        choices = _Run(tx, some, words, forbids, now).choose() if words is not None else [_ALONE] * len(some)
        titles = _titles_of(tx, some, choices)
        for item, choice in zip(some, choices, strict=True):
            story_id = choice.story_id if choice.story_id is not None else StoryId(item.article.id)
            item.stored = StoredArticle(
                article=item.article,
                standing=item.standing.value,
                content_key=item.content_key,
                story_id=story_id,
                relation=choice.relation,
                copy_of=choice.of,
                evidence=tell_choice(choice, titles.get(choice.compared or NOTHING, "")),
                text_id=choice.text_id,
                quiet=choice.quiet,
            )
            grown = growths.get(story_id)
            if grown is None:
                growths[story_id] = StoryGrowth(story_id, now, 1, is_new=choice.story_id is None)
            else:
                growths[story_id] = replace(grown, articles=grown.articles + 1)
        tx.articles.add([item.stored for item in some if item.stored is not None])
    tx.stories.grow(list(growths.values()))
    if words is not None and new:
        words.write(tx, new[-1].article.id)


class _Run:
    """New articles in a row, and all that they may be compared with."""

    def __init__(
        self, tx: Transaction, new: Sequence[NewArticle], words: StoryWords, forbids: Forbids, now: datetime
    ) -> None:
        self._tx = tx
        self._forbids = forbids
        rarity = words.rarity
        self._arrivals = []
        for item in new:
            assert item.draft is not None, "what is grouped was taken apart"
            # Counted, then weighed, one by one: an article is weighed by what came before it and by itself.
            rarity.learn(item.draft.counts.keys())
            self._arrivals.append(to_arrival(item.article, item.draft, rarity, now, is_recurring=item.is_recurring))
        self._postings = tx.prints.postings(key_set(arrival.print_ for arrival in self._arrivals))
        self._own: dict[int, Placed] = {}
        """Those of this run that have their story: nothing of them is stored before all have."""
        self._older: dict[int, Placed | None] = {}
        """What was stored before, as far as this portion was compared with it; None where no print is left of it."""
        self._feeds: dict[StoryId, set[FeedId]] = {}
        """The feeds of stories, as far as they were asked for."""

    def choose(self) -> list[StoryChoice]:
        """The story of each, in order; the prints are stored with their keys."""
        choices = [choice for some in portions(self._arrivals, PORTION) for choice in self._choose_of(some)]
        self._tx.prints.add(self._arrivals)
        return choices

    def _choose_of(self, portion: Sequence[Arrival]) -> Iterator[StoryChoice]:
        rankings = [rank_candidates(arrival.print_, self._postings) for arrival in portion]
        self._older = {}
        self._look_up({number for ranked in rankings for number in ranked})
        fresh: set[int] = set()  # the keys under which articles of this portion stand
        for arrival, before in zip(portion, rankings, strict=True):
            ranked = before
            if not fresh.isdisjoint(arrival.print_.keys):
                ranked = rank_candidates(arrival.print_, self._postings)
                self._look_up(ranked)  # what came before it in this portion pushed older ones out, and let others in
            choice = self._choice_of(arrival, self._placed(ranked))
            story_id = StoryId(arrival.article_id) if choice.story_id is None else choice.story_id
            self._own[arrival.article_id] = Placed(arrival, story_id, choice.text_id or arrival.article_id)
            if story_id in self._feeds:
                self._feeds[story_id].add(arrival.feed_id)
            add_postings(self._postings, arrival.print_, arrival.article_id)
            fresh.update(arrival.print_.keys)
            yield choice

    def _look_up(self, numbers: Iterable[int]) -> None:
        missing = [number for number in numbers if number not in self._own and number not in self._older]
        if missing:
            self._older |= dict.fromkeys(missing)
            self._older |= self._tx.prints.placed(missing)

    def _placed(self, ranked: Sequence[int]) -> list[Placed]:
        own, older = self._own, self._older
        return [placed for number in ranked if (placed := own.get(number) or older[number]) is not None]

    def _choice_of(self, arrival: Arrival, found: list[Placed]) -> StoryChoice:
        candidates = self._open_to(arrival, found)
        choice = assign_story(arrival, candidates, self._forbids)
        if choice.relation is Relation.NEW and len(candidates) < len(found):
            return _kept_apart(choice, assign_story(arrival, found, forbids_none))
        return choice

    def _open_to(self, arrival: Arrival, candidates: list[Placed]) -> list[Placed]:
        """Those in whose story no article stands, like this one or not, that may not stand beside it."""
        if self._forbids is forbids_none:
            return candidates
        asked = {placed.story_id for placed in candidates} - self._feeds.keys()
        if asked:
            self._feeds |= {story_id: set() for story_id in asked}
            self._feeds |= self._tx.stories.feeds_of(sorted(asked))
            for placed in self._own.values():
                if placed.story_id in asked:
                    self._feeds[placed.story_id].add(placed.arrival.feed_id)
        feeds = self._feeds
        return [
            placed
            for placed in candidates
            if not any(self._forbids(arrival.feed_id, feed_id) for feed_id in feeds[placed.story_id])
        ]


def _kept_apart(choice: StoryChoice, otherwise: StoryChoice) -> StoryChoice:
    """The choice of a new story, with the reason that a person's word kept it out of the one it would have joined."""
    if otherwise.relation is Relation.NEW:
        return choice
    why = "but never_merge keeps their feeds apart"
    return replace(choice, evidence=otherwise.evidence, verdict=why, compared=otherwise.compared)


def _titles_of(tx: Transaction, new: Sequence[NewArticle], choices: Sequence[StoryChoice]) -> Mapping[ArticleId, str]:
    """The headlines of the articles that decided."""
    asked = {choice.compared for choice in choices if choice.compared is not None}
    titles = {item.article.id: item.article.title for item in new if item.article.id in asked}
    titles |= tx.articles.titles(asked - titles.keys())
    return {number: shorten(title, TITLE_SHOWN_CHARS) for number, title in titles.items()}
