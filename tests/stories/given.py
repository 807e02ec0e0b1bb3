"""A feed that is polled, and remembered in dicts, as the database would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.model import ArticleId, Entry
from monitor.stories.identity import (
    AliasKind,
    KnownAlias,
    PollVerdict,
    Standing,
    content_hash,
    poll_keys,
    resolve_poll,
)

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
SITE = "https://paper.example/"
PLACES = (
    "Doha",
    "Oslo",
    "Lima",
    "Accra",
    "Quito",
    "Hanoi",
    "Turin",
    "Lagos",
    "Perth",
    "Malmo",
    "Cairo",
    "Delhi",
    "Tunis",
    "Minsk",
    "Paris",
    "Seoul",
)
TEXT = (
    "The mayor of {0} said on Tuesday that the bridge over the river will stay closed until engineers have looked at "
    "every one of its pillars, which took damage when a barge hit them in the night. Traffic is led over the old road "
    "through {0}, where residents ask for a speed limit and for a second crossing near the market of the town."
)


@dataclass
class FeedUnderTest:
    """One feed between its polls; `told` counts what could be told."""

    now: datetime = NOW
    feed_link: str = SITE
    known: dict[tuple[AliasKind, int], KnownAlias] = field(default_factory=dict)
    watermark_at: datetime | None = None
    polls: int = 0
    articles: int = 0
    revisions: int = 0

    def poll(self, entries: Sequence[Entry], after: timedelta = timedelta(hours=1)) -> PollVerdict:
        """Read the entries and remember their names, as the ingest does."""
        self.now += after
        keys = poll_keys(entries, feed_link=self.feed_link)
        verdict = resolve_poll(
            entries, keys, dict(self.known), first_poll=self.polls == 0, watermark_at=self.watermark_at, now=self.now
        )
        self.polls += 1
        ids: dict[int, ArticleId] = {}
        for one in verdict.entries:
            ids[one.entry_index] = self._article_of(one.article_id, one.same_as, ids)
            self.revisions += one.revised
            entry = entries[one.entry_index]
            fresh = KnownAlias(ids[one.entry_index], content_hash(entry), entry.published, entry.title)
            article = next((a for a in self.known.values() if a.article_id == fresh.article_id), fresh)
            for kind, key in keys[one.entry_index].items():
                self.known.setdefault((kind, key), article)
        dates = [min(entry.published, self.now) for entry in entries if entry.published]
        self.watermark_at = max([*dates, *([self.watermark_at] if self.watermark_at else [])], default=None)
        return verdict

    def _article_of(self, known: ArticleId | None, same_as: int | None, ids: dict[int, ArticleId]) -> ArticleId:
        if known is not None:
            return known
        if same_as is not None:
            return ids[same_as]
        self.articles += 1
        return ArticleId(self.articles)

    def told(self, entries: Sequence[Entry], after: timedelta = timedelta(hours=1)) -> int:
        """How many of the entries would be news."""
        return standings(self.poll(entries, after)).count(Standing.NEW)


def standings(verdict: PollVerdict) -> list[Standing]:
    """The standing of each entry."""
    return [one.standing for one in verdict.entries]


def an_entry(number: int, **changes: object) -> Entry:
    """One of many different entries, published a few hours before `NOW`, the higher numbers later."""
    place = PLACES[number % len(PLACES)]
    values: dict[str, object] = {
        "id": f"guid-{number}",
        "title": f"Bridge in {place} stays closed after barge hits pillar number {number}",
        "link": f"https://paper.example/2026/03/bridge-in-{place.lower()}-{number}",
        "published": NOW - timedelta(hours=20) + timedelta(minutes=10 * number),
        "summary": TEXT.format(f"{place} {number}"),
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]  # each test names real fields


def a_known_feed(entries: Sequence[Entry]) -> FeedUnderTest:
    """A feed whose first poll showed these."""
    feed = FeedUnderTest()
    feed.poll(entries)
    return feed
