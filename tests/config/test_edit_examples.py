"""Keeping an article as an example: in any layout of the file, nothing else changed, and the text round trips."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.edit_examples import Written, choose_example, keep_example
from monitor.config.faults import ConfigFaults
from monitor.config.load import load_watchlist
from monitor.config.toml_text import toml_value
from monitor.errors import ConfigError
from monitor.model import Article, ArticleId, TopicKey
from monitor.topics.meaning import EMPTY_LEXICON
from tests.config.folder import write_folder

T = TopicKey("t")
HEAD = "[topics.t]  # ours\nname = 'Oil'\n"
TAIL = "\n# the next\n[topics.u]\nname = 'Gas'\n"
NEW = "Oil is up"
URL = "https://example.org/oil"
LONG = {"title": "Oil " + "x" * 90, "url": URL}


def keep(folder: Path, written: Written = NEW, side: str = "must_match") -> int:
    """Keep it and give its line."""
    return keep_example(folder, T, side, written, EMPTY_LEXICON).line


def text_of(folder: Path) -> str:
    """The file as it stands."""
    return (folder / "watchlist.toml").read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f'must_match = ["{NEW}"]\n'),
        ("level = 'broad' # so\n", f"level = 'broad' # so\nmust_match = [\"{NEW}\"]\n"),
        ("must_match = []  # none\n", f'must_match = ["{NEW}"]  # none\n'),
        ("must_match = [ ]\n", f'must_match = ["{NEW}" ]\n'),
        ("must_match = ['Oil']\n", f"must_match = ['Oil', \"{NEW}\"]\n"),
        ("must_match = [ 'Oil', ]  # a\n", f"must_match = [ 'Oil', \"{NEW}\" ]  # a\n"),
        ("must_match = [{ title = 'Oil' }]\n", f"must_match = [{{ title = 'Oil' }}, \"{NEW}\"]\n"),
        ("must_match = [\n]\n", f'must_match = [\n    "{NEW}",\n]\n'),
        ("must_match = [\n  # none yet\n]\n", f'must_match = [\n  # none yet\n    "{NEW}",\n]\n'),
        (
            "must_match = [\n  'Oil',  # a, b\n  # more\n]\n",
            f"must_match = [\n  'Oil',  # a, b\n  # more\n  \"{NEW}\",\n]\n",
        ),
        ("must_match = [\n\t'Oil'  # a, b\n]\n", f"must_match = [\n\t'Oil',  # a, b\n\t\"{NEW}\",\n]\n"),
        ("must_match = ['Oil',\n]\n", f"must_match = ['Oil',\n    \"{NEW}\",\n]\n"),
        ("must_match = [\n  'Oil']\n", f"must_match = [\n  'Oil', \"{NEW}\"]\n"),
        ("must_match = ['''\nOil\n] # no''', 'Oil ]']\n", f"must_match = ['''\nOil\n] # no''', 'Oil ]', \"{NEW}\"]\n"),
        ("must_not_match = ['Gas']\n", f"must_not_match = ['Gas']\nmust_match = [\"{NEW}\"]\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_layout_of_a_list_is_kept(tmp_path: Path, before: str, after: str, newline: str) -> None:
    """The example is put at the end of the list; every other byte stays, whatever ends a line."""
    folder = write_folder(tmp_path / "config")
    path = folder / "watchlist.toml"
    path.write_bytes((HEAD + before + TAIL).replace("\n", newline).encode())
    line = keep(folder)
    text = text_of(folder)
    assert text == (HEAD + after + TAIL).replace("\n", newline)
    assert NEW in text.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "must_match = [\n    {},\n]\n"),
        ("must_match = ['Oil']  # a\n", "must_match = ['Oil',\n    {},\n]  # a\n"),
        ("  must_match = ['Oil', ]\n", "  must_match = ['Oil',\n      {},\n  ]\n"),
    ],
)
def test_a_long_example_stands_on_its_own_line(tmp_path: Path, before: str, after: str) -> None:
    """No line grows beyond what an editor shows."""
    folder = write_folder(tmp_path / "config", watchlist=HEAD + before + TAIL)
    keep(folder, dict(LONG))
    assert text_of(folder) == HEAD + after.format(toml_value(LONG)) + TAIL


def test_the_file_s_last_line_needs_no_end(tmp_path: Path) -> None:
    """Editors leave it away."""
    folder = write_folder(tmp_path / "config", watchlist=HEAD.strip())
    keep(folder)
    assert text_of(folder) == f'{HEAD}must_match = ["{NEW}"]\n'


@pytest.mark.parametrize(
    ("listed", "written"),
    [
        (f"['Oil', '{NEW}']", NEW),
        (f"['Oil', '{URL}']", {"title": "Oil", "text": "more", "url": URL}),
        (f"['Oil', {{ url = '{URL}' }}]", {"title": "Oil", "url": URL}),
        ("['Oil', { title = 'Oil a', text = 'b' }]", {"title": "Oil a", "text": "b", "url": URL}),
    ],
)
def test_what_is_there_is_not_written_twice(tmp_path: Path, listed: str, written: Written) -> None:
    """Known by its address, or by what it says."""
    folder = write_folder(tmp_path / "config", watchlist=f"{HEAD}must_match = {listed}\n")
    kept = keep_example(folder, T, "must_match", written, EMPTY_LEXICON)
    assert (kept.line, kept.is_new) == (3, False)
    assert text_of(folder) == f"{HEAD}must_match = {listed}\n"


@pytest.mark.parametrize(
    ("watchlist", "said"),
    [
        ("topics.t.name = 'Oil'\n", "does not stand in a table of its own"),
        ("[topics]\nt.name = 'Oil'\n", "does not stand in a table of its own"),
        ("[topics]\nt = { name = 'Oil' }\n", "does not stand in a table of its own"),
        (HEAD + "[[topics.t.must_match]]\ntitle = 'Oil'\n", '`must_match` of topic "t" is not written as a list'),
        (HEAD + f"must_not_match = ['{NEW}']\n", "the article stands in must_not_match already"),
        ("[topics.tt]\nname = 'Oil'\n", 'there is no topic "t"'),
    ],
)
def test_what_is_not_edited_from_here_is_said(tmp_path: Path, watchlist: str, said: str) -> None:
    """With the line to add by hand, and the file as it was."""
    folder = write_folder(tmp_path / "config", watchlist=watchlist)
    with pytest.raises((ConfigError, ConfigFaults)) as error:
        keep(folder)
    assert said in str(error.value)
    assert text_of(folder) == watchlist


def test_a_list_after_a_sub_table_stays_the_topic_s_own(tmp_path: Path) -> None:
    """A key behind a table's header would belong to that."""
    watchlist = HEAD + "[[topics.t.must_not_match]]\ntitle = 'Gas'\n"
    folder = write_folder(tmp_path / "config", watchlist=watchlist)
    keep(folder)
    assert text_of(folder) == watchlist.replace("name = 'Oil'\n", f"name = 'Oil'\nmust_match = [\"{NEW}\"]\n")


def test_a_list_of_the_other_spellings_is_added_to(tmp_path: Path) -> None:
    """Where the list itself stands in brackets it does not matter how the topic is written."""
    folder = write_folder(tmp_path / "config", watchlist="topics.t.name = 'Oil'\ntopics.t.must_match = ['Oil']\n")
    keep(folder)
    assert tomllib.loads(text_of(folder))["topics"]["t"]["must_match"] == ["Oil", NEW]


def test_an_example_that_fails_is_not_written(tmp_path: Path) -> None:
    """It is tried as the daemon will."""
    folder = write_folder(tmp_path / "config", watchlist=HEAD)
    with pytest.raises(ConfigFaults, match="is not found"):
        keep(folder, "Rain")
    assert text_of(folder) == HEAD


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["must_match", "must_not_match"]))
def test_strangers_texts_round_trip(tmp_path_factory: pytest.TempPathFactory, title: str, text: str, side: str) -> None:
    """Quotes, backslashes, line ends, control signs, signs that turn the writing round: a text, and never TOML."""
    word = "Oil" if side == "must_match" else "Rain"
    folder = write_folder(tmp_path_factory.mktemp("c") / "config", watchlist=HEAD + TAIL)
    article = Article(ArticleId(9), f"{word} {title}", text, url=URL)
    compiled = load_watchlist(folder / "watchlist.toml")
    choice = choose_example(compiled, T, side, article)
    if not choice.holds:
        return
    keep(folder, choice.written, side)
    written = text_of(folder)
    assert all(sign not in written for sign in "\u202e\u2066\x00\x1b\u2028\ufeff")
    (example,) = tomllib.loads(written)["topics"]["t"][side]
    assert example == choice.written
    assert len(load_watchlist(folder / "watchlist.toml").topics) == 2


QUERY = "[topics.t]\nname = 'T'\nquery = 'oil source:example.org'\nexclude = 'film'\n"
TEXT = "Nothing here. " * 60 + "Crude oil rose. " + "More follows. " * 400


@pytest.mark.parametrize(
    ("topic", "side", "article", "kept", "holds"),
    [
        (HEAD, "must_match", Article(ArticleId(1), "Oil is up", TEXT, url=URL), "Oil is up", True),
        (
            QUERY,
            "must_match",
            Article(ArticleId(1), "Oil is up", "", url=URL),
            {"title": "Oil is up", "url": URL},
            True,
        ),
        (HEAD, "must_not_match", Article(ArticleId(1), "Rain", "It rains.", url=URL), "Rain", True),
        (HEAD, "must_match", Article(ArticleId(1), "Rain", "It rains.", url=URL, language="en"), None, False),
        (HEAD, "must_not_match", Article(ArticleId(1), "Rain", "On oil.", url=URL), None, False),
    ],
)
def test_the_shortest_example_is_chosen(
    tmp_path: Path, topic: str, side: str, article: Article, kept: Written | None, holds: bool
) -> None:
    """A headline where it tells all, else a table; what does not hold is a table to paste."""
    folder = write_folder(tmp_path / "config", watchlist=topic)
    choice = choose_example(load_watchlist(folder / "watchlist.toml"), T, side, article)
    assert choice.holds is holds
    if kept is not None:
        assert choice.written == kept
    else:
        assert isinstance(choice.written, dict)


def test_as_much_text_is_kept_as_the_answer_takes(tmp_path: Path) -> None:
    """In whole sentences; for a no also what makes it one."""
    folder = write_folder(tmp_path / "config", watchlist="[topics.t]\nname = 'T'\nquery = 'oil'\nexclude = 'crude'\n")
    compiled = load_watchlist(folder / "watchlist.toml")
    article = Article(ArticleId(1), "Markets", TEXT, url=URL)
    written = choose_example(compiled, T, "must_not_match", article).written
    assert isinstance(written, dict)
    text = str(written["text"])
    assert "Crude oil rose." in text
    assert len(text) <= 2_000
    assert text.endswith("More follows.")
    named = Article(ArticleId(1), "Markets", "Prices rose.", source="Oil Wire", url=URL)
    source = write_folder(tmp_path / "b", watchlist='[topics.t]\nname = "T"\nquery = \'prices source:"Oil Wire"\'\n')
    written = choose_example(load_watchlist(source / "watchlist.toml"), T, "must_match", named).written
    assert written == {"title": "Markets", "text": "Prices rose.", "url": URL, "source": "Oil Wire"}
