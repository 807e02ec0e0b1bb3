"""Stories without a database: the articles of a file, one after the other.

Effects: none.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping

from monitor.model import Article, FeedId, StoryChoice, StoryId
from monitor.stories.group import Arrival, Placed, assign_story, forbids_none
from monitor.stories.grouper import Postings, add_postings, rank_candidates
from monitor.stories.publisher import publisher_key
from monitor.stories.rarity import Rarity
from monitor.stories.series import SERIES_GAP_S
from monitor.stories.similarity import read_draft, weigh
from monitor.stories.standing import HOLDERS_MIN, Said, find_standing, sentence_keys, without_standing

WINDOW = 30
"""Entries of a feed that are looked at for sentences it puts under all of them: what most feeds show at one time."""
FEEDS_MAX = 1_000
PRINTS_MAX = 20_000
"""Articles remembered, at some 6 KB each; the oldest go first."""


class _Window:
    """The last entries of a feed, and how many of them hold each sentence."""

    def __init__(self) -> None:
        self._entries: deque[Said] = deque()
        self._counts: Counter[int] = Counter()

    def add(self, entry: Said) -> frozenset[int]:
        """One more entry; the sentences that are furniture now, where it has any that may be."""
        keys = sentence_keys(entry[2])
        self._entries.append(entry)
        self._counts.update(keys)
        if len(self._entries) > WINDOW:
            self._counts -= Counter(sentence_keys(self._entries.popleft()[2]))
        if any(self._counts[key] >= HOLDERS_MIN for key in keys):
            return find_standing(self._entries)
        return frozenset()


class StoryMemory:
    """Assigns articles in order of arrival, as the daemon would that polled them one by one; bounded."""

    def __init__(self, table: Mapping[int, int], prints_max: int = PRINTS_MAX) -> None:
        self._rarity = Rarity(table)
        self._placed: OrderedDict[int, Placed] = OrderedDict()
        self._postings: Postings = {}
        self._headlines: OrderedDict[tuple[FeedId, int], int] = OrderedDict()
        self._windows: OrderedDict[FeedId, _Window] = OrderedDict()
        self._prints_max = prints_max

    def assign(self, article: Article, at_s: int) -> StoryChoice:
        """The article's story among those remembered; it is remembered with it from now on."""
        draft = read_draft(article.title, self._without_standing(article), article.url)
        self._rarity.learn(draft.counts.keys())
        first_s = self._headlines.setdefault((article.feed_id, draft.headline_key), at_s)
        arrival = Arrival(
            article_id=article.id,
            feed_id=article.feed_id,
            publisher=publisher_key(article),
            at_s=at_s,
            language=(article.language or "")[:2].lower(),
            is_recurring=abs(at_s - first_s) >= SERIES_GAP_S,
            print_=weigh(draft, self._rarity),
        )
        ranked = rank_candidates(arrival.print_, self._postings)
        candidates = [self._placed[number] for number in ranked if number in self._placed]
        choice = assign_story(arrival, candidates, forbids_none)
        story_id = StoryId(article.id) if choice.story_id is None else choice.story_id
        self._remember(Placed(arrival, story_id, choice.text_id or article.id))
        return choice

    def _without_standing(self, article: Article) -> str:
        """Its text without what its feed puts under all, as far as its last entries tell."""
        window = self._windows.setdefault(article.feed_id, _Window())
        self._windows.move_to_end(article.feed_id)
        while len(self._windows) > FEEDS_MAX:
            self._windows.popitem(last=False)
        return without_standing(article.text, window.add((article.source, article.title, article.text)))

    def _remember(self, placed: Placed) -> None:
        self._placed[placed.arrival.article_id] = placed
        add_postings(self._postings, placed.arrival.print_, placed.arrival.article_id)
        while len(self._placed) > self._prints_max:
            number, oldest = self._placed.popitem(last=False)
            for key in oldest.arrival.print_.keys:
                numbers = self._postings.get(key, [])
                if str(number) in numbers:
                    numbers.remove(str(number))
                if not numbers:
                    self._postings.pop(key, None)
        while len(self._headlines) > self._prints_max:
            self._headlines.popitem(last=False)
