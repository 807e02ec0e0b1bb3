"""When topics are due. On SQLite and on PostgreSQL."""

from datetime import timedelta

from monitor.model import TopicKey
from monitor.storage.store import Store
from monitor.storage.topics import TopicPlan
from tests.fakes.clock import START

HOURLY = TopicPlan(TopicKey("hourly"), "Hourly", "every 1h UTC", START + timedelta(hours=1))
AT_ONCE = TopicPlan(TopicKey("at-once"), "At once", "now UTC", None)


def test_an_edit_of_the_name_keeps_what_is_due(store: Store) -> None:
    """Renaming a topic, or reloading, moves nothing; a new schedule gets a new due time; a topic that leaves rests."""
    later = HOURLY.first_due_at
    assert later is not None
    with store.write() as tx:
        tx.topics.sync([HOURLY, AT_ONCE], START)
        renamed = TopicPlan(HOURLY.key, "Renamed", HOURLY.schedule, later + timedelta(hours=5))
        tx.topics.sync([renamed], START + timedelta(minutes=1))
        state = tx.topics.get(HOURLY.key)
        assert state is not None
        assert (state.name, state.next_due_at, state.created_at) == ("Renamed", later, START)
        assert tx.topics.due(later + timedelta(hours=9))[0].key == HOURLY.key
        changed = TopicPlan(HOURLY.key, "Renamed", "daily 08:00 UTC", later + timedelta(hours=5))
        tx.topics.sync([changed], START)
        assert tx.topics.due(later) == []


def test_a_match_makes_a_topic_due_and_later_ones_do_not_put_it_off(store: Store) -> None:
    """A stream of matches cannot postpone a telling for ever."""
    first, second = START + timedelta(minutes=2), START + timedelta(minutes=3)
    with store.write() as tx:
        tx.topics.sync([AT_ONCE, HOURLY], START)
        tx.topics.calm(AT_ONCE.key)
        tx.topics.calm(HOURLY.key)
        tx.topics.touch({AT_ONCE.key: first})
        tx.topics.touch({AT_ONCE.key: second, HOURLY.key: None})
        state = tx.topics.get(AT_ONCE.key)
        assert state is not None
        assert state.next_due_at == first
        assert [due.key for due in tx.topics.due(first)] == [AT_ONCE.key]
        assert tx.topics.touched() == [AT_ONCE.key, HOURLY.key]


def test_closing_sets_the_next_time(store: Store) -> None:
    """After a digest the topic is due at its next slot, and remembers when it was closed."""
    with store.write() as tx:
        tx.topics.sync([HOURLY], START)
        tx.topics.set_next(HOURLY.key, START + timedelta(hours=2), closed_at=START + timedelta(hours=1))
        state = tx.topics.get(HOURLY.key)
    assert state is not None
    assert (state.next_due_at, state.last_closed_at) == (START + timedelta(hours=2), START + timedelta(hours=1))


def test_a_heartbeat_is_the_latest(store: Store) -> None:
    """Health looks at the last sign of life."""
    with store.write() as tx:
        tx.topics.beat("daemon", START)
        tx.topics.beat("daemon", START + timedelta(seconds=10), "well")
        beats = tx.topics.heartbeats()
    assert (beats["daemon"].at, beats["daemon"].detail) == (START + timedelta(seconds=10), "well")


def test_a_topic_taken_out_and_put_back_is_due_again(store: Store) -> None:
    """Commenting a topic out for a day must not silence it for ever."""
    with store.write() as tx:
        tx.topics.sync([HOURLY], START)
        tx.topics.sync([], START)
        assert tx.topics.due(START + timedelta(days=30)) == []
        tx.topics.sync([HOURLY], START)
        assert [state.key for state in tx.topics.due(START + timedelta(days=30))] == [HOURLY.key]


def test_a_due_time_of_a_clock_that_was_wrong_is_mended(store: Store) -> None:
    """A year ahead once is not a year of silence."""
    with store.write() as tx:
        tx.topics.sync([HOURLY], START)
        tx.topics.set_next(HOURLY.key, START + timedelta(days=365))
        tx.topics.sync([HOURLY], START)
        state = tx.topics.get(HOURLY.key)
    assert state is not None
    assert state.next_due_at == HOURLY.first_due_at
