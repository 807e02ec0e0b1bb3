"""Keys of a topic get other values in the text, and not a byte beside them changes."""

from pathlib import Path
from typing import Any

import pytest

from monitor.config.edit_values import with_values
from monitor.config.files import parse_config_file
from monitor.errors import ConfigError

HEAD = '# ours\n[topics.talks]\nname = "Hostage talks"  # the desk\'s\n'
TAIL = '\n# below\n[topics.other]\nname = "Other"\nlevel = "broad"\n'


def edited(text: str, topic: str = "talks", **values: object) -> str:
    """The text after the edit."""
    path = Path("watchlist.toml")
    return with_values(parse_config_file(text.encode(), path, str(path)), topic, values)


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ('level = "strict" # why\n', {"level": "broad"}, 'level = "broad" # why\n'),
        ("level='strict'\n", {"level": "broad"}, 'level="broad"\n'),
        ("", {"level": "broad"}, 'level = "broad"\n'),
        ('also = [\n  "a",  # one\n]  # end\n', {"also": ["a", "b"]}, 'also = [\n  "a",  # one\n  "b",\n]  # end\n'),
        ('also = [\n  "a",  # one\n  "b",  # two\n]\n', {"also": ["b", "c"]}, 'also = [\n  "b",  # two\n  "c",\n]\n'),
        ('also = [\n  "a", "b",\n]\n', {"also": ["b"]}, 'also = ["b"]\n'),
        ('also = ["a", "b"]\n', {"also": ["b", "a"]}, 'also = ["b", "a"]\n'),
        ('also = [\n  "a",\n  "b" ]\n', {"also": ["a"]}, 'also = ["a"]\n'),
        ("query = 'x'\n", {"query": 'x OR\n"y"\n'}, "query = '''\nx OR\n\"y\"\n'''\n"),
        ("query = 'x'\n", {"query": "it's\n'''"}, "query = \"it's\\n'''\"\n"),
        ("exclude = '''\nfilm\n'''\n", {"exclude": "rain"}, 'exclude = "rain"\n'),
        ("breaking = true # yes\n", {"breaking": False}, "breaking = false # yes\n"),
        ('level = "strict"\nalso = []\n', {"level": None, "also": ["x"]}, 'also = ["x"]\n'),
        ('level = "broad"\n', {"level": "broad"}, 'level = "broad"\n'),
        ("", {"level": None}, ""),
    ],
)
def test_a_value_is_put_in_its_place(before: str, values: dict[str, Any], after: str) -> None:
    """Behind its key, or as a new key below the name; comments stay."""
    assert edited(HEAD + before + TAIL, **values) == HEAD + after + TAIL
    windows = (HEAD + before + TAIL).replace("\n", "\r\n")
    assert edited(windows, **values).replace("\r\n", "\n") == HEAD + after + TAIL


def test_what_is_written_in_another_way_is_refused_with_the_line_to_write() -> None:
    """And a topic that is not there."""
    with pytest.raises(ConfigError, match="not edited from here") as refused:
        edited('[topics]\ntalks = { name = "Talks", level = "strict" }\n', level="broad")
    assert 'level = "broad"' in refused.value.remedy
    with pytest.raises(ConfigError, match="there is no topic"):
        edited(HEAD, "nothing", level="broad")
