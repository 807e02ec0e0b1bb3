"""What many publishers have at once is told at once."""

from datetime import UTC, datetime, time, timedelta

from monitor.model import DigestKind, QuietHours
from monitor.storage.store import Store
from tests.fakes.clock import START
from tests.pipeline.given import (
    SHIPPING,
    a_topic,
    an_entry,
    told_stories,
)
from tests.pipeline.test_digest import HOUR, Desk, a_desk


def four_newsrooms(desk: Desk, now: datetime) -> None:
    """Four publishers write their own texts on one event within minutes."""
    texts = {
        "Explosion at Redcliff harbour bridge frees hostage group of twelve": (
            "Windows shook across the old quarter when a gas line burst below the western pier of Redcliff harbour "
            "bridge early today; the explosion tore open the store in which twelve hostages had been held."
        ),
        "Redcliff harbour bridge explosion: twelve hostages walk free": (
            "Firefighters from three districts carried people out of the flooded underpass at Redcliff. Twelve "
            "hostages came out by themselves after the explosion under the harbour bridge; ferries waited outside."
        ),
        "Twelve hostages free after explosion under Redcliff bridge": (
            "A night watchman told reporters that he had smelled gas for days and had written to the Redcliff port "
            "office. The explosion at the harbour bridge opened a way out for the twelve hostages, he said."
        ),
        "Hostage group of twelve escapes in Redcliff harbour explosion": (
            "Trains were stopped, schools stayed shut and the governor flew in to see the Redcliff harbour bridge for "
            "herself. She met the twelve hostages, whose guards had fled from the explosion."
        ),
    }
    for outlet, (headline, text) in enumerate(texts.items()):
        entry = an_entry(
            outlet, outlet=outlet, title=headline, summary=f"{text} The hostage group is safe.", published=now
        )
        desk.read(entry, now=now, outlet=outlet)


def test_breaking_news_is_told_at_once_and_not_again(store: Store) -> None:
    """Four independent publishers within half an hour do not wait for the schedule; the schedule does not repeat it."""
    desk = a_desk(store, a_topic(schedule="daily 20:00"), feeds=4)
    four_newsrooms(desk, START)

    [closed] = desk.close(START + timedelta(minutes=1))

    assert (closed.kind, closed.stories, closed.deliveries) == (DigestKind.BREAKING, 1, 1)
    [story_id] = told_stories(store)
    assert closed.slot == f"breaking:{story_id}"
    assert desk.close(START + timedelta(minutes=2)) == []
    desk.read(an_entry(77), now=START + 2 * HOUR)
    [evening] = desk.close(datetime(2026, 3, 14, 20, 0, tzinfo=UTC))
    assert evening.stories == 1
    assert len(told_stories(store)) == 2


def test_without_breaking_the_schedule_decides(sqlite_store: Store) -> None:
    """`breaking = false`, or quiet hours, and four newsrooms at once wait like everything else."""
    quiet = QuietHours(time(8), time(11))
    topics = [a_topic(schedule="daily 20:00", breaking=False), a_topic(SHIPPING, query="harbour", quiet_hours=quiet)]
    desk = a_desk(sqlite_store, *topics, feeds=4)
    four_newsrooms(desk, START)
    assert desk.close(START + timedelta(minutes=1)) == []
