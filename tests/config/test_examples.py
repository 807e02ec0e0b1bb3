"""A topic that fails its own examples is a fault with its line, and the fault says why and what may help."""

from pathlib import Path

import pytest

from monitor.config.load import ConfigFaults, load
from monitor.topics.lexicon import load_lexicon
from tests.config.folder import write_folder
from tests.topics.articles import LONG_TALKS

LEXICON = load_lexicon()
NAME = "[topics.t]\nname = 'Hostage negotiations'\n"
QUERY = "[topics.t]\nname = 'T'\nquery = 'tanker AND source:example.org NOT drill'\n"


def faults_of(folder: Path, watchlist: str) -> list[str]:
    """Every fault of a watchlist, each with its file's name and line."""
    write_folder(folder, watchlist=watchlist)
    try:
        load(folder, {}, LEXICON)
    except ConfigFaults as faults:
        return [str(problem).removeprefix(f"{folder}/") for problem in faults.problems]
    return []


@pytest.mark.parametrize(
    "examples",
    [
        "must_match = ['Hostage negotiations resume']",
        "must_match = ['''\nFrom the border\nThe hostage talks went on. Negotiations may resume.''']",
        "must_match = [{ title = 'Negotiations', text = 'The hostage negotiations went on.' }]",
        "must_match = [{ text = 'The hostage negotiations went on.' }]",
        "must_match = []\nmust_not_match = ['Trade negotiations', { title = 'x', text = 'A hostage drama film' }]",
        f"must_match = ['''From the border\n{LONG_TALKS}''']",
    ],
)
def test_headlines_texts_and_tables_are_examples(tmp_path: Path, examples: str) -> None:
    """Whatever way an article is written down, it is tried as the article it is."""
    assert faults_of(tmp_path / "config", NAME + examples + "\n") == []


def test_a_query_sees_all_that_an_example_tells(tmp_path: Path) -> None:
    """Source, address, author, language and tags are there for the query to ask."""
    watchlist = (
        "[topics.a]\nname = 'A'\nquery = 'source:example.org author:ada lang:de tag:sea url:news verhandlung'\n"
        "must_match = [{ title = 'Verhandlungen', url = 'https://example.org/news/1', author = 'Ada', language = 'de', "
        "tags = ['Sea'] }]\n"
        "[topics.b]\nname = 'B'\nquery = 'talks source:\"Gulf Wire\"'\n"
        "must_match = [{ title = 'Talks', source = 'Gulf Wire' }]\n"
    )
    assert faults_of(tmp_path / "config", watchlist) == []


@pytest.mark.parametrize(
    ("topic", "example", "said"),
    [
        (
            NAME,
            "Rain in the north",
            'nothing of "Hostage" and "negotiations" is there, nor related words twice. Add its words to `also`, or',
        ),
        (NAME, "Hostage comes home", '"negotiations" is not there, nor related words twice. Add its words to `also`,'),
        (NAME + "exclude = 'film'\n", "Hostage negotiations film", "exclude is true: film. Narrow `exclude`, or"),
        (QUERY, "Tanker seized", "source:example.org is not so. Widen the query, or remove the example."),
        (QUERY, "Rain", "tanker is not there. Widen the query, or remove the example."),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, topic: str, example: str, said: str) -> None:
    """With the remedy that fits it."""
    (fault,) = faults_of(tmp_path / "config", f"{topic}must_match = [\n  '{example}',\n]\n")
    line = 2 + topic.count("\n")
    assert fault.startswith(f'watchlist.toml:{line}: topic "t": `must_match` 1, "{example}", is not found: ')
    assert said in fault


def test_a_weak_example_names_the_level(tmp_path: Path) -> None:
    """All of it is there, only not as the level asks."""
    text = "Hostage home. " + "word " * 900 + "negotiations"
    (fault,) = faults_of(tmp_path / "config", f"{NAME}must_match = [{{ title = 'Home', text = '{text}' }}]\n")
    assert "but weakly: score " in fault
    assert "Lower `level`, add its words to `also`, or remove the example." in fault


def test_what_it_is_found_by_is_said(tmp_path: Path) -> None:
    """With the score in parts; of a text the sentence on a line of its own."""
    faults = faults_of(
        tmp_path / "config",
        NAME
        + "must_not_match = [\n  'Hostage negotiations film',\n"
        + "  { title = 'At the cinema', text = 'It rains. Hostage negotiations fill the evening. It rains.' },\n]\n",
    )
    assert len(faults) == 2
    assert faults[0].startswith(
        'watchlist.toml:4: topic "t": `must_not_match` 1, "Hostage negotiations film", is found'
    )
    assert "of 100: hostage: hostage (" in faults[0]
    assert "\n" not in faults[0]
    first, second = faults[1].split("\n")
    assert first.startswith('watchlist.toml:5: topic "t": `must_not_match` 2, "At the cinema", is found, score ')
    assert first.endswith("Raise `level`, say in `exclude` what is not meant, or remove the example.")
    assert second == "    “Hostage negotiations fill the evening.”"


def test_the_remedy_for_a_strict_name_and_a_query_is_another(tmp_path: Path) -> None:
    """Nobody is told to raise what is at its highest, or a level that a query has not."""
    (strict,) = faults_of(tmp_path / "a", NAME + "level = 'strict'\nmust_not_match = ['Hostage negotiations']\n")
    assert strict.endswith("Say in `exclude` what is not meant, or remove the example.")
    (query,) = faults_of(tmp_path / "b", "[topics.t]\nname = 'T'\nquery = 'a b'\nmust_not_match = ['a b']\n")
    assert query.endswith("Narrow the query, or remove the example.")


def test_an_example_on_both_sides_is_told_once(tmp_path: Path) -> None:
    """No topic can content both."""
    (fault,) = faults_of(
        tmp_path / "config", NAME + "must_match = ['Hostage talks']\nmust_not_match = ['Hostage talks']\n"
    )
    assert fault.endswith('"Hostage talks", stands in `must_match` too. Remove it from one of them.')
    assert fault.startswith("watchlist.toml:4:")


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("''", "`must_match` 1 holds no word. Write a headline, or a title and a text."),
        ("'?!'", "`must_match` 1 holds no word."),
        ("{}", "`must_match` 1 holds no word."),
        ("7", '`must_match` 1 is 7. Write a headline in quotes, or { title = "…", text = "…" }.'),
        ("[]", "Write a headline in quotes"),
        ("{ titel = 'Talks' }", 'unknown key "titel". Did you mean "title"?'),
        ("{ title = 3 }", "`must_match` 1, `title` is a number (3). Write it in quotes"),
        ("{ title = 'Talks', tags = 'sea' }", '`must_match` 1, `tags` is "sea". Write a list'),
        ("{ title = 'Talks', language = 'English!' }", "`must_match` 1, `language` "),
        (f"{{ text = '{'x' * 20_001}' }}", "`must_match` 1, `text` is "),
    ],
)
def test_what_is_no_example_is_a_fault_with_its_line(tmp_path: Path, example: str, said: str) -> None:
    """An example that could never be tried is not passed over."""
    (fault,) = faults_of(tmp_path / "config", f"{NAME}must_match = [\n  {example},\n]\n")
    assert fault.startswith('watchlist.toml:4: topic "t": ')
    assert said in fault
    assert "\n" not in fault


def test_the_number_of_examples_is_bounded(tmp_path: Path) -> None:
    """All of them are tried at every edit."""
    listed = ", ".join(["'Hostage talks'"] * 201)
    (fault,) = faults_of(tmp_path / "config", f"{NAME}must_match = [{listed}]\n")
    assert "`must_match` is a list. Write at most 200." in fault


def test_a_faulty_topic_keeps_no_other_from_its_examples(tmp_path: Path) -> None:
    """All faults come at once."""
    faults = faults_of(
        tmp_path / "config", "[topics.a]\nname = 3\n" + NAME.replace("topics.t", "topics.b") + "must_match = ['Rain']\n"
    )
    assert [fault.split(":")[1] for fault in faults] == ["2", "5"]
