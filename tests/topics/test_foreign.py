"""What people who come from other tools type: the tables of docs/queries.md are true, refusals point at the sign."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import QueryError
from monitor.topics.query import compile_query

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "queries.md"
TOOLS = ["Factiva", "Nexis and Lexis", "Meltwater", "Brandwatch", "Talkwalker", "GDELT DOC", "Google Alerts and News"]


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Tool, spelling, what the page says it is here, and the remark."""
    tool = ""
    for line in PAGE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("#"):
            tool = line.lstrip("# ")
        row = re.fullmatch(r"\| (`.+`) \| (refused|`.+`) \| (.*?)\s*\|", line)
        if row and tool in TOOLS:
            for spelling in re.findall(r"`([^`]+)`", row[1]):
                yield tool, spelling, row[2].strip("`"), row[3]


@pytest.mark.parametrize(("tool", "spelling", "here", "remark"), list(rows()))
def test_a_foreign_spelling_is_what_the_page_says(tool: str, spelling: str, here: str, remark: str) -> None:
    """It means the same, or a remark says what differs, or it is refused with ours beside it."""
    if here == "refused":
        with pytest.raises(QueryError) as caught:
            compile_query(spelling)
        assert remark in caught.value.remedy
        return
    query = compile_query(spelling)
    assert query.normalised == here
    assert any(remark in lint for lint in query.lints) if remark else not foreign_lints(query.lints)


def foreign_lints(lints: tuple[str, ...]) -> list[str]:
    """What is said of the spelling itself, not of how common a word is."""
    return [lint for lint in lints if "begins with" not in lint and "in every form" not in lint]


def test_every_tool_has_its_table() -> None:
    """A heading that is renamed cannot take its rows out of this test."""
    assert {tool for tool, *_ in rows()} == set(TOOLS)
    assert len(list(rows())) >= 95


@pytest.mark.parametrize(
    ("written", "column", "said"),
    [
        ("toyota/F50/", 7, "/F means nothing here"),
        ("cars earn$2", 10, "$ means nothing here"),
        ("a hlp=quake", 3, "hlp= is not part of the language"),
        ("a w/s b", 3, "w/s means nothing here"),
        ("rico NOT w/5 puerto", 6, "NOT before a NEAR means nothing"),
        ("rico not/5 puerto", 6, "NOT before a NEAR means nothing"),
        ("a NOT NEAR b", 3, "NOT before a NEAR means nothing"),
        ("x hlead(a)", 3, "hlead( is not part of the language"),
        ("allcaps(a OR b)", 1, "allcaps( is not part of the language"),
        ("(peace talks)~5", 14, "~ stands right behind something"),
        ("peac~2", 5, "~ stands right behind something"),
        ("a tone>5", 3, "tone is not part of the language"),
        ("a near20:x", 3, "near20: takes two words in quotes"),
        ("yahoo!mail", 6, "! stands right behind something"),
        ("key=value", 4, "= stands right behind something"),
        ("ne!", 1, "* needs at least three letters"),
        ("24/7 news", 3, "/ means nothing here"),
    ],
)
def test_a_refused_spelling_is_pointed_at(written: str, column: int, said: str) -> None:
    """The column is that of the sign that is meant otherwise elsewhere."""
    with pytest.raises(QueryError) as caught:
        compile_query(written)
    assert (caught.value.column, said in caught.value.what) == (column, True)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("（猫　ＯＲ　犬）　－鳥", "(猫 OR 犬) AND (NOT 鳥)"),
        ("title：猫", "title:猫"),
        ("「人質交渉」", '"人質交渉"'),
        ("“peace talks” „x y”", '"peace talks" AND "x y"'),
        ("«peace talks»", '"peace talks"'),
        ("\ufeffpeace\u00a0talks\tnow\r\nthen", "peace AND talks AND now AND then"),
        ("人質*", "人質"),
        ("인질*", "인질*"),
        ("peace−talks", "peace-talks"),
        ("not near the border", "not AND near AND the AND border"),
    ],
)
def test_other_keyboards_write_the_same_signs(written: str, normalised: str) -> None:
    """Full-width signs, other quotes, odd spaces and minus signs are read as what they are for."""
    assert compile_query(written).normalised == normalised
