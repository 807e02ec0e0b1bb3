"""Ages and numbers that nobody means are refused with words, and never end in a trace."""

import argparse
from datetime import timedelta

import pytest

from monitor.cli.arguments import age, list_number, read_age
from monitor.errors import ConfigError


def test_an_age_is_a_number_and_a_unit() -> None:
    """Up to a hundred years: beyond lies what no calendar holds."""
    assert read_age("36500d") == timedelta(days=36_500)
    assert age("90s") == timedelta(seconds=90)
    for text in ("36501d", "9999999d"):
        with pytest.raises(ConfigError, match="longer ago than any archive goes"):
            read_age(text)
        with pytest.raises(argparse.ArgumentTypeError, match="longer ago"):
            age(text)


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "²", "9223372036854775808", "9" * 5_000])
def test_what_is_no_number_of_a_list_is_refused(text: str) -> None:
    """Nothing larger than a database keeps reaches it."""
    assert list_number("9223372036854775807") == 2**63 - 1
    with pytest.raises(argparse.ArgumentTypeError, match="is no number of a list"):
        list_number(text)
