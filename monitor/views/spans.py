"""Lengths of time in a few words, for pages.

Effects: none.
"""

from datetime import timedelta


def say_span(span: timedelta | float) -> str:
    """`45 s`, `4 min`, `2 h 5 min`, `3 d 4 h`: the two largest units, rounded down; a float is seconds."""
    total = int(span.total_seconds() if isinstance(span, timedelta) else span)
    sign, total = ("−", -total) if total < 0 else ("", total)
    if total < 60:
        return f"{sign}{total} s"
    if total < 3600:
        return f"{sign}{total // 60} min"
    if total < 86_400:
        hours, minutes = total // 3600, total % 3600 // 60
        return f"{sign}{hours} h {minutes} min" if minutes else f"{sign}{hours} h"
    days, hours = total // 86_400, total % 86_400 // 3600
    return f"{sign}{days} d {hours} h" if hours and days < 10 else f"{sign}{days} d"


def say_bytes(count: int) -> str:
    """`900 B`, `12 kB`, `3.4 MB`, `1.2 GB`."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
