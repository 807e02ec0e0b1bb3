"""What a feed puts under all its articles is not compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Relation
from monitor.stories.standing import _BREAK, _PLAIN_BREAK, find_standing, without_standing
from tests.stories.test_group import Desk

NEWSLETTER = "The valley's week in one letter, every Friday at seven: read by forty thousand neighbours."
NEWS = {
    "Bridge closed after barge hits pillar": "A barge hit the middle pillar of the Sandau bridge in the night.",
    "School board buys twelve buses": "The board of Ortmund voted for twelve electric buses from Kerstal.",
    "Two held over copper theft": "Police found four tonnes of copper cable in a barn near Vell.",
    "Choir sings in emptied reservoir": "Three hundred people heard Bach on the dry bed of Lake Amsel.",
    "Mayor of Linden resigns": "Jutta Reiber gave no reason and named no successor on Monday.",
}
ENTRIES = [("", headline, f"{text} {NEWSLETTER}") for headline, text in NEWS.items()]


def test_a_sentence_under_four_articles_is_furniture() -> None:
    """It is cut out wherever it stands, and nothing else is."""
    standing = find_standing(ENTRIES)
    assert [without_standing(text, standing) for _, _, text in ENTRIES] == list(NEWS.values())
    assert without_standing(f"{NEWSLETTER}\nRain is on its way.", standing) == "Rain is on its way."


def test_under_three_it_is_not() -> None:
    """Three prints of one text are no rare thing in a feed."""
    assert find_standing(ENTRIES[:3]) == frozenset()


def test_one_text_in_many_prints_is_no_furniture() -> None:
    """In an aggregator's feed thirty outlets print one text under headlines that share their subject."""
    prints = [
        ("", f"{label}{'Barge hits Sandau bridge' if n % 2 else 'Sandau bridge closed after barge crash'}", NEWSLETTER)
        for n, label in enumerate(("", "UPDATE 1-", "WATCH: ", "", "Live: ", ""))
    ]
    assert find_standing(prints) == frozenset()


def test_another_outlets_sentence_counts_for_that_outlet_alone() -> None:
    """Four outlets of an aggregator that carry one sentence have one text, not one habit."""
    assert (
        find_standing([(f"Outlet {n}", headline, text) for n, (_, headline, text) in enumerate(ENTRIES)]) == frozenset()
    )


def test_a_short_sentence_is_said_of_many_things() -> None:
    """He declined to comment."""
    assert find_standing([("", headline, "He declined to comment.") for headline in NEWS]) == frozenset()


def test_two_papers_of_one_house_are_not_alike_by_their_letter() -> None:
    """Without its furniture a short notice is compared by what it says."""
    letter = f"{NEWSLETTER} {NEWSLETTER.replace('Friday', 'Sunday')} {NEWSLETTER.replace('seven', 'nine')}"
    pair = ("Sandau bridge opens for bicycles", "Tolls rise on Sandau bridge")

    def last(with_habit: bool) -> Relation:
        desk = Desk()
        for outlet, headline in zip(("East", "West"), pair, strict=True):
            for n, habit in enumerate(NEWS if with_habit else ()):
                desk.take(habit if outlet == "East" else habit[::-1], f"{NEWS[habit] if n else ''} {letter}", outlet)
            choice = desk.take(headline, letter, outlet)
        return choice.relation

    assert last(with_habit=False) is Relation.COPY
    assert last(with_habit=True) is not Relation.COPY


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=40), st.text(max_size=200)), max_size=12))
def test_any_texts_can_be_looked_at(entries: list[tuple[str, str, str]]) -> None:
    """Nothing raises, and what is left of a text was in it."""
    standing = find_standing(entries)
    for _, _, text in entries:
        assert len(without_standing(text, standing)) <= len(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aB. !?\n\t\r\x1c,", max_size=40))
def test_plain_texts_are_cut_as_all_are(text: str) -> None:
    """The short way through a text of ASCII alone finds the same sentences."""
    assert _PLAIN_BREAK.split(text) == _BREAK.split(text)


@pytest.mark.parametrize(
    ("sentence", "headlines"),
    [
        (
            "据新华社报道，中国国务院总理在北京会见了来访的外国代表团并就双边贸易问题交换了意见和建议。",
            ["总理会见外国代表团", "代表团与中国谈贸易", "代表团访问北京", "国务院总理谈双边关系"],
        ),
        (
            "대통령은 오늘 서울에서 기자회견을 열고 새로운 경제 정책을 발표했다고 대변인이 전했다.",
            ["대통령 경제 정책 발표", "대통령 새 정책 내놔", "대통령 회견 열어", "대통령 정책에 야당 반발"],
        ),
        (
            "प्रधानमंत्री ने आज संसद में नया कानून पेश किया और विपक्ष ने इसका कड़ा विरोध किया है।",
            ["संसद में नया कानून", "नया कानून पेश", "संसद में हंगामा", "कानून पर संसद में बहस"],
        ),
    ],
)
def test_news_is_no_furniture_in_other_scripts(sentence: str, headlines: list[str]) -> None:
    """Four reports of one event share a sentence, and their headlines a word of their script: it is their news."""
    assert find_standing([("", headline, sentence) for headline in headlines]) == frozenset()
