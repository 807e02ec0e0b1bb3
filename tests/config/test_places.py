"""On which line each key and each element stands."""

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.places import Path, find_places


def paths_of(value: Any, path: Path = ()) -> set[Path]:
    """Every path in a value as tomllib gives it."""
    found = {path} if path else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found |= paths_of(inner, (*path, index))
    return found


_KEYS = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "b", "c.d", "#", '"', "'", "[x]", "=", "é", "\\"])
_LEAVES = (
    st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.text(max_size=12)
    | st.sampled_from(["a # b", "]", "}", "two\nlines", 'x """ y', "''' z", "\\", "key = 1\n[table]\n"])
    | st.floats(allow_nan=False, allow_infinity=False)
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=12
)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=4))
def test_every_path_of_a_written_document_has_a_line(values: dict[str, Any]) -> None:
    """Whatever tomllib reads out of a file has a place, and nothing else has."""
    text = tomlkit.dumps(values)
    read = tomllib.loads(text)
    assert set(find_places(text).first) == paths_of(read)


@pytest.mark.parametrize(
    ("written", "key"),
    [(r'"\\e"', r"\e"), (r'"\U00000022"', '"'), (r'"\U0001F600"', "\U0001f600"), (r'"\\U0041"', r"\U0041")],
)
def test_a_key_with_escapes_is_the_key_that_was_meant(written: str, key: str) -> None:
    """A backslash that is escaped begins nothing, and a quote that is escaped ends nothing."""
    assert set(find_places(f"{written} = 1").first) == paths_of(tomllib.loads(f"{written} = 1")) == {(key,)}


_WRITTEN = st.sampled_from(
    ["{}", "'{}' # = [", '["{}", # x]\n  1,\n]', "'''{}'''", "'''\n{}'''", '"""{} \\" \'\'\' """', "{{ a = '{}' }}"]
)
_HEADERS = st.sampled_from(
    ["[t{0}]", "[t{0}.'in.ner']", "[[rows]]", "[[rows]]\n[rows.sub]", "# [no]\n [ u{0} . x ] # c"]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(_HEADERS, st.lists(_WRITTEN, max_size=4)), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_a_key_s_line_is_where_it_was_written(tables: list[tuple[str, list[str]]], newline: str) -> None:
    """The line found for a key is the line it was written on, in any layout, with interrupted blocks too."""
    lines: list[str] = []
    written: dict[str, int] = {}
    for number, (header, forms) in enumerate(tables):
        lines += header.format(number).split("\n")
        for index, form in enumerate(forms):
            name = f"k{number}_{index}"
            written[name] = len(lines) + 1
            lines += f"{name} = {form.format(number * 10 + index)}".split("\n")
    text = newline.join(lines)
    assert paths_of(tomllib.loads(text)) == set(find_places(text).first)
    found = {path[-1]: line for path, line in find_places(text).first.items() if str(path[-1]).startswith("k")}
    assert found == written


def test_elements_and_ends() -> None:
    """An element of a list over several lines has its own line, and a table knows where its last value ends."""
    text = "x = 1\n\n[[feeds]]\nname = 'a'\nalso = [\n  1,\n  # two\n  2,\n]\n\n# next\n[[feeds]]\nname = 'b'\n"
    places = find_places(text)
    assert places.first[("feeds", 0)] == 3
    assert places.first[("feeds", 0, "also", 1)] == 8
    assert places.last[("feeds", 0)] == 9
    assert places.first[("feeds", 1)] == 12
    assert places.last[("feeds", 1)] == 13


def test_what_is_not_there_has_the_line_of_what_would_hold_it() -> None:
    """A missing key is told at its table, and where there is not even that at the file's first line."""
    places = find_places("a = 1\n[t]\nb = 2\n")
    assert places.line(("t", "name")) == 2
    assert places.line(("u", "name")) == 1
