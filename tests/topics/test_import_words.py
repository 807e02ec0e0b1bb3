"""Lists of words, TrendRadar's groups and Miniflux's rules as topics."""

import pytest

from monitor.topics.import_patterns import read_pattern
from monitor.topics.import_rules import read_miniflux
from monitor.topics.import_words import read_plain, read_trendradar
from monitor.topics.imported import CannotSayError, Reading, make_key, write_words
from monitor.topics.query import compile_query


def lines(text: str) -> list[tuple[int, str]]:
    """The lines of a file with their numbers."""
    return list(enumerate(text.split("\n"), 1))


def said(reading: Reading) -> list[tuple[int, str, str | None, str | None]]:
    """Line, name, query and exclusion of each topic; both are our language."""
    for one in reading.topics:
        if one.query:
            compile_query(one.query)
        if one.exclude:
            compile_query(one.exclude, is_exclusion=True)
    return [(one.line, one.name, one.query, one.exclude) for one in reading.topics]


def left(reading: Reading) -> list[tuple[int, str]]:
    """Line and reason of each rule left out."""
    return [(one.line, one.reason) for one in reading.left_out]


def test_a_plain_list_is_names_phrases_and_queries() -> None:
    """One per line; what is only signs is told."""
    reading = read_plain(lines('# ours\nHostage talks\n\n  "gulf shipping"\ntanker OR vessel\n?!\n人质\n“Red Sea”'))
    assert said(reading) == [
        (2, "Hostage talks", None, None),
        (4, "gulf shipping", '"gulf shipping"', None),
        (5, "tanker OR vessel", "tanker OR vessel", None),
        (7, "人质", None, None),
        (8, "Red Sea", '"Red Sea"', None),
    ]
    assert left(reading) == [(6, '"?!" holds no word')]


def test_trendradar_groups_are_topics() -> None:
    """Any of the plain words, all with a plus, titles alone; names from the group, an alias or the words."""
    reading = read_trendradar(
        lines("harbour\ndocks\n@5\n\n[Machines]\nrobot\n+factory\n+new line\n\n+alone\n\n/ice ?(cream|bar)/i => Ice")
    )
    assert said(reading) == [
        (1, "harbour / docks", "title:(harbour OR docks)", None),
        (5, "Machines", 'title:robot AND title:factory AND title:"new line"', None),
        (10, "alone", "title:alone", None),
        (
            12,
            "Ice",
            'title:("ice cream" OR "ice bar" OR icecream OR icebar)',
            None,
        ),
    ]
    assert reading.topics[0].notes == ('line 3: @5 is not taken over; a topic may say at_most = "5 per day".',)
    assert left(reading) == []


def test_trendradar_filters_hold_for_every_topic() -> None:
    """A filter inside of a group holds for all of them there, and so here."""
    reading = read_trendradar(
        lines("[GLOBAL_FILTER]\nadvert\n+odd\n\n[WORD_GROUPS]\nharbour\n!bus tour\n\nrobot\n\n!game")
    )
    exclude = 'title:(advert OR "bus tour" OR game)'
    assert said(reading) == [(6, "harbour", "title:harbour", exclude), (9, "robot", "title:robot", exclude)]
    assert left(reading) == [(3, "a global filter has no signs")]
    assert "A filter holds for all groups there" in reading.notes[-1]


def test_a_trendradar_group_that_cannot_be_said_is_no_topic() -> None:
    """A part of it would mean something else; a filter that cannot be said is told with what follows."""
    reading = read_trendradar(lines("robot\n/fact.*y/\n\nharbour\n!/^ad/\n@many"))
    assert said(reading) == [(4, "harbour", "title:harbour", None)]
    assert left(reading) == [
        (6, "this is no number"),
        (5, "the filter cannot be said: ^ asks for the beginning"),
        (2, "the group of line 1 is no topic: a dot stands for any sign"),
    ]
    assert "they find more than there" in reading.left_out[1].remedy


def test_trendradar_blocks_end_at_empty_lines_alone() -> None:
    """A line of blanks or a comment ends no group."""
    reading = read_trendradar(lines("# mine\nharbour\n  \n# and\ndocks\n\n# nothing\n\nrobot"))
    assert [name for _, name, _, _ in said(reading)] == ["harbour / docks", "robot"]


def test_miniflux_rules_are_topics() -> None:
    """Each keep-rule by its field; what block-rules name none of them may find."""
    reading = read_miniflux(
        lines(
            "EntryTitle=(?i)hostages?|(peace|truce) talks\r\nEntryContent = \\bGulf\\b\nEntryTag=(?i)sea\n"
            "[BLOCK]\nEntryTitle=(?i).*sponsored.*\nEntryURL=/ads/|/promo/\n".replace("\r", "")
        )
    )
    exclude = 'title:sponsored OR (url:"/ads/" OR url:"/promo/")'
    assert said(reading) == [
        (
            1,
            "hostages / hostage / peace talks / truce talks",
            'title:(hostages OR hostage OR "peace talks" OR "truce talks")',
            exclude,
        ),
        (2, "Gulf", "body:Gulf", exclude),
        (3, "sea", 'tag:"sea"', exclude),
    ]
    assert [len(topic.notes) for topic in reading.topics] == [0, 1, 0]
    assert "Capitals count there" in reading.topics[1].notes[0]


def test_miniflux_rules_that_cannot_be_said_are_told() -> None:
    """By line, with the reason; a block-rule with what its absence means."""
    reading = read_miniflux(
        lines(
            "EntryDate=max-age:7d\nEntryTitle=a.b\noil\nEntrySize=7\nEntryTitle=a|\nEntryCommentsURL=x\n[block]\nEntryTitle=^Ad"
        )
    )
    assert said(reading) == []
    assert left(reading) == [
        (1, "EntryDate cannot be asked here"),
        (2, "a dot stands for any sign"),
        (3, "the rule names no field"),
        (4, "EntrySize is no field of Miniflux"),
        (5, "it finds everything"),
        (6, "EntryCommentsURL cannot be asked here"),
        (8, "^ asks for the beginning"),
    ]
    assert "they find more than there" in reading.left_out[-1].remedy


def test_block_rules_alone_are_a_line_to_paste() -> None:
    """There is no topic that they could belong to."""
    (only,) = read_miniflux(lines("[block]\nEntryTitle=(?i)advert")).left_out
    assert only.remedy == "Write it into a topic: exclude = 'title:advert'"


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("(?i)oil", ["oil"]),
        (".*oil.*", ["oil"]),
        ("[Oo]il", ["Oil", "oil"]),
        ("(?:oil|gas) price(s)?", ["oil prices", "oil price", "gas prices", "gas price"]),
        (r"U\.S\.\s+oil", ["U.S. oil"]),
        (r"cease\s*fire", ["cease fire", "ceasefire"]),
        (r"\boil\b|\bgas\b", ["oil", "gas"]),
        ("oil|oil", ["oil"]),
        (r"what\?", ["what?"]),
    ],
)
def test_a_pattern_of_alternatives_is_its_texts(pattern: str, texts: list[str]) -> None:
    """In their order, each once."""
    assert read_pattern(pattern).texts == texts


BAD = (
    "a.c",
    "a+",
    "a*",
    "a{2}",
    "^a",
    "a$",
    r"\d+",
    r"\w",
    "[a-z]",
    "[^a]",
    "(?=a)",
    "(?P<n>a)",
    "(a",
    "a)",
    "[a",
    "?",
)


@pytest.mark.parametrize(
    "pattern", [*BAD, "", "\\", ".*", "a?", "a]", "(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)", "(" * 30, "a" * 5_000]
)
def test_other_patterns_are_refused(pattern: str) -> None:
    """Rather than read as something else."""
    with pytest.raises(CannotSayError) as fault:
        read_pattern(pattern)
    assert fault.value.reason
    assert fault.value.remedy


def test_a_term_is_never_an_operator() -> None:
    """Plain where it is a plain word, else in quotes."""
    written = [
        write_words(text) for text in ("oil", "U.S.", "AT&T", "OR", "near", "not", "w/5", 'a "b" c', "x*", "人质")
    ]
    assert written == ["oil", '"U.S."', '"AT&T"', '"OR"', '"near"', '"not"', '"w/5"', '"a b c"', '"x"', "人质"]


def test_keys_are_made_of_names() -> None:
    """Of letters that a key may hold, each once; a name without any gets a number."""
    taken = {"oil"}
    names = ["Oil!", "Öl & Gas", "人质", "谈判", "x" * 300]
    assert [make_key(name, taken) for name in names] == ["oil-2", "ol-gas", "topic", "topic-2", "x" * 60]
