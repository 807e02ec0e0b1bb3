"""A name is added to a topic, and not a byte beside it changes."""

import tomllib
from pathlib import Path

import pytest

from monitor.config.edit_names import add_name
from monitor.config.faults import ConfigFaults
from monitor.errors import ConfigError, MonitorError
from monitor.model import TopicKey
from monitor.topics.meaning import EMPTY_LEXICON

TOPIC = TopicKey("talks")


def edited(folder: Path, text: str, name: str = "captives") -> str:
    """The file after the edit."""
    (folder / "watchlist.toml").write_bytes(text.encode())
    add_name(folder, TOPIC, name, EMPTY_LEXICON)
    return (folder / "watchlist.toml").read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('also = ["swap"]  # a "note"', 'also = ["swap", "captives"]  # a "note"'),
        ("also = []", 'also = ["captives"]'),
        ("also = [\n  'swap',  # ours ]\n]", "also = [\n  'swap',  # ours ]\n  \"captives\",\n]"),
        ("level = 'broad'", "also = [\"captives\"]\nlevel = 'broad'"),
    ],
)
def test_a_topic_by_name_gets_another_name(tmp_path: Path, before: str, after: str) -> None:
    """Behind the last one, or below its name; comments stay where they are."""
    head = '# ours\n[topics.talks]\nname = "Hostage talks"\n'
    assert edited(tmp_path, f"{head}{before}\n# end\n") == f"{head}{after}\n# end\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'hostage OR swap'  # it's", "'(hostage OR swap) OR captives'  # it's"),
        ('"hostage NOT \\"old film\\""', '"(hostage NOT \\"old film\\") OR captives"'),
        ("'''\nhostage\n  AND talks\n'''", "'''\n(hostage\n  AND talks\n) OR captives'''"),
        ('"""hostage"""', '"""(hostage) OR captives"""'),
    ],
)
def test_a_query_is_widened_as_a_whole(tmp_path: Path, before: str, after: str) -> None:
    """In parentheses, in whatever quotes it stands."""
    head = '[topics.talks]\nname = "Hostage talks"\nquery = '
    assert edited(tmp_path, f"{head}{before}\n") == f"{head}{after}\n"


@pytest.mark.parametrize("quotes", ["'", '"', '"""', "'''"])
def test_two_words_are_a_phrase_in_a_query(tmp_path: Path, quotes: str) -> None:
    """With the quotes that the file's own quotes take."""
    text = edited(tmp_path, f'[topics.talks]\nname = "T"\nquery = {quotes}hostage{quotes}\n', "prisoner swap")
    assert tomllib.loads(text)["topics"]["talks"]["query"] == '(hostage) OR "prisoner swap"'


def test_what_breaks_an_example_is_not_written(tmp_path: Path) -> None:
    """All examples are tried before a byte is written; a name that is there, or holds no word, is refused too."""
    text = '[topics.talks]\nname = "Hostage talks"\nquery = "hostage"\nmust_not_match = ["The captives of the film"]\n'
    with pytest.raises(ConfigFaults):
        edited(tmp_path, text)
    assert (tmp_path / "watchlist.toml").read_text() == text
    for name in ("Hostage Talks", "!!", 'a "b"'):
        with pytest.raises((ConfigError, MonitorError)):
            edited(tmp_path, '[topics.talks]\nname = "Hostage talks"\n', name)
