"""One text in many places: told once, and every publisher counted."""

import dataclasses

import pytest
from msgspec.structs import replace

from monitor.model import Entry
from tests.behaviour.given import DAY, HOUR, MINUTES, World, a_topic_for_everything, an_entry
from tests.behaviour.texts import NEWS, WIRE, News, as_printed

THIRTY = range(30)


def printed(world: World, outlet: int, news: News = WIRE) -> Entry:
    """The wire's text as this outlet prints it now."""
    return an_entry(as_printed(news, outlet), outlet, world.now)


@pytest.mark.parametrize("restarts", [False, True], ids=["one process", "a restart after every poll"])
def test_a_wire_text_of_thirty_outlets_is_told_once(world: World, restarts: bool) -> None:
    """Thirty outlets publish one wire text in varied form, ten minutes apart: told once, thirty publishers counted."""
    world.know(30)
    told = []
    for outlet in THIRTY:
        told.append(world.poll({outlet: [printed(world, outlet)]}, MINUTES))
        if restarts:
            world.restart()
    assert told == [1, *[0] * 29]
    assert world.publishers() == 30


def test_a_wire_text_in_one_round_of_thirty_feeds_is_told_once(world: World) -> None:
    """The same when all thirty are read in one batch."""
    world.know(30)
    assert world.poll({outlet: [printed(world, outlet)] for outlet in THIRTY}) == 1
    assert world.publishers() == 30


def test_a_wire_text_thirty_times_in_an_aggregators_feed_is_told_once(world: World) -> None:
    """The same inside a single poll of one aggregator, whose links hide where they lead; it names the outlets."""
    world.know(1)
    found = [
        replace(
            printed(world, outlet),
            link=f"https://news.google.com/rss/articles/CBMi{outlet * 7919:x}",
            source=f"Outlet {outlet}",
        )
        for outlet in THIRTY
    ]
    assert world.poll({0: found}) == 1
    assert world.publishers() == 30


def test_one_page_in_five_feeds_is_told_once(world: World) -> None:
    """Five feeds link one page, with different tracking and headlines and no summary."""
    world.know(5)
    page = "outlet0.example/2026/03/14/kelding-ferry-evacuated-after-engine-fire"
    spellings = [
        (f"https://{page}", "Passengers evacuated after engine fire on Kelding ferry"),
        (f"https://www.{page}/?utm_source=rss&utm_medium=feed", "Two hundred rescued off Kelding"),
        (f"http://m.{page}?fbclid=IwAR0x&at_medium=RSS", "What we know about the blaze at sea"),
        (f"https://{page}#comments", "Harbour watch: smoke over the bay"),
        (f"https://www.google.com/url?q=https://{page}&sa=D", "Ferry drama"),
    ]
    told = [
        world.poll({n: [Entry(f"{n}-page", title, link, world.now, summary="")]})
        for n, (link, title) in enumerate(spellings)
    ]
    assert told == [1, 0, 0, 0, 0]


def test_a_text_printed_five_days_later_is_told_once(world: World) -> None:
    """Another outlet prints the text five days later with its name behind the headline."""
    world.know(2)
    late = dataclasses.replace(WIRE, title=f"{WIRE.title} - The Northern Post")
    assert world.poll({0: [an_entry(WIRE, 0, world.now)]}) == 1
    assert world.poll({1: [an_entry(late, 1, world.now)]}, 5 * DAY) == 0
    assert world.publishers() == 2


def test_a_copy_that_is_the_first_to_match_is_told(world: World) -> None:
    """A teaser that does not answer the topic never silences the full text that does, be it a copy."""
    world.topics = [a_topic_for_everything(query="Renner")]
    world.know(3)
    teaser = News("dam-teaser", WIRE.title, ". ".join(WIRE.text.split(". ")[:2]) + ".")
    assert world.poll({0: [an_entry(teaser, 0, world.now)]}) == 0
    assert world.poll({1: [an_entry(WIRE, 1, world.now)]}) == 1
    assert (
        world.poll({2: [an_entry(dataclasses.replace(WIRE, title=f"{WIRE.title} | Valley Times"), 2, world.now)]}) == 0
    )


def test_copies_of_what_was_there_before_are_silent(world: World) -> None:
    """What stood in its feed when it was first read is old; so are its copies."""
    world.know(2, outlet0=[an_entry(WIRE)])
    assert world.poll({1: [printed(world, 1)]}) == 0


def test_two_topics_of_a_channel_tell_once(database_url: str) -> None:
    """Whichever topics of a channel a story and its copies answer, the channel is told once."""
    world = World(database_url, [a_topic_for_everything("one"), a_topic_for_everything("two")])
    world.know(2)
    told = [world.poll({outlet: [printed(world, outlet)]}) for outlet in range(2)]
    world.store.close()
    assert told == [1, 0]


def test_two_channels_are_told_once_each(database_url: str) -> None:
    """Each channel has its own memory, also where one of them comes later through another topic."""
    world = World(
        database_url, [a_topic_for_everything("one", ["desk", "mail"]), a_topic_for_everything("two", ["mail"])]
    )
    world.know(2)
    world.poll({0: [printed(world, 0)], 1: [an_entry(NEWS[0], 1)]})
    world.poll({1: [printed(world, 1)]}, HOUR)
    told = [world.told("desk"), world.told("mail")]
    world.store.close()
    assert told == [2, 2]
