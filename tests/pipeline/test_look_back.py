"""A new topic begins with what comes; it looks back where a person asked; nothing is told twice by an edit."""

from datetime import datetime, timedelta

from monitor.pipeline.digest import close_due
from monitor.pipeline.look_back import begin_look_back
from monitor.storage.revisions import body_hash
from monitor.storage.store import Store
from tests.fakes.channel import RecordingChannel
from tests.fakes.clock import START
from tests.pipeline.given import (
    HOSTAGES,
    SHIPPING,
    a_context,
    a_topic,
    a_visit,
    an_entry,
    claim_feeds,
    digest_context,
    ingest,
    told_stories,
    watch,
    with_baseline,
)

OLD = b"[topics.shipping]\nname = 'S'\n"
NEW = OLD + b"[topics.hostages]\nname = 'H'\nquery = 'hostage*'\n"
LATER = START + timedelta(hours=2)


def put_in_force(store: Store, body: bytes, replay_s: int = 0) -> None:
    """A watchlist counts; its edit asked for a look back."""
    with store.write() as tx:
        if replay_s:
            tx.revisions.note_edit(body_hash(body), "cli:ann", START, planned=True, replay_s=replay_s)
        tx.revisions.record(watchlist=body, feeds=b"", monitor_hash="", change="", at=START)


def store_news(store: Store, *topics: object) -> None:
    """Two articles on hostages, under these topics."""
    context = a_context(topics)  # type: ignore[arg-type]
    feeds = with_baseline(store, context)
    ingest(store, [a_visit(feeds[0], [an_entry(1), an_entry(2)])], context)


def tell(store: Store, *topics: object, now: datetime = LATER) -> list[int]:
    """Close what is due; the stories told so far."""
    close_due(store, digest_context(topics, RecordingChannel("desk")), now)  # type: ignore[arg-type]
    return told_stories(store)


def look_back(store: Store, *topics: object) -> None:
    """All steps of what was asked for."""
    context = a_context(topics)  # type: ignore[arg-type]
    looking = begin_look_back(store, context, body_hash(NEW), START)
    while looking is not None and not looking.step(store, context, START):
        pass


def test_a_new_topic_tells_nothing_that_was_stored_before(store: Store) -> None:
    """Without a word of a person it begins with what comes."""
    shipping, hostages = a_topic(SHIPPING), a_topic()
    watch(store, [shipping])
    store_news(store, shipping)
    put_in_force(store, OLD)
    put_in_force(store, NEW)
    watch(store, [shipping, hostages])
    look_back(store, shipping, hostages)
    assert tell(store, shipping, hostages) == []


def test_a_new_topic_looks_back_where_a_person_asked(store: Store) -> None:
    """What it finds comes with its next digest, once: the edit is used up."""
    shipping, hostages = a_topic(SHIPPING), a_topic()
    watch(store, [shipping])
    store_news(store, shipping)
    put_in_force(store, OLD)
    put_in_force(store, NEW, replay_s=86_400)
    watch(store, [shipping, hostages])
    look_back(store, shipping, hostages)
    assert len(tell(store, shipping, hostages)) == 2
    look_back(store, shipping, hostages)
    assert len(tell(store, shipping, hostages, now=LATER + timedelta(hours=2))) == 2


def test_a_look_back_tells_of_a_first_reading_what_is_of_that_time(store: Store) -> None:
    """A person asked for it, so it is news under this topic; what is older than was asked for is none."""
    hostages = a_topic()
    context = a_context([])
    [feed] = claim_feeds(store, 1, now=START)
    entries = [an_entry(1, at=START - timedelta(hours=3)), an_entry(2, at=START - timedelta(days=3))]
    ingest(store, [a_visit(feed, entries)], context)
    put_in_force(store, OLD)
    put_in_force(store, NEW, replay_s=86_400)
    watch(store, [hostages])

    look_back(store, hostages)

    assert len(tell(store, hostages)) == 1


def test_a_look_back_tells_no_story_that_the_channel_was_told(store: Store) -> None:
    """Under another key, as after a renaming, or the same."""
    old = a_topic(SHIPPING, query="hostage*")
    watch(store, [old])
    store_news(store, old)
    assert len(tell(store, old)) == 2
    renamed = a_topic(HOSTAGES)
    put_in_force(store, OLD)
    put_in_force(store, NEW, replay_s=86_400)
    watch(store, [renamed], LATER)
    look_back(store, renamed)
    assert len(tell(store, renamed, now=LATER + timedelta(hours=4))) == 2


def test_what_a_topic_left_open_is_no_news_after_a_day(store: Store) -> None:
    """Back within a day it goes on where it was."""
    topic = a_topic()
    watch(store, [topic])
    store_news(store, topic)
    watch(store, [], START)
    soon, late = START + timedelta(hours=3), START + timedelta(days=60)
    with store.write() as tx:
        assert tx.topics.returning([topic.key], soon) == []
        assert tx.topics.returning([topic.key], late) == [topic.key]
        tx.matches.silence(tx.topics.returning([topic.key], late))
        assert tx.matches.count_open(topic.key) == 0
    watch(store, [topic], late)
    assert tell(store, topic, now=late + timedelta(hours=2)) == []
