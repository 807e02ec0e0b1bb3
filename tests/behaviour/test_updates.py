"""A told story that grows, and one that is kept or moved: told again only by the gates."""

from datetime import timedelta

from monitor.model import Entry, FeedSpec
from monitor.pipeline.sweep import ALIAS_DAYS
from tests.behaviour.given import DAY, HOUR, World, an_entry
from tests.behaviour.texts import NEWS, News

EIGHT_HOURS = timedelta(hours=8)
ACCIDENT = News(
    "bus-crash-hartsea-pass",
    "Five dead as coach plunges off Hartsea pass",
    "A coach carrying walkers home from a hut left the road on the Hartsea pass on Saturday morning and rolled down a "
    "slope, killing five people, police said. Helicopters flew the injured to two hospitals. The road was dry and the "
    "weather clear. Rescuers were searching a stream below the wreck for passengers who may have been thrown out.",
)
REPEATED = News("coach-crash-hartsea", f"{ACCIDENT.title} - The Northern Post", ACCIDENT.text)
TOLL = [
    News(
        "hartsea-coach-crash-toll-rises",
        "Death toll of Hartsea pass coach crash rises to 23, driver arrested",
        "Police arrested the driver of the coach that plunged off the Hartsea pass as the number of dead rose to 23 on "
        "Saturday evening. Prosecutors suspect that he had been at the wheel for nineteen hours. Rescuers pulled more "
        "bodies from a stream below the wreck. The operator's licence was suspended.",
    ),
    News(
        "coach-driver-held-as-hartsea-dead-reach-23",
        "Coach driver held as dead of Hartsea pass crash reach 23",
        "The driver of a coach that left the road on the Hartsea pass was taken into custody on Saturday, hours after "
        "the crash that by now has cost 23 lives. Investigators look into how long he had been driving. Divers "
        "recovered bodies from the stream below the wreck.",
    ),
    News(
        "hartsea-pass-crash-23-dead-arrest",
        "Hartsea pass coach crash: 23 dead, driver under arrest",
        "Twenty-three people died when a coach plunged off the Hartsea pass, and its driver is under arrest, "
        "prosecutors said on Saturday night. He may have driven for nineteen hours without relief. The wreck is to be "
        "lifted by crane on Sunday.",
    ),
]


def test_a_risen_toll_is_one_update(world: World) -> None:
    """A second outlet repeats an accident: nothing. Hours later three report more dead and an arrest: one update."""
    world.know(5)
    assert world.poll({0: [an_entry(ACCIDENT, 0, world.now + HOUR)]}) == 1
    assert world.poll({1: [an_entry(REPEATED, 1, world.now + HOUR)]}) == 0
    told = [world.poll({2: [an_entry(TOLL[0], 2, world.now + EIGHT_HOURS)]}, EIGHT_HOURS)]
    told += [world.poll({3 + n: [an_entry(news, 3 + n, world.now + HOUR)]}) for n, news in enumerate(TOLL[1:])]
    assert told == [1, 0, 0]
    assert world.told() == 2
    assert len({one.story_id for one in world.articles()}) == 1
    assert world.publishers() == 5


def test_a_story_that_was_told_stays_told_when_its_feed_is_renamed(world: World) -> None:
    """Another name, weight or language of a feed in the configuration is no other feed."""
    world.know(2)
    entries = [an_entry(NEWS[n], at=world.now) for n in range(4)]
    assert world.poll({0: entries}) == 4
    world.configure([FeedSpec("Morning paper", world.specs[0].url, weight=3.0, language="en"), world.specs[1]])
    assert world.poll({0: entries}) == 0


def test_a_story_that_was_told_stays_told_when_its_feed_is_readdressed(world: World) -> None:
    """A person corrects the address of a feed under its name: the names of its entries stay, and news is told."""
    world.know(2)
    entries = [an_entry(NEWS[n], at=world.now) for n in range(4)]
    assert world.poll({0: entries}) == 4
    world.configure([FeedSpec("Outlet 0", "https://outlet0.example/feeds/all.atom"), world.specs[1]])
    assert world.poll({0: [an_entry(NEWS[5], at=world.now), *entries]}) == 1


def test_a_story_that_was_told_stays_told_when_its_feed_moves_for_good(world: World) -> None:
    """A feed that answers 301 from now on, then is corrected in the configuration, tells nothing again."""
    world.know(2)
    entries = [an_entry(NEWS[n], at=world.now) for n in range(4)]
    there = "https://feeds.outlet0.example/all"
    assert world.poll({0: entries}) == 4
    world.moved[0] = there
    assert [world.poll({0: entries}, DAY) for _ in range(4)] == [0] * 4
    [feed] = [feed for n, feed in world.feeds(world.now).items() if n == 0]
    assert feed.address == there
    world.configure([FeedSpec("Outlet 0", there), world.specs[1]])
    assert world.poll({0: entries}) == 0


def test_a_feed_that_leaves_the_configuration_and_returns_tells_what_is_new(world: World) -> None:
    """Taken out and put back a week later, under its address, it is the feed that was known."""
    world.know(2)
    entries = [an_entry(NEWS[n], at=world.now) for n in range(4)]
    assert world.poll({0: entries}) == 4
    both = world.specs
    world.configure(both[1:])
    world.clock.forward(days=7)
    world.configure(both)
    assert world.poll({0: [an_entry(NEWS[5], at=world.now), *entries]}) == 1


def test_a_name_is_kept_while_its_feed_shows_it(world: World) -> None:
    """Names go a year after they were last seen; one that is shown all the time is renewed at every poll."""
    world.know(1)
    entries = [an_entry(NEWS[n], at=world.now) for n in range(2)]
    assert world.poll({0: entries}) == 2
    for _ in range(4):
        world.sweep(after=200 * DAY)
        assert world.poll({0: entries[:1]}) == 0
    names = world.count("SELECT count(DISTINCT article_id) FROM entry_alias")
    assert names == 1, "the other one has not been seen for longer than names are kept"
    assert 200 < ALIAS_DAYS < 800


def test_an_expired_name_is_an_old_entry_and_not_all_at_once(world: World) -> None:
    """A name that expired can be given anew; that its entries are old is seen by their dates where many return."""
    world.know(1)
    entries = [
        an_entry(News(f"{news.slug}-{n}", f"{news.title} ({n})", news.text), at=world.now - n * HOUR)
        for n, news in enumerate(NEWS)
    ]
    world.poll({0: entries})
    before = world.told()
    world.sweep(after=(ALIAS_DAYS + 10) * DAY)
    assert world.poll({0: [an_entry(NEWS[3], at=world.now), *entries]}) == 1
    assert world.told() == before + 1


def test_an_entry_on_two_feeds_of_an_outlet_is_told_once(world: World) -> None:
    """The front page's feed and the section's show one entry, under one id and link."""
    world.know(2)
    entry: Entry = an_entry(NEWS[6], 0, world.now)
    assert [world.poll({0: [entry]}), world.poll({1: [entry]})] == [1, 0]
