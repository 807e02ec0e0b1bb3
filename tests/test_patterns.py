"""Patterns that are compiled when they are first asked."""

import re
import threading

import pytest

from monitor.patterns import pattern


def test_it_answers_as_the_compiled_one() -> None:
    """Every method and attribute is the pattern's own, flags among them."""
    waiting, compiled = (
        pattern(r"(?P<word>oil|gas)\b", re.IGNORECASE),
        re.compile(r"(?P<word>oil|gas)\b", re.IGNORECASE),
    )
    text = "Oil and gas, oily"
    assert waiting.findall(text) == compiled.findall(text) == ["Oil", "gas"]
    assert waiting.sub("coal", text) == compiled.sub("coal", text)
    assert (waiting.pattern, waiting.flags, waiting.groupindex) == (compiled.pattern, compiled.flags, {"word": 1})
    found = waiting.search(text)
    assert found is not None
    assert found["word"] == "Oil"


def test_it_is_asked_once() -> None:
    """The second look is an attribute like any other."""
    waiting = pattern("a")
    assert waiting.search is waiting.search


def test_a_fault_shows_when_it_is_asked() -> None:
    """Not when the module that holds it is loaded."""
    waiting = pattern("(")
    with pytest.raises(re.error):
        waiting.match("x")


def test_threads_may_ask_at_once() -> None:
    """Whoever is first, all hear the same."""
    waiting, found = pattern("b+"), []
    threads = [threading.Thread(target=lambda: found.append(waiting.findall("abba b"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["bb", "b"]] * 8
