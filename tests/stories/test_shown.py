"""Which reports are only counted: those of another outlet that say nearly the same, and never what a guard doubts."""

from datetime import timedelta

import pytest

from monitor.model import Relation
from tests.stories.test_group import TEXT, TITLE, Desk

OWN_TITLE = "In heavy storm a ferry with 210 aboard runs aground off Corsica"
OWN_TEXT = (
    "Engines of the ferry failed on Saturday near Bastia, in winds of 120 kilometres; passengers, 210 of them, were "
    "aground early. By helicopters the elderly and the children left the deck, and tugs kept off rocks the ship, as "
    "coast guard officers said. Captain Santoni radioed before dawn for help. Sailings on the Livorno line are stopped "
    "by the company, Monday is when they begin; stranded travellers are flown to the mainland. Villagers cooked soup "
    "for the crew, a baker opened his oven, and divers search the hull for cracks before salvage experts arrive."
)
OTHER_NUMBERS = OWN_TEXT.replace("210", "340").replace("120", "95").replace("Villagers", "Seven villagers")


@pytest.mark.parametrize(
    ("outlet", "text", "is_quiet"),
    [
        ("Other Post", OWN_TEXT, True),
        ("Paper", OWN_TEXT, False),
        ("Other Post", OTHER_NUMBERS, False),
    ],
)
def test_only_another_outlets_undoubted_report_is_quiet(outlet: str, text: str, *, is_quiet: bool) -> None:
    """One outlet's second report is a follow-up, and other numbers are news: both are shown."""
    desk = Desk()
    desk.take(TITLE, TEXT, "Paper")
    choice = desk.take(OWN_TITLE.replace(" with 210 aboard", ""), text, outlet)
    assert (choice.relation, choice.quiet) == (Relation.REPORT, is_quiet), desk.tell(choice)


def test_a_report_in_another_language_is_another_story() -> None:
    """Where both feeds say their language and it differs, likeness is a likeness of names."""
    told = []
    for language in ("en", "nl"):
        desk = Desk()
        desk.take(TITLE, TEXT, "Paper", language="en")
        told.append(desk.take(OWN_TITLE, OWN_TEXT, "Other Post", language=language).relation)
    assert told == [Relation.REPORT, Relation.NEW]


def test_a_report_of_few_words_is_shown_however_alike() -> None:
    """Fifteen words prove too little to keep any of them from a reader."""
    first = ("Barge hits Sandau bridge, two dead", "Rescuers search the river near Ortmund.")
    other = ("Two dead as barge rams Sandau bridge", "Divers came.")
    desk = Desk()
    desk.take(*first, "Paper")
    choice = desk.take(*other, "Other Post")
    assert (choice.relation, choice.quiet) == (Relation.REPORT, False), desk.tell(choice)


COLUMN = (
    "Spring tide at the northern piers with gusts from the west, the harbour office advises. Ferries to Tarn sail by "
    "the outer channel, the lock at Vell opens on the hour, and anglers keep off the mole. Sea temperature is 9 "
    "degrees, water stands at {0} centimetres, and the next bulletin follows when the wind has turned to the north."
)


@pytest.mark.parametrize(("level", "relation"), [(310, Relation.COPY), (480, Relation.NEW)])
def test_a_recurring_headline_is_a_reprint_only_with_every_number(level: int, relation: Relation) -> None:
    """Word for word the same, but for the water: that is the next day's bulletin."""
    desk = Desk()
    headline = "Bulletin of the harbour office for seafarers and anglers"
    desk.take(headline, COLUMN.format(310), "Coast")
    assert desk.take(headline, COLUMN.format(level), "Coast", after=timedelta(days=1)).relation is relation


def test_the_whole_text_in_the_other_outweighs_a_rounded_number() -> None:
    """A headline that rounds is over the very same text: the numbers of the text are the same."""
    desk = Desk()
    desk.take("Port pays 3.5 million for the new crane", COLUMN.format(310), "Paper")
    assert desk.take("Port pays 3.47 million for the new crane", COLUMN.format(310), "Post").relation is Relation.COPY


def test_one_teaser_over_two_articles_of_a_publisher() -> None:
    """The same text under another headline of the same house is another article."""
    desk = Desk()
    desk.take("How the harbour office learned to read the wind", COLUMN.format(310), "Coast")
    choice = desk.take("Podcast: forty years between lock and mole", COLUMN.format(310), "Coast")
    assert choice.relation is not Relation.COPY
