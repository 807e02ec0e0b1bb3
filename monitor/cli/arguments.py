"""Ages and numbers as a person types them, for argparse; what no database and no calendar holds is refused with words.

Effects: none.
"""

import argparse
from datetime import timedelta

from monitor.digests.schedule import parse_duration
from monitor.errors import ConfigError, MonitorError
from monitor.text import plain_line

AGE_MAX = timedelta(days=36_500)
"""A hundred years; far beyond them lies what no calendar holds."""
NUMBER_MAX = 2**63 - 1
"""The largest that a database keeps."""


def read_age(text: str) -> timedelta:
    """How long ago, as in `24h` or `30d`. Raises `ConfigError` for anything else."""
    age = timedelta(seconds=parse_duration(text))
    if age > AGE_MAX:
        raise ConfigError(f'"{text}" is longer ago than any archive goes', remedy='Write less, as in "30d".')
    return age


def age(text: str) -> timedelta:
    """The same for argparse."""
    try:
        return read_age(text)
    except MonitorError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def list_number(text: str) -> int:
    """The number of a delivery, mute or revision."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) > NUMBER_MAX:
        raise argparse.ArgumentTypeError(f"{plain_line(text)[:40]!r} is no number of a list")
    return int(text)
