"""A topic under another key goes on where it was: what waits is told once, what was told is not told again."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.model import ArticleId, Mute, MuteKind, Topic, TopicKey, TopicMark, Verdict
from monitor.pipeline.again import judge_again, store_again
from monitor.pipeline.digest import close_due
from monitor.pipeline.renames import find_left, move_renamed
from monitor.storage.store import Store
from monitor.storage.topics import TopicPlan
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    articles_of,
    claim_again,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)

NEW = TopicKey("captives")
LATER = START + timedelta(minutes=10)


def topic_of(key: TopicKey) -> Topic:
    """The same topic under any key."""
    return replace(a_topic(), key=key)


def plan_of(key: TopicKey) -> TopicPlan:
    """A topic as `watch` plans it."""
    topic = topic_of(key)
    return TopicPlan(key, topic.name, topic.schedule.text, START + timedelta(hours=1))


def rename(store: Store) -> None:
    """The topic goes on under the new key."""
    with store.write() as tx:
        move_renamed(tx, {NEW: HOSTAGES}, LATER)
        assert find_left(tx, [plan_of(NEW)], {NEW: HOSTAGES}) == {}
        tx.topics.sync([plan_of(NEW)], LATER, {NEW: HOSTAGES})


def tell(store: Store, key: TopicKey, hours: int) -> list[int]:
    """Close what is due; the stories told so far."""
    close_due(store, digest_context([topic_of(key)], RecordingChannel("desk")), START + timedelta(hours=hours))
    return told_stories(store)


def test_what_waits_under_the_old_key_is_told_once_under_the_new(store: Store) -> None:
    """What was told before stays with its digest, and is not told again."""
    old, renamed = a_context([a_topic()]), a_context([topic_of(NEW)])
    watch(store, [a_topic()])
    feeds = with_baseline(store, old)
    ingest(store, [a_visit(feeds[0], [an_entry(1)])], old)
    assert len(tell(store, HOSTAGES, 2)) == 1
    at = START + timedelta(hours=3)
    [feed] = claim_again(store, at)
    ingest(store, [a_visit(feed, [an_entry(1), an_entry(2)], now=at)], old, at)
    rename(store)
    with store.read() as tx:
        assert (tx.matches.count_open(HOSTAGES), tx.matches.count_open(NEW)) == (0, 1)
    [feed] = claim_again(store, at)
    ingest(store, [a_visit(feed, [an_entry(1), an_entry(2)], now=at)], renamed, at)
    assert len(tell(store, NEW, 6)) == 2
    assert len(tell(store, NEW, 30)) == 2
    with store.read() as tx:
        kept = [one.match.topic for article in articles_of(store) for one in tx.matches.of_article(article.article.id)]
    assert sorted(kept) == [NEW, HOSTAGES]


def test_a_late_page_counts_under_the_new_key(store: Store) -> None:
    """Of an article stored while the topic had its old key, it is news; of one stored before the topic, it is none."""
    silent = a_context([])
    feeds = with_baseline(store, silent)
    ingest(store, [a_visit(feeds[0], [an_entry(1)])], silent)
    soon = START + timedelta(minutes=5)
    watch(store, [a_topic()], soon)
    [feed] = claim_again(store, LATER)
    ingest(store, [a_visit(feed, [an_entry(1), an_entry(2)], now=LATER)], silent, LATER)
    rename(store)
    context = a_context([topic_of(NEW)])
    for stored in articles_of(store):
        judged = judge_again(stored, "Hostage talks go on.", context.watchlist)
        with store.write() as tx:
            store_again(tx, judged, context, LATER)
    with store.read() as tx:
        states = [one.silent for stored in articles_of(store) for one in tx.matches.of_article(stored.article.id)]
    assert states == [True, True, False], "the baseline, before the topic, since the topic"


def test_marks_and_mutes_go_over_but_nothing_is_written_over(store: Store) -> None:
    """A mark that the new key has of the same article stays; topics learn anew."""
    watch(store, [a_topic()])
    mark = TopicMark(HOSTAGES, ArticleId(1), Verdict.USEFUL, START, "cli:ann", "", "T", "en", {})
    own = replace(mark, topic=NEW, article_id=ArticleId(2), note="its own")
    until = START + timedelta(days=1)
    with store.write() as tx:
        for one in (mark, replace(mark, article_id=ArticleId(2)), own):
            tx.marks.put(one)
        tx.mutes.add(MuteKind.TOPIC, HOSTAGES, until=until, now=START, by="cli:ann")
        before = tx.marks.changes()
    rename(store)
    with store.read() as tx:
        assert tx.marks.changes() > before
        assert {(one.article_id, one.note) for one in tx.marks.newest(NEW)} == {(1, ""), (2, "its own")}
        mutes: list[Mute] = tx.mutes.in_force(LATER)
        assert [one.value for one in mutes] == [NEW]


def test_what_a_topic_leaves_waiting_is_counted(store: Store) -> None:
    """Where it is gone, and not sure to be another."""
    context = a_context([a_topic()])
    watch(store, [a_topic()])
    feeds = with_baseline(store, context)
    ingest(store, [a_visit(feeds[0], [an_entry(1), an_entry(2)])], context)
    with store.read() as tx:
        assert find_left(tx, [plan_of(NEW)], {}) == {HOSTAGES: 2}
        assert find_left(tx, [plan_of(HOSTAGES)], {}) == {}
