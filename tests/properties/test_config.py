"""Whatever stands in the config files, loading them gives a configuration or faults that can be read."""

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.load import ConfigFaults, load
from tests.config.folder import write_folder

GOOD: dict[str, dict[str, Any]] = {
    "monitor": {
        "database": {"url": "sqlite:///data/monitor.db"},
        "polling": {"interval_min": "5m", "allow_private_hosts": ["10.0.0.0/8"], "concurrency": 3},
        "web": {"listen": ""},
        "channels": {
            "c": {"kind": "console", "stories_max": 3},
            "s": {"kind": "slack", "channel": "C1", "token_env": "T"},
            "m": {"kind": "email", "to": ["a@b.c"], "from": "a@b.c", "smtp": {"host": "h", "port": 25}},
            "w": {"kind": "webhook", "url": "https://x/", "secret_env": "T"},
        },
    },
    "feeds": {"opml": [], "feeds": [{"name": "A", "url": "https://a/", "weight": 1.0}, {"url": "https://b/"}]},
    "watchlist": {
        "timezone": "UTC",
        "lists": {"l": ["a", "b c"]},
        "topics": {
            "n": {"name": "Hostage talks", "also": ["x"], "level": "broad", "must_match": ["Hostage talks"]},
            "q": {"name": "Q", "query": "@l AND d", "exclude": "e", "schedule": "now", "quiet_hours": "22:00-06:00"},
        },
    },
}
ODD = st.recursive(
    st.booleans()
    | st.integers(-5, 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["", "\x00", "é", "0s", "//", "(", '"', "https://[", "https://x:y/", "a\nb", "@l NEAR/ d", "∞"])
    | st.datetimes().map(lambda value: value.replace(microsecond=0)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a value that may be changed."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(inner for key in keys for inner in paths(value[key], (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], odd: Any, *, is_new_key: bool) -> Any:
    """The value with something odd at a path, or beside it under a new key."""
    if not path:
        return {**value, "odd": odd} if is_new_key and isinstance(value, dict) else odd
    inner = changed(value[path[0]], path[1:], odd, is_new_key=is_new_key)
    if isinstance(value, dict):
        return {key: inner if key == path[0] else other for key, other in value.items()}
    return [inner if index == path[0] else other for index, other in enumerate(value)]


def test_the_beginning_is_good(tmp_path: Path) -> None:
    """What the property changes is good before, so that it is the change that is judged."""
    texts = {name: tomlkit.dumps(values) for name, values in GOOD.items()}
    assert len(load(write_folder(tmp_path / "config", **texts), {"T": "t"}).watchlist.topics) == 2


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(GOOD)), ODD, st.booleans())
def test_any_value_anywhere_is_taken_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, file: str, odd: Any, is_new_key: bool
) -> None:
    """No value in any place brings anything but a configuration or faults with a line of that file and a sentence."""
    path = data.draw(st.sampled_from(paths(GOOD[file])))
    values = changed(GOOD[file], path, odd, is_new_key=is_new_key)
    if not isinstance(values, dict):
        return
    texts = {name: tomlkit.dumps(values if name == file else good) for name, good in GOOD.items()}
    folder = write_folder(tmp_path_factory.mktemp("any") / "config", **texts)
    try:
        load(folder, {"T": "t"})
    except ConfigFaults as faults:
        for problem in faults.problems:
            assert problem.path == str(folder / Path(problem.path).name)
            text = (folder / Path(problem.path).name).read_bytes().decode()
            assert 1 <= problem.line <= text.count("\n") + 1
            assert problem.message.endswith((".", "?", "'", "…", '"', "]", "]'")) or "as in:" in problem.message
            assert "\n" not in problem.message
