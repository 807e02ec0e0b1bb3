"""Stories merged and split by hand: what was told stays told, nothing is told by it, on both databases."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from monitor.errors import MonitorError
from monitor.model import ArticleId, Relation, StoryId
from monitor.pipeline.corrections import Corrected, merge_stories, split_story
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.fakes.channel import Crash
from tests.fakes.clock import START
from tests.pipeline.given import a_topic, a_wire_copy, an_entry, articles_of, told_stories
from tests.pipeline.test_digest import Desk, a_desk

HOUR = timedelta(hours=1)
TABLES = ("article", "match", "story", "story_change", "held_back", "sent_log", "digest", "delivery")


def merge(store: Store, one: int, other: int) -> Corrected:
    """Ada merges two stories."""
    return merge_stories(store, StoryId(one), StoryId(other), by="ada", reason="one event", now=START + 2 * HOUR)


def split(store: Store, story: int, *articles: int) -> Corrected:
    """Ada splits a story."""
    named = [ArticleId(number) for number in articles]
    return split_story(store, StoryId(story), named, by="ada", reason="two events", now=START + 2 * HOUR)


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All rows that a correction may touch."""
    with store.read() as tx:
        return {
            name: sorted(
                (tuple(row) for row in tx.connection.execute(sa.text(f'SELECT * FROM "{name}"'))),
                key=repr,
            )
            for name in TABLES
        }


def news(store: Store) -> dict[str, int]:
    """The story of every article but the baselines', by the end of its address."""
    return {
        stored.article.url.rsplit("/", 1)[1]: stored.story_id
        for stored in articles_of(store)
        if stored.standing == "new"
    }


def a_told_pair(store: Store, feeds: int = 4) -> tuple[Desk, int, int]:
    """Two stories that were told: a wire text and an event of another outlet."""
    desk = a_desk(store, a_topic(), feeds=feeds)
    desk.read(a_wire_copy(0))
    desk.read(an_entry(5, outlet=1), outlet=1)
    desk.close(START + HOUR)
    wire, event_ = told_stories(store)
    return desk, wire, event_


def row_of(store: Store, story: int) -> tuple[int, int | None]:
    """A story's count and what it was merged into."""
    with store.read() as tx:
        found = tx.stories.get(StoryId(story))
    assert found is not None
    return found.article_count, found.merged_into


@pytest.mark.parametrize("turned", [False, True])
def test_two_told_stories_merged_then_a_third_outlets_copy(store: Store, turned: bool) -> None:
    """Nothing is told; the older id holds all articles and publishers, and both tellings stay in its sent log."""
    desk, wire, event_ = a_told_pair(store)
    done = merge(store, *((event_, wire) if turned else (wire, event_)))
    assert (done.change.story_id, done.change.other_id, done.articles) == (wire, event_, 2)
    desk.read(a_wire_copy(2, START + 2 * HOUR), outlet=2, now=START + 2 * HOUR)
    desk.close(START + 3 * HOUR)
    assert told_stories(store) == [wire, wire]
    assert len(desk.payloads()) == 1
    assert set(news(store).values()) == {wire}
    assert (row_of(store, wire), row_of(store, event_)) == ((3, None), (0, wire))
    with store.read() as tx:
        [candidate] = tx.stories.as_candidates([StoryId(wire)], desk.topics[0].key)
        tellings = [telling.telling for telling in tx.digests.tellings_of(StoryId(wire))]
        matched = {stored.story_id for one in articles_of(store) for stored in tx.matches.of_article(one.article.id)}
    assert candidate.publisher_count == 3
    assert sorted(tellings) == [0, 1]
    assert matched == {wire}


def test_a_copy_of_the_younger_story_joins_the_older(store: Store) -> None:
    """The merged story's articles say where they stand, and that is all a later article needs."""
    desk, wire, event_ = a_told_pair(store)
    merge(store, wire, event_)
    again = an_entry(5, outlet=3, link="https://outlet3.example/printed", id="printed")
    desk.read(again, outlet=3, now=START + 2 * HOUR)
    desk.close(START + 3 * HOUR)
    assert news(store)["printed"] == wire
    assert len(desk.payloads()) == 1


def test_a_told_story_with_an_untold_one_tells_no_more(store: Store) -> None:
    """What waited of the younger story is a report of a told one now."""
    desk, wire, _ = a_told_pair(store)
    desk.read(an_entry(7, outlet=3), outlet=3, now=START + HOUR)
    waiting = news(store)[an_entry(7, outlet=3).link.rsplit("/", 1)[1]]
    merge(store, waiting, wire)
    desk.close(START + 3 * HOUR)
    assert len(desk.payloads()) == 1


def test_a_merge_of_a_merge_is_followed_to_the_end(store: Store) -> None:
    """Chains are flattened; a story that was merged before stands for the one it is in."""
    desk, wire, event_ = a_told_pair(store)
    desk.read(an_entry(7, outlet=3), outlet=3, now=START + HOUR)
    third = news(store)[an_entry(7, outlet=3).link.rsplit("/", 1)[1]]
    merge(store, event_, third)
    merge(store, third, wire)
    with store.read() as tx:
        assert [tx.corrections.resolve(StoryId(one)) for one in (wire, event_, third, 999)] == [wire, wire, wire, None]
        assert tx.corrections.merged_into(StoryId(wire)) == [event_, third]
    assert row_of(store, third) == (0, wire)
    assert set(news(store).values()) == {wire}


def test_a_split_tells_nothing_and_its_copy_neither(store: Store) -> None:
    """The part counts as told wherever the whole was; a copy of it joins it and is silent."""
    desk, wire, event_ = a_told_pair(store)
    merge(store, wire, event_)
    done = split(store, wire, event_)
    assert (done.change.story_id, done.change.other_id) == (wire, event_)
    assert (row_of(store, wire), row_of(store, event_)) == ((1, None), (1, None))
    again = an_entry(5, outlet=3, link="https://outlet3.example/printed", id="printed")
    desk.read(again, outlet=3, now=START + 10 * HOUR)
    desk.close(START + 11 * HOUR)
    assert news(store)["printed"] == event_
    assert len(desk.payloads()) == 1
    assert row_of(store, event_) == (2, None)
    with store.read() as tx:
        reasons = {telling.reason for telling in tx.digests.tellings_of(StoryId(event_))}
        told = tx.digests.count_told_since(START)
    # What was told of its article, before the two were merged, is remembered by the article.
    assert reasons == {"first telling", f"split from story {wire}"}
    assert told == 2


def test_a_split_of_copies_keeps_the_text_together(store: Store) -> None:
    """Naming the first print takes the copies along; naming one copy lets it go alone, as a text of its own."""
    desk = a_desk(store, a_topic(), feeds=4)
    for outlet in range(3):
        desk.read(a_wire_copy(outlet), outlet=outlet)
    desk.close(START + HOUR)
    first, second, third = sorted(one.article.id for one in articles_of(store) if one.standing == "new")
    with pytest.raises(MonitorError, match=r"all 3 articles of story \d+, with the copies"):
        split(store, first, first)
    done = split(store, first, third)
    assert done.change.other_id == StoryId(third)
    assert done.change.articles == (third,)
    after = {one.article.id: one for one in articles_of(store)}
    assert (after[third].text_id, after[third].relation, after[second].text_id) == (third, Relation.NEW, first)
    desk.close(START + 3 * HOUR)
    assert len(desk.payloads()) == 1


def test_what_was_told_twice_is_not_told_as_growth(store: Store) -> None:
    """The counts of both stories' last tellings stand together after a merge."""
    _, wire, event_ = a_told_pair(store)
    merge(store, wire, event_)
    with store.read() as tx:
        told = tx.digests.told(a_topic().channels[0], [StoryId(wire)])[StoryId(wire)]
    assert (told.tellings, told.article_count, told.publisher_count, told.independent_count) == (2, 2, 2, 2)


def test_changes_are_kept_with_who_and_why(store: Store) -> None:
    """Of every story that had a part, in order; no control character gets in."""
    _, wire, event_ = a_told_pair(store)
    merge_stories(store, StoryId(wire), StoryId(event_), by="a\x1b[31mda", reason="one\n event", now=START)
    split(store, wire, event_)
    with store.read() as tx:
        changes = tx.corrections.of_stories([StoryId(event_)])
    assert [(one.kind, one.story_id, one.other_id) for one in changes] == [
        ("merge", wire, event_),
        ("split", wire, event_),
    ]
    assert "\x1b" not in changes[0].by
    assert changes[0].reason == "one event"
    assert changes[0].articles == (event_,)


def test_what_cannot_be_meant_is_said_and_changes_nothing(store: Store) -> None:
    """A story or article that is not there, one story twice, all of a story."""
    _, wire, event_ = a_told_pair(store)
    before = everything(store)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: merge(store, wire, 999), "there is no story 999"),
        (lambda: merge(store, wire, wire), "cannot be merged with itself"),
        (lambda: split(store, 999, wire), "there is no story 999"),
        (lambda: split(store, wire, event_), f"it stands in story {event_}"),
        (lambda: split(store, wire, 999), "it is not kept"),
        (lambda: split(store, wire), "no article is named"),
        (lambda: split(store, wire, wire), "these are all 1 article"),
    ]
    for ask, said in calls:
        with pytest.raises(MonitorError, match=said):
            ask()
    assert everything(store) == before
    merge(store, wire, event_)
    with pytest.raises(MonitorError, match="are one story already"):
        merge(store, event_, wire)


@pytest.mark.parametrize("act", ["merge", "split"])
def test_a_kill_between_two_statements_changes_nothing(store: Store, act: str) -> None:
    """At every statement in turn: all of a correction stands, or nothing of it."""
    desk, wire, event_ = a_told_pair(store)
    desk.read(an_entry(8, outlet=2), outlet=2, now=START + HOUR)
    if act == "split":
        merge(store, wire, event_)
    before = everything(store)
    left = 0

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash

    engine = store.database.writer
    killed = 0
    for statement in range(1, 60):
        left = statement
        event.listen(engine, "before_cursor_execute", count)
        try:
            merge(store, wire, event_) if act == "merge" else split(store, wire, event_)
            break
        except Crash:
            killed += 1
        finally:
            event.remove(engine, "before_cursor_execute", count)
        assert everything(store) == before
    assert killed >= 10
    assert everything(store) != before


def test_a_correction_waits_for_whoever_works_with_stories(store: Store) -> None:
    """An ingest or a digest that is open ends first, so what it decided is what is merged."""
    _, wire, event_ = a_told_pair(store)
    other = Store(open_engine(store.database.url.render_as_string(hide_password=False)))
    done: list[Corrected] = []
    worker = threading.Thread(target=lambda: done.append(merge(other, wire, event_)))
    try:
        with store.write() as tx:
            tx.corrections.share()
            worker.start()
            worker.join(0.3)
            assert not done
            tx.connection.execute(sa.text("UPDATE story SET article_count = 5 WHERE id = :id"), {"id": event_})
        worker.join(10)
        assert [one.articles for one in done] == [6]
    finally:
        worker.join(10)
        other.close()


def test_a_text_told_by_itself_stays_told_when_its_copy_parts(store: Store) -> None:
    """Where each text is told for itself the sent log names the text: the part's own text takes that over."""
    desk, wire, event_ = a_told_pair(store)
    desk.read(a_wire_copy(2, START + HOUR), a_wire_copy(3, START + HOUR), outlet=2, now=START + HOUR)
    merge(store, wire, event_)
    channel = a_topic().channels[0]
    prints = [one.article.id for one in articles_of(store) if one.text_id == wire and one.article.id != wire]
    split(store, wire, event_, prints[0])
    parted = next(one for one in articles_of(store) if one.article.id == prints[0])
    assert parted.text_id == parted.article.id
    with store.read() as tx:
        told = tx.digests.told(channel, [StoryId(event_), StoryId(prints[0])])
    assert set(told) == {event_, prints[0]}


ROUNDS = 6


def test_a_copy_that_comes_while_stories_are_merged_finds_the_one_that_stays(store: Store) -> None:
    """An ingest and a merge at the same moment, over and over: no article is left in a story that is gone."""
    desk, wire, event_ = a_told_pair(store)
    other = Store(open_engine(store.database.url.render_as_string(hide_password=False)))
    # Both begin each round together. Without that the corrections could keep the database from the ingest for ever:
    # SQLite serves whoever asks at the right moment.
    start = threading.Barrier(2, timeout=60)

    def correct() -> None:
        for _ in range(ROUNDS):
            start.wait()
            merge(other, wire, event_)
            split(other, wire, event_)

    worker = threading.Thread(target=correct)
    worker.start()
    try:
        for number in range(ROUNDS):
            start.wait()
            entry = an_entry(5, outlet=3, link=f"https://outlet3.example/{number}", id=f"again-{number}")
            desk.read(entry, outlet=3, now=START + HOUR + timedelta(minutes=number))
    finally:
        worker.join(60)
        other.close()
    with store.read() as tx:
        gone = tx.corrections.merged_into(StoryId(wire))
        counts = {one: tx.stories.get(StoryId(one)) for one in (wire, event_)}
        kept = {one: len(tx.corrections.members(StoryId(one))) for one in (wire, event_)}
    assert not {stored.story_id for stored in articles_of(store)} & set(gone)
    assert {one: story.article_count for one, story in counts.items() if story is not None} == kept
