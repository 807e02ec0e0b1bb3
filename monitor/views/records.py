"""Times and evidence as programs are given them, by commands and by the API.

Effects: none.
"""

from datetime import UTC, datetime

from monitor.model import Evidence


def evidence_record(evidence: Evidence) -> dict[str, object]:
    """One piece of evidence; `points` is its part of the score, and `spans` are characters of the article's fields."""
    return {
        "concept": evidence.concept,
        "found": dict(evidence.found),
        "via": evidence.via.value,
        "points": evidence.points,
        "spans": [[span.field.value, span.start, span.end] for span in evidence.spans],
    }


def format_time(value: datetime | None) -> str | None:
    """A time as the stage commands write it: UTC, ISO 8601, seconds; None stays None."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
