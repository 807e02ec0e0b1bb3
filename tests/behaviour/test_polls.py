"""What a feed may do to its entries without telling anything twice, or hiding anything new."""

from datetime import timedelta

from msgspec.structs import replace

from monitor.model import Entry
from tests.behaviour.given import DAY, HOUR, MINUTES, World, an_entry
from tests.behaviour.texts import NEWS, News
from tests.fakes.clock import START

SITE = "https://outlet0.example/"
OLD = [an_entry(news, at=START - timedelta(hours=30 - n)) for n, news in enumerate(NEWS[:8])]
"""What the feed showed when it was first read."""


def known(world: World) -> None:
    """One outlet whose old entries were read."""
    world.know(1, outlet0=OLD)


def fresh(world: World, first: int, count: int) -> list[Entry]:
    """Entries that nobody saw, published a moment ago."""
    return [an_entry(news, at=world.now + MINUTES) for news in NEWS[first : first + count]]


def renumbered(entry: Entry, number: int) -> Entry:
    """The entry after its site moved to another publishing system: new id, path and date."""
    moved = START + timedelta(minutes=number)
    return replace(entry, id=f"urn:post:{7000 + number}", link=f"{SITE}articles/{number}.html", published=moved)


def an_archive(count: int) -> list[Entry]:
    """Entries of long ago, each of its own day."""
    return [
        an_entry(
            News(
                f"minutes-{n}", f"Council minutes of session {n + 100}", f"Item {n * 7 + 3} was put off until autumn."
            ),
            at=START - (40 + n) * DAY,
        )
        for n in range(count)
    ]


# --- what every poll does --------------------------------------------------------------------------------------------


def test_a_first_reading_tells_nothing(world: World) -> None:
    """A feed is read for the first time and shows thirty entries: all are stored, none is told."""
    world.know(1, outlet0=an_archive(16) + [an_entry(news) for news in NEWS])
    world.close()
    assert (world.told(), len(world.articles())) == (0, 30)


def test_the_same_entries_an_hour_later_tell_nothing(world: World) -> None:
    """The same bytes again are nothing."""
    known(world)
    assert world.poll({0: OLD}) == 0
    assert len(world.articles()) == len(OLD)


def test_unseen_entries_above_old_ones_are_told(world: World) -> None:
    """Three unseen entries of a known feed are told, each."""
    known(world)
    assert world.poll({0: [*fresh(world, 8, 3), *OLD]}) == 3


# --- names that change -----------------------------------------------------------------------------------------------


def test_new_guids_tell_nothing(world: World) -> None:
    """Every guid changes while links, headlines and dates stay."""
    known(world)
    assert world.poll({0: [replace(e, id=f"https://outlet0.example/?p={n}") for n, e in enumerate(OLD)]}) == 0


def test_new_guids_and_plain_tracked_links_tell_nothing(world: World) -> None:
    """Guids change, links move to http with `www` and gain tracking parameters."""
    known(world)
    tracked = "?utm_source=rss&utm_medium=feed&utm_campaign=all"
    moved = [
        replace(e, id=f"n{n}", link=e.link.replace("https://", "http://www.") + tracked) for n, e in enumerate(OLD)
    ]
    assert world.poll({0: moved}) == 0


def test_new_guids_and_paths_tell_nothing(world: World) -> None:
    """Guids and link paths all change, dates stay."""
    known(world)
    assert world.poll({0: [replace(renumbered(e, n), published=e.published) for n, e in enumerate(OLD)]}) == 0


def test_new_guids_paths_and_dates_tell_nothing(world: World) -> None:
    """Guids, paths and dates all change at once, headlines and texts stay."""
    known(world)
    assert world.poll({0: [renumbered(e, n) for n, e in enumerate(OLD)]}) == 0


def test_a_move_that_names_the_site_in_each_headline_tells_nothing(world: World) -> None:
    """The same move, and each headline also gains the site's name at its end; seen again it is still nothing."""
    known(world)
    moved = [replace(renumbered(e, n), title=f"{e.title} | Harbour Gazette") for n, e in enumerate(OLD)]
    assert [world.poll({0: moved}), world.poll({0: moved})] == [0, 0]
    assert len(world.articles()) == len(OLD)


def test_everything_at_once_tells_nothing(world: World) -> None:
    """Guid, scheme, host, path, date, headline and the small print of the text change in one poll."""
    known(world)
    moved = [
        replace(
            renumbered(e, n),
            link=f"http://www.outlet0.example/articles/{n}.html?ref=rss",
            title=f"{e.title} - Harbour Gazette",
            summary=f"{e.summary} The post {e.title} appeared first on Harbour Gazette.",
        )
        for n, e in enumerate(OLD)
    ]
    assert world.poll({0: moved}) == 0


def test_two_new_entries_in_a_move_are_told(world: World) -> None:
    """Such a move and two truly new entries in the same poll: just these two."""
    known(world)
    moved = [replace(renumbered(e, n), title=f"{e.title} | Harbour Gazette") for n, e in enumerate(OLD)]
    world.clock.forward(hours=1)
    assert world.poll({0: [*fresh(world, 8, 2), *moved]}, MINUTES) == 2


# --- entries that change ---------------------------------------------------------------------------------------------


def test_an_entry_edited_under_its_guid_is_told_once(world: World) -> None:
    """Headline, text and date are edited twice; it is one article, revised twice."""
    known(world)
    first = fresh(world, 8, 1)[0]
    second = replace(
        first,
        title="Patient with laboratory-grown heart valve leaves hospital",
        published=START + 3 * HOUR,
        summary="The first patient with a home-grown heart valve went home on Friday, five days after surgery.",
    )
    third = replace(second, title="First laboratory heart valve: what doctors expect", published=START + 6 * HOUR)
    assert [world.poll({0: [entry, *OLD]}) for entry in (first, second, third)] == [1, 0, 0]
    assert world.articles()[-1].revision == 2


def test_an_entry_reposted_under_new_names_is_told_once(world: World) -> None:
    """It comes back three times under a new guid and slug, its headline slightly changed."""
    titles = [
        "Night trains to the coast return after eleven years",
        "Night trains to the coast are back after eleven years",
        "Night trains to coast return after eleven years",
        "After eleven years, night trains to the coast return",
    ]
    news = NEWS[6]
    feed = [entry for entry in OLD if news.slug not in entry.link]
    world.know(1, outlet0=feed)
    posts = [
        an_entry(News(f"{news.slug}-{n}", title, news.text), at=START + n * HOUR) for n, title in enumerate(titles)
    ]
    assert [world.poll({0: [post, *feed]}) for post in posts] == [1, 0, 0, 0]


LIVE = [
    "Storm reaches the coast: follow live",
    "Ferries stay in port as gusts pass 120 km/h",
    "Power cut to four districts, says grid operator",
    "Airport closes its northern runway",
    "Tree falls on tram in Bellmoor, driver hurt",
    "Schools to stay shut on Monday, minister says",
    "Sea wall at Hartsea overtopped at high tide",
    "Firefighters count nine hundred calls since noon",
    "Insurers open a hotline for damaged roofs",
    "Trains resume on the western line",
    "Coastguard ends search for two kayakers, both safe",
    "Storm moves out to sea: what we know",
]


def test_a_live_page_under_one_guid_is_told_once(world: World) -> None:
    """A live blog under one guid and one link changes headline and text twelve times."""
    known(world)
    page = an_entry(NEWS[9], id="live-storm", link=f"{SITE}live/2026/mar/14/storm-reaches-the-coast")
    told = [
        world.poll({0: [replace(page, title=title, summary=f"{title}. More soon.", published=world.now), *OLD]})
        for title in LIVE
    ]
    assert told == [1, *[0] * 11]


def test_a_live_page_with_numbered_guids_is_told_once(world: World) -> None:
    """A live blog under one link whose guid carries a running number, headlines unrelated to each other."""
    known(world)
    link = f"{SITE}live/2026/mar/14/storm-reaches-the-coast"
    told = [
        world.poll({0: [Entry(f"{link}#{n}", title, link, world.now, summary=f"{title}. More soon."), *OLD]})
        for n, title in enumerate(LIVE)
    ]
    assert told == [1, *[0] * 11]


# --- names that name nothing -----------------------------------------------------------------------------------------


def test_entries_without_guid_that_link_home_are_each_told(world: World) -> None:
    """None of the six has a guid and all link to the homepage; the next poll adds nothing."""
    world.know(1)
    six = [replace(entry, id="", link=SITE) for entry in fresh(world, 0, 6)]
    assert [world.poll({0: six}), world.poll({0: six})] == [6, 0]


def test_entries_of_one_guid_are_each_told(world: World) -> None:
    """All six entries of a poll carry the same guid; the next poll adds nothing."""
    world.know(1)
    six = [replace(entry, id="rss") for entry in fresh(world, 0, 6)]
    assert [world.poll({0: six}), world.poll({0: six})] == [6, 0]


# --- old entries -----------------------------------------------------------------------------------------------------


def test_a_dumped_archive_tells_nothing(world: World) -> None:
    """A known feed suddenly lists forty entries more than a month old: stored, none told."""
    known(world)
    assert world.poll({0: [*OLD, *an_archive(40)]}) == 0
    assert len(world.articles()) == len(OLD) + 40


def test_entries_that_return_after_a_month_tell_nothing(world: World) -> None:
    """Entries leave the feed and come back."""
    known(world)
    later = [an_entry(NEWS[10], at=START + DAY)]
    assert world.poll({0: later}, DAY) == 1
    assert world.poll({0: [*later, *OLD]}, 30 * DAY) == 0
