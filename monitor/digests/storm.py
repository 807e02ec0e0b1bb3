"""When a channel has had its most messages of an hour, what is told at once waits and gathers.

Effects: none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


def room_at(times: Sequence[datetime], at: datetime, per_hour_max: int) -> datetime:
    """When a message may go at the earliest, from `at` on, where others went at `times`.

    In no hour are there more than `per_hour_max`.
    """
    recent = sorted(time for time in times if at - HOUR < time <= at)
    return at if len(recent) < per_hour_max else recent[-per_hour_max] + HOUR
