"""What looks alike and is not the same: a story that is wrongly silenced is the worst that can happen."""

from datetime import timedelta

import pytest

from monitor.model import Entry
from tests.behaviour.given import DAY, MINUTES, World, an_entry
from tests.behaviour.texts import NEWS, News
from tests.fakes.clock import START

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def of_day(news: News, day: int, outlet: int = 0) -> Entry:
    """The issue of one day of something that comes every day, at half past six."""
    dated = News(f"{news.slug}-2026-03-{14 + day}", news.title, news.text)
    return an_entry(dated, outlet, START + day * DAY - timedelta(hours=2, minutes=30))


# --- what comes every day --------------------------------------------------------------------------------------------


def test_a_daily_briefing_is_told_every_day(world: World) -> None:
    """One and the same headline and standing text on five days."""
    world.know(1)
    standing = "The five stories you need to know before you leave the house, gathered by our morning desk."
    briefings = [
        of_day(News("briefing", "Morning briefing: what you need to know today", standing), n) for n in range(5)
    ]
    assert [world.poll({0: [today]}, DAY) for today in briefings] == [1] * 5


def test_a_daily_briefing_beside_older_ones_is_told_every_day(world: World) -> None:
    """The same where the feed still shows the issues of the days before."""
    world.know(1)
    standing = "The five stories you need to know before you leave the house, gathered by our morning desk."
    briefings = [
        of_day(News("briefing", "Morning briefing: what you need to know today", standing), n) for n in range(5)
    ]
    assert [world.poll({0: briefings[n::-1]}, DAY) for n in range(5)] == [1] * 5


COLUMNS = ("Letters to the editor", "Chess problem of the day", "From the archive")
COLUMN_TEXTS = [
    (
        "Readers write about the ferry timetable, the price of plums and a pothole that has outlived two mayors.",
        "White to move and mate in three; the rook must not leave its file. From a tournament in Oakhurst.",
        "Sixty years ago a circus elephant walked into the post office and had to be led out with buns.",
    ),
    (
        "A retired surveyor defends the new roundabout, and three pupils ask for a later start of school.",
        "Black has just castled. Can White win the queen without giving up both bishops? Composed by R. Tamm.",
        "Our front page of the day the harbour froze, when skaters brought the mail to the islands.",
    ),
    (
        "Much praise for the night nurses of ward seven; scorn for the organ music at the ice rink.",
        "A study with only seven pieces on the board, in which the king has to walk all the way to h8.",
        "When the first telephone exchange opened, the baker got number one and the bishop number two.",
    ),
]


@pytest.mark.parametrize("has_text", [True, False], ids=["text", "headline only"])
def test_daily_columns_are_not_renumbered_ids(world: World, has_text: bool) -> None:
    """Three daily columns of one feed, the same three headlines every day, with new texts or with none."""
    world.know(1)
    told = []
    for day, texts in enumerate(COLUMN_TEXTS):
        columns = [
            of_day(News(f"column-{n}", title, texts[n] if has_text else ""), day) for n, title in enumerate(COLUMNS)
        ]
        told.append(world.poll({0: columns}, DAY))
    assert told == [3, 3, 3]


MANY_COLUMNS = (
    "Letters to the editor",
    "Chess problem of the day",
    "From the archive of this newspaper",
    "Tide tables for the northern harbours",
    "Births and marriages in the county",
    "What is on at the theatres tonight",
    "Stargazing with our correspondent",
    "Recipe of the day from the test kitchen",
    "Cattle prices at the Selby auction",
    "Road works and closures this week",
    "Crossword number and its solution",
    "Weather for sailors and farmers",
)


def test_a_dozen_daily_columns_are_told_every_day(world: World) -> None:
    """Ten or more columns, the same headlines, new text and date: never taken for an archive or a renumbered feed."""
    world.know(1)
    told = []
    for day in range(3):
        texts = [f"{NEWS[(n + 5 * day) % len(NEWS)].text.split('. ')[day]}." for n in range(len(MANY_COLUMNS))]
        columns = [
            of_day(News(f"column-{n}", title, text), day)
            for n, (title, text) in enumerate(zip(MANY_COLUMNS, texts, strict=True))
        ]
        told.append(world.poll({0: columns}, DAY))
    assert told == [12, 12, 12]


FORECASTS = [
    (9, 3, "north-west", 25, "showers in the morning, dry later"),
    (12, 5, "south", 10, "fog in the valleys, then sun"),
    (7, 0, "north-east", 45, "sleet over the hills, black ice at night"),
    (15, 8, "south-west", 30, "clouds from noon, thunder possible"),
    (11, 6, "west", 60, "a gale warning for the coast until midnight"),
]


def test_a_daily_forecast_is_told_every_day(world: World) -> None:
    """One headline and other figures on five days."""
    world.know(1)
    told = []
    for day, (high, low, wind, speed, sky) in enumerate(FORECASTS):
        text = (
            f"{WEEK[day]}: highs of {high} degrees, lows of {low}. Winds from the {wind} at {speed} km/h, {sky}. "
            "The forecast is made at five in the morning by the regional weather office for the coming day."
        )
        told.append(
            world.poll({0: [of_day(News("forecast", "Weather forecast for the northern region", text), day)]}, DAY)
        )
    assert told == [1] * 5


# --- one pattern, several events -------------------------------------------------------------------------------------

RESULTS = [
    ("Voltane", "9 percent", "412 million", "3.1 billion", "chips for cars"),
    ("Medipoint", "23 percent", "88 million", "1.9 billion", "prescriptions by mail"),
    ("Northrail", "4 percent", "57 million", "640 million", "freight"),
    ("Harrow Foods", "31 percent", "205 million", "2.7 billion", "frozen meals"),
    ("Ostrava Steel", "16 percent", "730 million", "8.4 billion", "rails and beams"),
    ("Bellmoor Bank", "12 percent", "1.2 billion", "5.5 billion", "mortgages"),
]


def test_six_companies_results_are_six_stories(world: World) -> None:
    """Six companies' results in the same sentence pattern from one feed within hours."""
    world.know(1)
    told = []
    for name, share, profit, sales, what in RESULTS:
        text = (
            f"{name} said on Thursday that its net profit for the first quarter rose {share} to {profit} dollars from "
            f"a year earlier. Revenue came to {sales} dollars, driven by {what}. Analysts polled by a data provider "
            "had expected less. The company confirmed its outlook for the full year."
        )
        slug = f"{name.lower().replace(' ', '-')}-first-quarter-results"
        news = News(slug, f"{name} first-quarter profit rises {share} to ${profit}", text)
        told.append(world.poll({0: [an_entry(news, at=world.now)]}, 3 * MINUTES))
    assert told == [1] * 6


def a_quake(place: str, magnitude: str, depth: int, outlet: int) -> Entry:
    """A report as seismological offices write them."""
    text = (
        f"A magnitude {magnitude} earthquake struck {place} on Saturday, the seismological office said. It occurred "
        f"at a depth of {depth} km. There were no immediate reports of damage or casualties, and no tsunami warning "
        "was issued. People left their houses in fear of aftershocks."
    )
    slug = f"earthquake-{place.lower().replace(' ', '-')}-{magnitude.replace('.', '-')}"
    return an_entry(News(slug, f"Magnitude {magnitude} earthquake strikes {place}", text), outlet)


def test_two_earthquakes_of_a_day_are_two_stories(world: World) -> None:
    """Reported in the same pattern by two outlets, with other place and magnitude."""
    world.know(2)
    first, second = a_quake("southern Kamrat island", "5.6", 10, 0), a_quake("the Velja valley", "6.1", 42, 1)
    assert [world.poll({0: [first]}), world.poll({1: [second]})] == [1, 1]


def test_one_consent_text_under_five_headlines_is_five_stories(world: World) -> None:
    """Five different headlines whose summary is the same consent text, from one feed or from five."""
    consent = (
        "We and our partners store and access information on your device, such as cookies and unique identifiers, to "
        "show personalised advertising, to measure its success and to learn about our audience. Please accept, or "
        "choose what you allow, before you continue to the article."
    )
    world.know(6)
    told = [
        world.poll({outlet: [an_entry(News(f"{news.slug}-{outlet}", news.title, consent), outlet, world.now)]})
        for news, outlet in [(NEWS[0], 0), (NEWS[1], 0), (NEWS[2], 0), (NEWS[3], 1), (NEWS[4], 2)]
    ]
    assert told == [1] * 5


def test_one_event_in_two_languages_is_told_in_both(world: World) -> None:
    """Nothing is merged across languages: two stories, both told."""
    world.know(2)
    german = News(
        "feuer-auf-faehre-vor-kelding",
        "Feuer im Maschinenraum: Passagiere verlassen Fähre vor Kelding",
        "Mehr als zweihundert Passagiere mussten am Donnerstagabend eine Fähre vor dem Hafen von Kelding verlassen, "
        "nachdem im Maschinenraum ein Feuer ausgebrochen war. Die Besatzung löschte die Flammen nach Angaben der "
        "Küstenwache binnen einer halben Stunde. Vier Menschen wurden wegen Rauchvergiftung behandelt.",
    )
    english, other = an_entry(NEWS[0], 0, language="en"), an_entry(german, 1, language="de")
    assert [world.poll({0: [english]}), world.poll({1: [other]})] == [1, 1]


def test_opposite_directions_are_two_stories(world: World) -> None:
    """Two bulletins in the same words, of which one says that prices rise and the other that they fall."""
    world.know(2)
    told = []
    for outlet, (verb, word) in enumerate([("rises", "higher"), ("falls", "lower")]):
        text = (
            f"The price of natural gas {verb} at the northern hub on Friday as traders weighed the weather against "
            f"the stocks in caverns. The contract for delivery in May ended {word}. Storage stands at its usual level "
            "for the season, the operators' association said, and two terminals are closed for maintenance."
        )
        news = News(f"gas-price-{verb}-at-northern-hub", f"Gas price {verb} at northern hub on weather outlook", text)
        told.append(world.poll({outlet: [an_entry(news, outlet)]}))
    assert told == [1, 1]
