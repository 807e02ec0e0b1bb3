"""What counts as one thing to tell on a channel: `dedup`, its edits, topics that differ in it, and hot stories."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from monitor.model import ArticleId, ChannelName, Dedup, StoryId, Topic
from monitor.storage.store import Store
from monitor.storage.stories import MEMBERS_MAX
from tests.fakes.clock import START
from tests.pipeline.given import DESK, HOSTAGES, SHIPPING, a_topic, a_wire_copy, articles_of, told_stories
from tests.pipeline.test_digest import HOUR, Desk, a_desk

REPORT = (
    "Envoys walked out of the valley hostage talks shortly after noon, a driver who waited at the gate told our "
    "reporter. Their cars left by the southern road without an escort. Relatives who had camped in front of the hotel "
    "since Friday said nobody had spoken to them, and a priest from the next village brought bread, candles and tea."
)


def read_wire(desk: Desk, *outlets: int, hours: float = 0) -> None:
    """These outlets print the agency's text."""
    for outlet in outlets:
        now = START + hours * HOUR
        desk.read(a_wire_copy(outlet, now), now=now, outlet=outlet)


def read_report(desk: Desk, outlet: int, hours: float = 0) -> None:
    """An outlet has its own text on the same event, under nearly the same headline."""
    now = START + hours * HOUR
    desk.read(replace(a_wire_copy(outlet, now), id=f"own-{outlet}", summary=REPORT), now=now, outlet=outlet)


def leads(store: Store, channel: str = DESK) -> list[int]:
    """The articles that led tellings, in the order in which they were told."""
    question = sa.text("SELECT article_id FROM sent_log WHERE channel = :channel ORDER BY told_at, article_id")
    with store.read() as tx:
        return [row.article_id for row in tx.connection.execute(question, {"channel": channel})]


@pytest.mark.parametrize(("dedup", "count"), [("off", 3), ("strict", 2), ("balanced", 1), ("loose", 1)])
def test_dedup_says_how_often_a_story_is_told(store: Store, dedup: str, count: int) -> None:
    """A text, its copy and another newsroom's own text: three articles, two texts, one story."""
    desk = a_desk(store, a_topic(dedup=Dedup(dedup)), feeds=3)
    read_wire(desk, 0, 1)
    read_report(desk, 2)
    [closed] = desk.close(START + HOUR)
    assert closed.stories == count
    assert len(told_stories(store)) == count
    assert [done.stories for done in desk.close(START + 2 * HOUR)] == []


@pytest.mark.parametrize("before", list(Dedup))
@pytest.mark.parametrize("after", list(Dedup))
def test_what_was_told_stays_told_when_dedup_is_edited(sqlite_store: Store, before: Dedup, after: Dedup) -> None:
    """A copy of a told text opens nothing anew, unless each article is told by itself."""
    desk = a_desk(sqlite_store, a_topic(dedup=before), feeds=2)
    read_wire(desk, 0)
    desk.close(START + HOUR)
    desk.topics = [a_topic(dedup=after)]
    read_wire(desk, 1, hours=1)
    desk.close(START + 2 * HOUR)
    assert len(told_stories(sqlite_store)) == (2 if after is Dedup.OFF else 1)


@pytest.mark.parametrize("dedup", list(Dedup))
def test_two_topics_of_a_channel_tell_an_article_once_whatever_their_dedup(store: Store, dedup: Dedup) -> None:
    """The channel's memory holds for all of its topics; another channel has its own."""
    mail = ChannelName("mail")
    topics: list[Topic] = [
        a_topic(dedup=dedup),
        a_topic(SHIPPING, query="mediators", dedup=Dedup.BALANCED, channels=(DESK, mail)),
    ]
    desk = a_desk(store, *topics, channels=("desk", "mail"))
    read_wire(desk, 0)
    desk.close(START + HOUR)
    assert [len(told_stories(store, name)) for name in ("desk", "mail")] == [1, 1]


def test_a_telling_of_a_story_is_none_of_an_article_that_has_its_number(store: Store) -> None:
    """The id of a story is that of its first article, which is another thing to a topic that tells each by itself."""
    topics = [a_topic(query="driver"), a_topic(SHIPPING, query="hostage*", dedup=Dedup.OFF)]
    desk = a_desk(store, *topics, feeds=2)
    read_wire(desk, 0)
    read_report(desk, 1)
    first, own = (stored.article.id for stored in articles_of(store)[2:])
    assert {stored.story_id for stored in articles_of(store)[2:]} == {StoryId(first)}
    desk.close(START + HOUR)
    assert leads(store) == [first, own]
    with store.read() as tx:
        assert {record.topic for record in tx.digests.tellings_of(StoryId(first))} == {HOSTAGES, SHIPPING}


def test_a_told_story_stays_told_when_its_articles_go_to_another(store: Store) -> None:
    """Whatever a person merges: the article that was told is part of what now holds it."""
    desk = a_desk(store, a_topic(), feeds=2)
    read_wire(desk, 0)
    desk.close(START + HOUR)
    [lead] = leads(store)
    with store.write() as tx:
        tx.connection.execute(sa.text("UPDATE article SET story_id = 1 WHERE id = :id"), {"id": lead})
        told = tx.digests.told(DESK, [StoryId(1), StoryId(lead)])
    assert {key: (one.tellings, one.number) for key, one in told.items()} == {1: (1, 0), lead: (1, 1)}
    assert told[StoryId(1)].title == a_wire_copy(0).title


def test_a_hot_story_is_counted_whole_and_its_one_match_is_seen(store: Store) -> None:
    """Hundreds of later articles hide neither the one that answers the topic nor any publisher."""
    desk = a_desk(store, a_topic())
    read_wire(desk, 0)
    stored = articles_of(store)[1]
    count = MEMBERS_MAX + 50
    column = "id, feed_id, title, text, url, source, author, tags, first_seen_at, standing, content_key, revision"
    given = ":id, 99, 'T', '', :url, '', '', '', :at, 'new', 0, 0"
    insert = sa.text(
        f"INSERT INTO article ({column}, story_id, relation, evidence, text_id, quiet, origin) "  # ours
        f"VALUES ({given}, :story, 'report', '', :id, :no, '')"
    ).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True)))
    with store.write() as tx:
        rows = [
            {"id": 1_000 + n, "url": f"https://far{n}.example/a", "at": START, "story": stored.story_id, "no": False}
            for n in range(count)
        ]
        tx.connection.execute(insert, rows)
        tx.connection.execute(sa.text("UPDATE story SET article_count = :n WHERE id = :id"), {
            "n": count + 1, "id": stored.story_id,
        })  # fmt: skip
        [story] = tx.stories.as_candidates([stored.story_id], HOSTAGES)
    assert len(story.members) == MEMBERS_MAX + 1
    assert story.members[0].article.id == ArticleId(stored.article.id)
    assert (story.article_count, story.publisher_count, story.independent_count) == (count + 1, count + 1, count + 1)
    assert [done.stories for done in desk.close(START + timedelta(hours=1))] == [1]


@pytest.mark.parametrize("dedup", ["off", "strict"])
def test_where_each_is_told_by_itself_a_hot_story_loses_none(store: Store, dedup: str) -> None:
    """More than a digest looks at of one story answered since the last slot: every one of them is told."""
    desk = a_desk(store, a_topic(dedup=Dedup(dedup)))
    read_wire(desk, 0)
    stored = articles_of(store)[1]
    ids = [ArticleId(1_000 + n) for n in range(2 * MEMBERS_MAX)]
    with store.write() as tx:
        [open_one] = tx.matches.open_for(HOSTAGES)
        tx.articles.add([replace(stored, article=replace(stored.article, id=n), text_id=n) for n in ids])
        tx.matches.record([replace(open_one, match=replace(open_one.match, article_id=n)) for n in ids])
    [closed] = desk.close(START + HOUR)
    assert (closed.stories, closed.taken) == (len(ids) + 1, len(ids) + 1)
