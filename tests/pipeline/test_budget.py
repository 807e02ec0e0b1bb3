"""A topic or channel with a budget, through the real pipeline: what is told, what falls below, that it is said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from monitor.channels.base import Payload
from monitor.channels.wording import below_line
from monitor.digests.budget import parse_budget
from monitor.model import ArticleId, Below, Budget, ChannelName, Digest, DigestKind, Topic, TopicKey
from monitor.pipeline.bars import bar_of
from monitor.pipeline.digest import Closed, close_due
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline import test_digest
from tests.pipeline.given import (
    DESK,
    HOSTAGES,
    SHIPPING,
    a_context,
    a_topic,
    a_visit,
    a_wire_copy,
    an_entry,
    articles_of,
    claim_again,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)
from tests.pipeline.test_breaking import four_newsrooms

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class KeepingChannel(RecordingChannel):
    """Keeps every digest it was asked to render."""

    digests: list[Digest] = field(default_factory=list)

    def render(self, digest: Digest, key: str, root: str = "") -> Sequence[Payload]:
        """As the recording channel, and remembered."""
        self.digests.append(digest)
        return super().render(digest, key, root)


@dataclass
class Desk:
    """A newsroom with budgets."""

    store: Store
    topics: list[Topic]
    channel: KeepingChannel
    at_most: dict[ChannelName, Budget]
    scores: dict[int, int] = field(default_factory=dict)

    def read(self, numbers: dict[int, int], at: timedelta, about: str = "hostage") -> None:
        """A feed brings entries by number, whose articles score as told."""
        now = START + at
        before = {one.article.id for one in articles_of(self.store)}
        feeds = claim_again(self.store, now)
        entries = [an_entry(number, about=about, at=now) for number in numbers]
        ingest(self.store, [a_visit(feeds[0], entries, now=now)], a_context(self.topics), now)
        fresh = sorted(one.article.id for one in articles_of(self.store) if one.article.id not in before)
        assert len(fresh) == len(numbers)
        with self.store.write() as tx:
            for article_id, score in zip(fresh, numbers.values(), strict=True):
                score_as(tx.connection, article_id, score)

    def close(self, at: timedelta) -> list[Closed]:
        """Close what is due."""
        context = replace(digest_context(self.topics, self.channel), at_most=self.at_most)
        return close_due(self.store, context, START + at)

    def scores_told(self) -> list[list[int]]:
        """By digest, the scores of its stories in its order."""
        return [[story.score for story in one.stories] for one in self.channel.digests]

    def held(self) -> list[tuple[str, str]]:
        """Reason and gate of all that was held, in order."""
        question = sa.text("SELECT reason, gate FROM held_back ORDER BY digest_id, story_id")
        with self.store.read() as tx:
            return [(row.reason, row.gate) for row in tx.connection.execute(question)]


def score_as(connection: sa.Connection, article_id: ArticleId, score: int) -> None:
    """Let an article's matches have this score."""
    connection.execute(
        sa.text("UPDATE match SET score = :score WHERE article_id = :id"), {"score": score, "id": article_id}
    )


def a_desk(store: Store, *topics: Topic, feeds: int = 1, at_most: str = "") -> Desk:
    """Topics over feeds that were read once before."""
    watch(store, topics)
    with_baseline(store, a_context(topics), feeds)
    return Desk(store, list(topics), KeepingChannel("desk"), {DESK: parse_budget(at_most)} if at_most else {})


def a_budget_topic(text: str, schedule: str = "every 1h", **changes: object) -> Topic:
    """A topic with a budget."""
    return replace(a_topic(schedule=schedule, at_most=parse_budget(text)), **changes)


# --- seats ------------------------------------------------------------------------------------------------------------


def test_the_seats_hold_from_the_first_hour(store: Store) -> None:
    """A young topic has no bar, but the best of what came take the seats, and the footer counts the others."""
    desk = a_desk(store, a_budget_topic("2 per day"))
    desk.read({1: 40, 2: 90, 3: 70, 4: 60}, HOUR / 2)
    desk.close(HOUR)
    desk.read({5: 99}, 1.5 * HOUR)
    desk.close(2 * HOUR)

    assert sorted(desk.scores_told()[0]) == [70, 90]
    assert len(desk.channel.digests) == 1
    below = desk.channel.digests[0].below
    assert below == Below(2, None, parse_budget("2 per day"))
    line = below_line(desk.channel.digests[0])
    assert line == "2 more came beyond what is told, at most 2 a day: monitor stories list --below hostages"
    assert {gate for _, gate in desk.held()} == {"bar"}
    assert desk.held()[-1][0].startswith("no seat left today for its best score of 99: at most 2 a day; see monitor")


def test_a_day_later_there_are_seats_again(store: Store) -> None:
    """What was told yesterday counts no more; and what fell below meanwhile stands in that digest's footer."""
    desk = a_desk(store, a_budget_topic("1 per day"))
    desk.read({1: 50, 2: 60}, HOUR / 2)
    desk.close(HOUR)
    desk.read({3: 70}, 2 * HOUR)
    assert [closed.deliveries for closed in desk.close(3 * HOUR)] == [0]
    desk.read({4: 40}, DAY + HOUR)
    desk.close(DAY + 1.5 * HOUR)

    assert desk.scores_told() == [[60], [40]]
    assert [one.below and one.below.count for one in desk.channel.digests] == [1, 1]


def test_where_nothing_is_told_a_line_says_so_once_a_day(store: Store) -> None:
    """The last slot of the local day tells what no digest did; the hours before it stay quiet."""
    desk = a_desk(store, a_budget_topic("1 per week"))
    desk.read({1: 50}, HOUR / 2)
    desk.close(HOUR)
    for hour in range(2, 40):
        if hour < 12:
            desk.read({hour: 20}, (hour - 0.5) * HOUR)
        desk.close(hour * HOUR)

    assert [len(one.stories) for one in desk.channel.digests] == [1, 0]
    line = desk.channel.digests[1]
    assert (line.kind, line.window_end) == (DigestKind.HEARTBEAT, START.replace(hour=23))
    assert below_line(line) == ("10 came beyond what is told, at most 1 a week: monitor stories list --below hostages")


def test_a_topic_told_at_once_says_it_with_the_next_day(store: Store) -> None:
    """It has no slots: the first moment of the next local day speaks, without any new match, and once."""
    desk = a_desk(store, a_budget_topic("1 per week", "now", settle_s=0))
    desk.read({1: 50}, HOUR)
    desk.close(HOUR)
    desk.read({2: 60}, 2 * HOUR)
    desk.close(2 * HOUR)
    midnight = START.replace(hour=0) + DAY - START
    assert desk.close(midnight - timedelta(seconds=1)) == []
    desk.close(midnight)
    desk.close(midnight + 2 * DAY)

    assert [len(one.stories) for one in desk.channel.digests] == [1, 0]
    assert desk.channel.digests[1].below == Below(1, None, parse_budget("1 per week"))
    assert desk.channel.digests[1].kind is DigestKind.HEARTBEAT


# --- the bar ----------------------------------------------------------------------------------------------------------


def a_desk_with_history(store: Store, text: str = "2 per day", schedule: str = "every 1h", feeds: int = 1) -> Desk:
    """Ten stories a day for four days, of scores 51 to 60: the bar for two a day is 59. Its digests are forgotten."""
    desk = a_desk(store, a_budget_topic(text, schedule), feeds=feeds)
    for day in range(4):
        desk.read({day * 10 + n: 51 + n for n in range(10)}, day * DAY + HOUR / 2)
        desk.close(day * DAY + HOUR)
    desk.close(4 * DAY)
    desk.channel.digests.clear()
    return desk


def test_below_the_bar_is_not_told_and_counted(store: Store) -> None:
    """Although the day has seats; and the bar itself is told."""
    desk = a_desk_with_history(store)
    desk.read({50: 58, 51: 59, 52: 30}, 4 * DAY + HOUR / 2)
    desk.close(4 * DAY + HOUR)

    assert desk.scores_told() == [[59]]
    line = below_line(desk.channel.digests[0])
    assert line == "2 more fell below the bar of 59: monitor stories list --below hostages"
    reasons = [reason for reason, _ in desk.held()][-2:]
    assert reasons[0] == (
        "below the bar of 59 with its best score of 58: at most 2 a day; see monitor stories list --below hostages"
    )
    with store.read() as tx:
        [best, other] = tx.bars.held(HOSTAGES, START + 4 * DAY, 10)
    assert (best.score, other.score, best.channels) == (58, 30, (DESK,))
    assert "number 1861" in best.title


def test_a_story_that_grows_over_the_bar_is_told_once(store: Store) -> None:
    """A new article of it, over the bar, opens it again; after that it is told like any story."""
    desk = a_desk_with_history(store, feeds=2)
    context = a_context(desk.topics)
    for outlet, score, hours in ((0, 40, 0.5), (1, 80, 1.5)):
        now = START + 4 * DAY + hours * HOUR
        before = {one.article.id for one in articles_of(store)}
        feeds = claim_again(store, now)
        ingest(store, [a_visit(feeds[outlet], [a_wire_copy(outlet, now)], now=now)], context, now)
        [fresh] = [one.article.id for one in articles_of(store) if one.article.id not in before]
        with store.write() as tx:
            score_as(tx.connection, fresh, score)
        desk.close(4 * DAY + (hours + 0.5) * HOUR)
    desk.close(4 * DAY + 3 * HOUR)

    assert len(desk.channel.digests) == 1
    assert desk.channel.digests[0].below is None
    told = told_stories(store)
    assert len(told) == len(set(told))
    with store.read() as tx:
        assert tx.bars.held(HOSTAGES, START + 4 * DAY, 10) == []


def test_breaking_is_neither_held_nor_counted(store: Store) -> None:
    """Four newsrooms at once go past the bar and past the seats, and take none."""
    desk = a_desk_with_history(store, "1 per day", feeds=4)
    at = 4 * DAY + HOUR / 4
    four_newsrooms(test_digest.Desk(store, desk.topics, (desk.channel,)), START + at)
    with store.write() as tx:
        tx.connection.execute(sa.text("UPDATE match SET score = 5 WHERE digest_id IS NULL"))
    desk.close(at)
    assert [one.kind for one in desk.channel.digests] == [DigestKind.BREAKING]

    desk.read({60: 99, 61: 98}, 4 * DAY + HOUR / 2)
    desk.close(4 * DAY + HOUR)
    assert desk.scores_told()[1] == [99]


def test_a_channel_has_one_budget_for_all_its_topics(store: Store) -> None:
    """Whatever topic brings it; each topic's footer counts its own."""
    desk = a_desk(store, a_topic(), a_topic(SHIPPING), at_most="3 per day")
    desk.read({1: 50, 2: 60}, HOUR / 4)
    desk.read({3: 70, 4: 80}, HOUR / 2, about="tanker")
    desk.close(HOUR)

    by_topic = {one.topic: one for one in desk.channel.digests}
    assert [len(by_topic[TopicKey(key)].stories) for key in ("hostages", "shipping")] == [2, 1]
    assert by_topic[SHIPPING].below == Below(1, None, parse_budget("3 per day"))
    assert "at most 3 a day on desk" in desk.held()[-1][0]


def test_the_bar_is_the_same_when_asked_again(store: Store) -> None:
    """It is read from what is stored: a restart changes nothing, and neither does the database."""
    desk = a_desk_with_history(store)
    now = START + 4 * DAY
    for text, bar in (("2 per day", 59), ("3 per day", 58), ("5 per week", 60), ("1 per hour", None)):
        with desk.store.read() as tx:
            assert bar_of(tx, [HOSTAGES], parse_budget(text), now) == bar


def test_without_a_budget_nothing_is_held_or_said(store: Store) -> None:
    """The whole of it is off."""
    desk = a_desk(store, a_topic())
    desk.read({n: n for n in range(1, 30)}, HOUR / 2)
    desk.close(HOUR)
    assert len(desk.channel.digests[0].stories) + len(desk.channel.digests[0].overflow) == 29
    assert desk.channel.digests[0].below is None
    assert desk.held() == []
