"""Which reports are only counted: those of another outlet that say nearly the same, and never what a guard doubts."""

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
