"""Which feeds could go without a loss, and which are worth visiting more often."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.feeds.advice import Brought, Candidate, Timing, ToldStory, find_droppable, find_faster
from monitor.model import FeedId, StoryId, TopicKey

FIRST, ECHO, OTHER = FeedId(1), FeedId(2), FeedId(3)
MONTH = timedelta(days=30)
SHIPS = TopicKey("ships")


def copies(count: int = 12, first_feed: FeedId | None = FIRST) -> list[Brought]:
    """Copies in as many stories."""
    return [Brought(StoryId(number), is_copy=number % 3 != 0, first_feed=first_feed) for number in range(1, count + 1)]


def told(*, led_by: FeedId = FIRST, answered_by: tuple[FeedId, ...] = (FIRST, ECHO)) -> dict[StoryId, ToldStory]:
    """The third story was told."""
    return {StoryId(3): ToldStory(frozenset({led_by}), {SHIPS: frozenset(answered_by)})}


def test_a_feed_that_only_repeats_could_go() -> None:
    """With the evidence: how many copies and later reports, what was told without it, and who was first."""
    [drop] = find_droppable([Candidate(ECHO, MONTH, copies())], told())
    assert (drop.feed_id, drop.articles, drop.copies, drop.reports, drop.told) == (ECHO, 12, 8, 4, 1)
    assert drop.covered_by == (FIRST,)


def test_what_anything_depends_on_stays() -> None:
    """A first report, a telling it led, the last answer to a topic, too short a watch, too few articles."""
    whole = Candidate(ECHO, MONTH, copies())
    assert not find_droppable([replace(whole, brought=[*copies(), Brought(StoryId(99), False, ECHO)])], {})
    assert not find_droppable([replace(whole, brought=copies(first_feed=None))], {}), "nobody knows who was first"
    assert not find_droppable([whole], told(led_by=ECHO))
    assert not find_droppable([whole], told(answered_by=(ECHO,)))
    assert not find_droppable([replace(whole, watched=timedelta(days=13))], {})
    assert not find_droppable([replace(whole, brought=copies(9))], {})
    assert find_droppable([whole], {})


def test_two_that_cover_each_other_are_not_both_named() -> None:
    """All that are named can go together."""
    both = [Candidate(ECHO, MONTH, copies()), Candidate(OTHER, MONTH, copies(11))]
    found = find_droppable(both, told(answered_by=(ECHO, OTHER)))
    assert [one.feed_id for one in found] == [ECHO]
    assert len(find_droppable(both, told(answered_by=(FIRST, ECHO, OTHER)))) == 2


def test_more_visits_gain_what_the_wait_costs_and_no_more() -> None:
    """Half of what the interval shrinks by, never more than the delay that was measured."""
    slow = Timing(ECHO, [2000.0, 1900.0, 2100.0], timedelta(days=7), wait_s=3600, least_s=300)
    prompt = Timing(FIRST, [400.0, 420.0, 380.0, 390.0], timedelta(days=7), wait_s=3600, least_s=300)
    found = find_faster([prompt, slow], limit=5)
    assert [(one.feed_id, one.gain_s) for one in found] == [(ECHO, 1800 - 150), (FIRST, 395 - 150)]
    assert found[0].per_week == 3
    assert found[0].visits_more == 86_400 / 300 - 24


def test_nothing_is_promised_where_it_cannot_be_kept() -> None:
    """Where the server asks for the wait, too little came, or less than a minute would be won."""
    base = Timing(ECHO, [2000.0] * 5, timedelta(days=7), wait_s=3600, least_s=300)
    assert find_faster([base], limit=5)
    assert not find_faster([replace(base, least_s=3600)], limit=5)
    assert not find_faster([replace(base, delays_s=[2000.0] * 2)], limit=5)
    assert not find_faster([replace(base, wait_s=400)], limit=5)
    assert not find_faster([replace(base, delays_s=[30.0] * 5)], limit=5)
    assert not find_faster([replace(base, delays_s=[])], limit=5)
    assert len(find_faster([replace(base, feed_id=FeedId(n)) for n in range(9)], limit=5)) == 5
