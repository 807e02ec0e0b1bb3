"""Which articles are copies, which are reports, and what must stay apart."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench.stories import group_ours, judge, read_articles
from monitor.model import Article, ArticleId, FeedId, Relation, StoryChoice
from monitor.stories.group import tell_choice
from monitor.stories.memory import StoryMemory
from monitor.stories.rarity import read_table
from monitor.topics.lexicon import load_lexicon

TABLE = read_table(load_lexicon().shares())

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
TITLE = "Ferry with 210 aboard runs aground off Corsica in heavy storm"
TEXT = (
    "A ferry carrying 210 passengers ran aground near the port of Bastia early on Saturday after its engines failed in "
    "winds of up to 120 kilometres an hour, the coast guard said. Two helicopters lifted children and elderly people "
    "from the upper deck while tugs tried to keep the ship off the rocks. Nobody was hurt, said the captain, Marie "
    "Santoni, who had radioed for help shortly before dawn. The company that runs the line to Livorno stopped all "
    "sailings until Monday and promised to bring the stranded travellers to the mainland by air."
)


class Desk:
    """Articles that arrive one after the other; remembers what was decided."""

    def __init__(self, prints_max: int = 100) -> None:
        self.memory = StoryMemory(TABLE, prints_max)
        self.ids = itertools.count(1)
        self.titles: dict[int, str] = {}

    def take(
        self,
        title: str,
        text: str,
        outlet: str,
        *,
        url: str = "",
        after: timedelta = timedelta(),
        language: str | None = None,
    ) -> StoryChoice:
        """Assign one article and remember it, as the ingest does."""
        number = ArticleId(next(self.ids))
        feed_id = FeedId(sum(outlet.encode()))
        article = Article(number, title, text, url, feed_id, feed=outlet, language=language)
        self.titles[number] = title
        return self.memory.assign(article, int((NOW + after).timestamp()))

    def tell(self, choice: StoryChoice) -> str:
        """The reason of a choice."""
        return tell_choice(choice, self.titles.get(choice.compared or 0, ""))


def relations(articles: Sequence[tuple[str, str, str]], gap: timedelta = timedelta(minutes=10)) -> list[Relation]:
    """What becomes of these (title, text, outlet), one after the other."""
    desk = Desk()
    return [desk.take(*article, after=gap * number).relation for number, article in enumerate(articles)]


def printed(number: int) -> tuple[str, str]:
    """One of thirty prints of the ferry text: cut, topped, labelled, with a dateline or a credit."""
    title = [TITLE, f"UPDATE 2 - {TITLE}", f"{TITLE} - Paper {number}", "Ferry aground off Corsica, 210 aboard"][
        number % 4
    ]
    sentences = TEXT.split(". ")
    text = [
        TEXT,
        f"BASTIA, March 14 (Reuters) - {TEXT}",
        ". ".join(sentences[:3]) + "…",
        f"{TEXT} (Reporting by A. Writer) Read more",
        ". ".join(sentences[1:]),
    ][number % 5]
    return title, text


# --- copies ---------------------------------------------------------------------------------------------------------


def test_thirty_prints_of_one_text_are_one_story() -> None:
    """Outlets cut, top and label a wire text; a reader is told of it once."""
    prints = [(*printed(number), f"Paper {number}") for number in range(30)]
    assert relations(prints) == [Relation.NEW] + [Relation.COPY] * 29


def test_one_page_under_different_headlines_is_one_story() -> None:
    """The same address means the same page, whatever each feed says of it."""
    desk = Desk()
    address = "https://paper.example/2026/ferry-runs-aground"
    links = [address, f"{address}?utm_source=x", address.replace("https://", "http://www."), f"{address}#top"]
    titles = ["Ferry runs aground", "Look at this", "Storm", "What happened last night"]
    choices = [desk.take(t, "", f"Feed {n}", url=u) for n, (t, u) in enumerate(zip(titles, links, strict=True))]
    assert [choice.relation for choice in choices] == [Relation.NEW] + [Relation.COPY] * 3
    assert desk.tell(choices[1]) == 'the same page as "Ferry runs aground"'


def test_one_link_of_one_feed_proves_nothing() -> None:
    """Comments under one page are many entries; whether a feed's link names a page, its own entries have told."""
    desk = Desk()
    page = "https://paper.example/2026/ferry-runs-aground"
    assert desk.take("By: Anna", "A fine report, thank you.", "Comments", url=f"{page}#1").relation is Relation.NEW
    assert desk.take("By: Bert", "The captain is my uncle.", "Comments", url=f"{page}#2").relation is Relation.NEW


def test_a_front_page_is_nobodys_address() -> None:
    """Two articles that link to one front page are two stories."""
    desk = Desk()
    assert desk.take(TITLE, "", "A", url="https://paper.example/").relation is Relation.NEW
    assert (
        desk.take("Mayor opens a new market hall in town", "", "A", url="https://paper.example").relation
        is Relation.NEW
    )


def test_a_print_within_the_week_is_a_copy_and_later_is_not() -> None:
    """Another outlet's print five days later is silent; after more than a week somebody thinks it is news."""
    desk = Desk()
    desk.take(TITLE, TEXT, "A")
    assert desk.take(f"{TITLE} | Paper", TEXT, "B", after=timedelta(days=5)).relation is Relation.COPY
    late = Desk()
    late.take(TITLE, TEXT, "A")
    assert late.take(TITLE, TEXT, "B", after=timedelta(days=8)).relation is Relation.NEW


def test_the_evidence_says_how_much_and_of_what() -> None:
    """A person sees the measure, the article it was compared with, and that the numbers agree."""
    desk = Desk()
    desk.take(TITLE, TEXT, "A")
    choice = desk.take("Passengers rescued from ferry aground off Corsica", TEXT, "B")
    words = f'85% alike in telling words, 100% of the text the same as "{TITLE}"; numbers agree'
    assert desk.tell(choice) == words
    assert (choice.of, choice.story_id) == (1, 1)


def test_one_publishers_follow_up_is_not_a_copy() -> None:
    """An outlet repeats half of yesterday's text under today's news."""
    fresh = (
        "Three tugs pulled the ferry free on Sunday morning and brought her to Toulon, where divers look at her hull. "
    )
    follow_up = fresh + ". ".join(TEXT.split(". ")[:2]) + "."
    title = "Ferry pulled free off Corsica after storm"
    assert relations([(TITLE, TEXT, "A"), (title, follow_up, "A")])[1] is not Relation.COPY


# --- kept apart -----------------------------------------------------------------------------------------------------


RESULTS = (
    "{0} said its first quarter profit rose to {1} million dollars from {2} million a year earlier, as sales grew in "
    "all of its markets. The company kept its forecast for the full year and said it would pay an unchanged dividend "
    "to its shareholders at the end of the second quarter."
)


def test_results_in_one_pattern_are_six_stories() -> None:
    """A template filled in with another company and other numbers is other news."""
    firms = ["Alder", "Birch", "Cedar", "Damson", "Elder", "Fir"]
    articles = [
        (f"{firm} first quarter profit rises to ${17 + n} million", RESULTS.format(firm, 17 + n, 11 + 3 * n), "Wire")
        for n, firm in enumerate(firms)
    ]
    assert relations(articles) == [Relation.NEW] * 6
    assert relations([(t, x, f"Wire {n}") for n, (t, x, _) in enumerate(articles)]) == [Relation.NEW] * 6


def test_names_alone_keep_a_pattern_apart() -> None:
    """The same figures for another firm in the same words are other news."""
    first = ("Quarterly profit at Alder rises on strong demand", RESULTS.format("Alder", 17, 11), "A")
    second = ("Quarterly profit at Birch rises on strong demand", RESULTS.format("Birch", 17, 11), "B")
    assert relations([first, second]) == [Relation.NEW] * 2


QUAKE = (
    "An earthquake of magnitude {0} struck near {1} on Saturday at a depth of {2} kilometres, the survey said. There "
    "were no immediate reports of damage or of people hurt, and no tsunami warning was given. Residents ran "
    "into the streets."
)


def test_two_earthquakes_are_two_stories() -> None:
    """Two outlets report two quakes in the same pattern: each quake is a story, each second report a copy."""
    one = ("Earthquake of magnitude 5.8 strikes near Hilo", QUAKE.format("5.8", "Hilo", 10))
    two = ("Earthquake of magnitude 6.4 strikes near Kobe", QUAKE.format("6.4", "Kobe", 35))
    got = relations([(*one, "A"), (*two, "A"), (*one, "B"), (*two, "B")])
    assert got == [Relation.NEW, Relation.NEW, Relation.COPY, Relation.COPY]


def test_opposite_directions_are_two_stories() -> None:
    """Prices that rise are not prices that fall."""
    words = (
        "Oil prices {0} in early trade on Friday as traders weighed the producers' forecast and the weather in Asia."
    )
    a = ("Oil prices rise as traders weigh forecasts", words.format("rose"), "A")
    b = ("Oil prices fall as traders weigh forecasts", words.format("fell"), "B")
    assert relations([a, b]) == [Relation.NEW] * 2


def test_a_consent_notice_is_no_text() -> None:
    """Five headlines over the same notice of a consent wall are five stories."""
    notice = (
        "Before you continue to the paper please choose how your data may be used by us and by our partners for "
        "measuring and for advertising, you may change your choice at any time in the settings of your account "
        "or of your browser."
    )
    titles = [
        "Ferry aground off Corsica", "Mayor opens market hall", "Talks on fish quotas fail", "Library burns in Turin",
        "Striker moves to Porto",
    ]  # fmt: skip
    assert relations([(t, notice, f"Paper {n}") for n, t in enumerate(titles)]) == [Relation.NEW] * 5


def test_daily_forecasts_are_told_every_day() -> None:
    """One headline over the same words with other figures, day after day."""
    days = [
        (
            "Weather forecast for the coast today",
            f"Sunny spells with winds of {11 + n} knots and {3 + 2 * n} millimetres of rain towards the evening, "
            f"temperatures of up to {14 + 3 * n} degrees along the whole of the coast.",
            "Coast",
        )
        for n in range(5)
    ]
    assert relations(days, timedelta(days=1)) == [Relation.NEW] * 5


def test_a_daily_headline_without_text_is_told_every_day() -> None:
    """A column's headline half a day later is the next column."""
    days = [("Five things to know this morning", "", "Coast")] * 4
    assert relations(days, timedelta(days=1)) == [Relation.NEW] * 4


def test_one_event_in_two_languages_is_two_stories() -> None:
    """Nothing is merged across languages: both are shown."""
    german = (
        "Eine Fähre mit 210 Menschen an Bord ist am Samstagmorgen vor dem Hafen von Bastia auf Grund gelaufen, nachdem "
        "im Sturm die Maschinen ausgefallen waren, teilte die Küstenwache mit. Hubschrauber holten Kinder von Bord."
    )
    assert relations([(TITLE, TEXT, "A"), ("Fähre vor Korsika auf Grund gelaufen", german, "B")]) == [Relation.NEW] * 2


def test_another_outlets_own_text_is_a_report() -> None:
    """Under nearly the same headline, another text of the same days belongs to the story and stays visible."""
    own = (
        "Rescuers brought more than two hundred people to safety on Saturday when a passenger ship hit rocks at the "
        "mouth of a Corsican harbour. Waves had flooded the engine room, according to the shipping line. An "
        "inquiry was opened."
    )
    headline = "Passenger ferry runs aground in storm off Corsica, all 210 saved"
    assert relations([(TITLE, TEXT, "A"), (headline, own, "B")]) == [Relation.NEW, Relation.REPORT]
    assert relations([(TITLE, TEXT, "A"), (headline, own, "B")], timedelta(days=4)) == [Relation.NEW] * 2


def test_a_cut_headline_is_only_the_beginning_of_one_that_holds_all_of_it() -> None:
    """What begins alike and goes on with another word is other news."""
    cut = ("Premier says he will impose ...", "", "A")
    assert relations([cut, ("Premier says he will meet the rebels next week", "", "B")])[1] is not Relation.COPY
    assert relations([cut, ("Premier says he will impose a tax on kites", "", "B")])[1] is Relation.REPORT


TURNED = [
    ("Hostages freed in the Ostrian valley", "Hostages killed in the Ostrian valley"),
    ("Court rules the minister must resign", "Court rules the minister must not resign"),
    ("Rebels in the Velja hills accept truce", "Rebels in the Velja hills reject truce"),
    ("Port union to strike over pay on Monday", "Port union won't strike over pay on Monday"),
]


@pytest.mark.parametrize(("one", "other"), TURNED)
def test_a_headline_turned_into_its_opposite_is_never_silent(one: str, other: str) -> None:
    """However much of the text stands in both, the second is shown: a reader of the first believes the contrary."""
    text = (
        "Officials spoke to reporters in front of the town hall late on Friday evening. They said that envoys of both "
        "sides had met since noon, that the governor had been told, and that more would be known in the morning. "
        "Families who had waited behind the barriers for two days were led into the building by a side door."
    )
    desk = Desk()
    desk.take(one, f"{one}, it became known. {text}", "A")
    choice = desk.take(other, f"{other}, it became known. {text}", "B")
    assert (choice.relation, choice.quiet) == (Relation.REPORT, False), desk.tell(choice)


def test_two_issues_of_a_briefing_are_no_copies() -> None:
    """One publisher's headline of the morning over other news in the evening is another article."""
    morning = (
        "A barge hit the Sandau bridge. The school board of Ortmund buys twelve electric buses. Two men are held over "
        "four tonnes of copper. Rain from noon, and a choir sings in the emptied reservoir of Lake Amsel tonight."
    )
    evening = (
        "The mayor of Linden resigned without giving a reason. Vell votes on a dog tax that nobody wants. The ferry to "
        "Tarn is cancelled until Thursday, and Kerstal beat Ortmund by three goals in front of an empty stand."
    )
    briefing = "The Valley briefing: what you need to know today"
    assert relations([(briefing, morning, "Valley Post"), (briefing, evening, "Valley Post")])[1] is not Relation.COPY


def test_too_little_says_how_much_is_asked() -> None:
    """A person sees what was missing, which depends on length, publisher and time."""
    desk = Desk()
    desk.take(TITLE, TEXT, "A")
    choice = desk.take("Ferry company of Bastia names a new captain for its Livorno line", "", "B")
    assert "too little to be one: 55% is asked of articles of so many words" in desk.tell(choice)
    late = desk.take("Passenger ferry aground in storm off Corsica: inquiry", "", "B", after=timedelta(days=5))
    assert "after three days only a copy belongs to it" in desk.tell(late)


def test_short_headlines_alone_prove_nothing() -> None:
    """A label of a few words without a text is no story."""
    assert relations([("Live updates", "", "A"), ("Live updates", "", "B")]) == [Relation.NEW] * 2


def test_chinese_and_japanese_prints_meet() -> None:
    """Scripts without spaces are compared by pairs of characters."""
    text = (
        "星期六清晨，一艘载有二百一十名乘客的渡轮在暴风雨中失去动力，在港口附近搁浅，"
        "海岸警卫队派出两架直升机救援，没有人员受伤。"
    )
    title = "载有二百一十人的渡轮在风暴中搁浅"
    assert relations([(title, text, "A"), (title, text[:50], "B")]) == [Relation.NEW, Relation.COPY]


# --- bounds and sameness --------------------------------------------------------------------------------------------


def test_a_hot_story_still_takes_the_next_print() -> None:
    """However often a text was printed, and however few of its prints are looked at, the next one joins."""
    desk = Desk(prints_max=1000)
    for number in range(300):
        desk.take(TITLE, TEXT, f"Paper {number}")
    assert desk.take(TITLE, TEXT, "Late paper").story_id == 1


def test_a_memory_forgets_the_oldest() -> None:
    """It is bounded: the oldest print goes first, with all its keys, and what comes after is told anew."""
    desk = Desk(prints_max=2)
    other = "Mayor opens the new market hall beside the river after nine years of work"
    for number, title in enumerate((TITLE, other, f"{other} again and again")):
        desk.take(title, "", f"Paper {number}")
    assert len(desk.memory._postings) < 40
    assert desk.take(TITLE, "", "Late paper").relation is Relation.NEW


def test_syndicated_articles_of_the_corpus(corpus: Path) -> None:
    """On labelled prints of real wire texts a copy is right in 99 of 100 pairs, and 95 are found."""
    articles, labels = read_articles(corpus / "stories" / "syndication.jsonl")
    busy = {label for label, count in Counter(labels).items() if count > 1}
    chosen = [n for n, label in enumerate(labels) if label in busy or n % 4 == 0][:2500]
    few = [replace(articles[n], id=ArticleId(place)) for place, n in enumerate(chosen, 1)]
    row = judge(group_ours(few), [labels[n] for n in chosen], few)
    assert row.copy_precision >= 0.99
    assert row.copy_recall >= 0.95
    assert row.never_shown <= 0.01
    assert row.once >= 0.88


@pytest.mark.parametrize("title", ["", "!!!", "\ud800", "1", "é" * 600])
def test_odd_headlines_are_their_own_story(title: str) -> None:
    """A headline without words, or with broken characters, neither fails nor merges."""
    assert relations([(title, "", "A"), (title, "", "B")]) == [Relation.NEW] * 2
