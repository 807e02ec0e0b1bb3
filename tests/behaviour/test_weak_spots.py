"""Feeds in which a measured prototype silenced news: here every entry is told, once."""

import pytest
from msgspec.structs import replace

from monitor.model import Entry
from tests.behaviour.given import DAY, HOUR, World, an_entry
from tests.behaviour.texts import NEWS, News
from tests.fakes.clock import START

HOME = "https://outlet0.example/"
SECTION = "https://outlet0.example/news"
NOW_OF = [START + n * HOUR - 6 * HOUR for n in range(len(NEWS))]
"""When each of the news was published."""


def in_turn(world: World, entries: list[Entry], at_once: int = 1) -> list[int]:
    """How many tellings each poll brings of a feed that shows so many entries at a time, then all of them once more."""
    portions = [entries[n : n + at_once] for n in range(0, len(entries), at_once)]
    told = [world.poll({0: [replace(e, published=world.now) for e in some]}) for some in portions]
    assert [world.poll({0: [replace(e, published=world.now - HOUR) for e in portions[-1]]})] == [0]
    return told


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize(
    "link", [HOME, SECTION, f"{HOME}?lang=en", "https://www.outlet0.example/index.html?utm_source=rss"]
)
def test_entries_that_all_link_home_are_each_told(world: World, link: str, at_once: int) -> None:
    """One or two entries per poll, guids all different, every link the homepage or a section."""
    world.know(1)
    entries = [an_entry(news, link=link) for news in NEWS[:8]]
    assert in_turn(world, entries, at_once) == [at_once] * (8 // at_once)


@pytest.mark.parametrize("link", [HOME, SECTION])
@pytest.mark.parametrize("has_guid", [True, False], ids=["guid", "no guid"])
def test_an_entry_under_a_link_that_was_shared_before_is_told(world: World, has_guid: bool, link: str) -> None:
    """After a poll in which many shared the link, a later one brings a single new entry under it."""
    world.know(1)
    entries = [replace(an_entry(news, link=link), id=news.slug if has_guid else "") for news in NEWS[:6]]
    later = replace(an_entry(NEWS[7], link=link), id="later" if has_guid else "")
    assert world.poll({0: entries}) == 6
    assert world.poll({0: [replace(later, published=world.now)]}) == 1


@pytest.mark.parametrize("link", ["own", HOME, SECTION, ""], ids=["own link", "home", "section", "no link"])
def test_one_entry_at_a_time_under_one_guid_is_told_each_time(world: World, link: str) -> None:
    """A feed that shows one entry at a time, always under the same guid, whatever it links."""
    world.know(1)
    entries = [an_entry(news, id="latest") for news in NEWS[:5]]
    if link != "own":
        entries = [replace(entry, link=link) for entry in entries]
    assert in_turn(world, entries) == [1] * 5


def test_one_undated_entry_at_a_time_under_one_guid_is_told_each_time(world: World) -> None:
    """The same from a feed that dates nothing: headlines that share nothing are different articles."""
    world.know(1)
    entries = [an_entry(news, id="latest", published=None) for news in NEWS[:5]]
    assert [world.poll({0: [entry]}) for entry in entries] == [1] * 5
    assert world.poll({0: [entries[-1]]}) == 0


@pytest.mark.parametrize("cut", [True, False], ids=["short", "long"])
def test_ids_that_change_at_every_poll_tell_nothing_again(world: World, cut: bool) -> None:
    """A feed that gives every entry a new id whenever it is asked, with links and dates as they were."""
    world.know(1)
    entries = [an_entry(NEWS[n], at=world.now, summary=NEWS[n].text[:90] if cut else NEWS[n].text) for n in range(6)]
    told = [world.poll({0: [replace(e, id=f"{poll}-{n}") for n, e in enumerate(entries)]}) for poll in range(4)]
    assert told == [6, 0, 0, 0]


@pytest.mark.parametrize("has_text", [True, False], ids=["text", "headline only"])
def test_ids_and_dates_that_change_at_every_poll_tell_nothing_again(world: World, has_text: bool) -> None:
    """The same where each entry also claims to be published at the moment it is asked for."""
    world.know(1)
    entries = [an_entry(news, summary=news.text if has_text else "") for news in NEWS[:6]]
    told = [
        world.poll({0: [replace(e, id=f"{poll}-{n}", published=world.now) for n, e in enumerate(entries)]})
        for poll in range(4)
    ]
    assert told == [6, 0, 0, 0]


@pytest.mark.parametrize("is_dated", [True, False], ids=["dated", "undated"])
def test_links_with_a_ticket_that_changes_tell_nothing_again(world: World, is_dated: bool) -> None:
    """New ids at every poll, and every link carries a ticket of that poll which no one can know to be noise."""
    world.know(1)
    entries = [an_entry(news, at=NOW_OF[n]) for n, news in enumerate(NEWS[:6])]
    told = []
    for poll in range(4):
        shown = [replace(e, id=f"{poll}-{n}", link=f"{e.link}?ticket={poll}a7") for n, e in enumerate(entries)]
        told.append(world.poll({0: shown if is_dated else [replace(e, published=None) for e in shown]}))
    assert told == [6, 0, 0, 0]


def test_ids_that_change_while_entries_roll_through_are_told_once(world: World) -> None:
    """New ids at every poll, and at every poll one entry comes and the oldest goes: each is told once."""
    world.know(1)
    told = []
    for poll in range(8):
        shown = [an_entry(NEWS[n], id=f"{poll}-{n}", at=NOW_OF[n]) for n in range(poll, poll + 5)]
        told.append(world.poll({0: shown}))
    assert told == [5, 1, 1, 1, 1, 1, 1, 1]


def test_guids_that_number_the_places_are_no_identity(world: World) -> None:
    """A feed that numbers its entries from the top moves every id on when one entry comes."""
    world.know(1)
    told = []
    for poll in range(4):
        order = range(poll + 3, -1, -1)
        told.append(world.poll({0: [an_entry(NEWS[n], id=str(place), at=NOW_OF[n]) for place, n in enumerate(order)]}))
    assert told == [4, 1, 1, 1]


def test_one_page_that_lists_many_short_items_tells_each(world: World) -> None:
    """A ticker whose items are anchors of one page, one more at every poll, under headlines of their own."""
    world.know(1)
    told = []
    for poll in range(4):
        shown = [
            an_entry(NEWS[n], id=f"item-{n}", link=f"{HOME}ticker#item-{n}", at=NOW_OF[n], summary="")
            for n in range(poll + 3, -1, -1)
        ]
        told.append(world.poll({0: shown}))
    assert told == [4, 1, 1, 1]


def test_two_entries_of_one_headline_and_different_texts_are_told(world: World) -> None:
    """Notices under one standing headline within one poll, each with a text of its own."""
    world.know(1)
    notices = [an_entry(News(f"harbour-notice-{n}", "Notice of the harbour office", NEWS[n].text)) for n in range(3)]
    assert [world.poll({0: notices}), world.poll({0: notices})] == [3, 0]


def test_a_returning_entry_is_known_though_its_article_was_swept(world: World) -> None:
    """Names outlive the article: what comes back after half a year is still known; its place is one day's news."""
    world.know(1)
    entry = an_entry(NEWS[0], at=world.now)
    assert world.poll({0: [entry]}) == 1
    world.sweep(after=120 * DAY)
    assert world.articles() == []
    assert world.poll({0: [entry, an_entry(NEWS[1], at=world.now)]}) == 1


def test_a_listing_with_a_speaking_name_is_no_page(world: World) -> None:
    """Every entry of two feeds links to one tag, one new entry at a time: each is another article, and told."""
    world.know(2)
    link = "https://paper.example/tag/world-cup-2026"
    told = [world.poll({n % 2: [an_entry(NEWS[n], n % 2, world.now, id=f"id-{n}", link=link)]}) for n in range(4)]
    assert told == [1, 1, 1, 1]
