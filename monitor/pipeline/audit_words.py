"""The weekly audit in words: a term's command and what it would bring, and the message to the operator.

Effects: none.
"""

import shlex
from collections.abc import Sequence
from datetime import datetime

from monitor.model import Note, NoteKind, NoteLine
from monitor.pipeline.audit import AuditTerm, TopicAudit
from monitor.text import plain_line, plural

LINES_MAX = 10
"""Terms in one message; the others are counted."""
COMMAND_CHARS_MAX = 200
"""A longer one would be cut on its way, and a cut command is none."""
REMEDY = "The titles that each would bring: monitor watchlist audit. To take one back: monitor watchlist rollback."


def add_command(topic: str, term: str) -> str:
    """The command that adds the term."""
    return f"monitor watchlist add-name {topic} {shlex.quote(plain_line(term))}"


def change_words(term: AuditTerm) -> str:
    """`+4 -0 stories in 30 days`."""
    return f"+{term.added} -{term.dropped} stories in {_days(term)}"


def audit_note(audits: Sequence[TopicAudit], left: int, now: datetime, timezone: str) -> Note | None:
    """What the operator is told of a week: each term that brings stories, with its command; None where none does.

    Those that bring most come first. `left` is how many topics there was no time for.
    """
    found = [(audit, term) for audit in audits for term in audit.terms if term.added > 0]
    found = [(audit, term) for audit, term in found if len(add_command(audit.topic, term.text)) <= COMMAND_CHARS_MAX]
    if not found:
        return None
    found.sort(key=lambda pair: (-pair[1].added, -pair[1].caught, pair[0].topic, pair[1].text))
    topics = sorted({plain_line(audit.name) for audit, _ in found})
    whose = topics[0] if len(topics) == 1 else f"{len(topics)} topics"
    terms, each = ("One term", "The line") if len(found) == 1 else (f"{len(found)} terms", "Each line")
    rest = f" For {plural(left, 'topic')} there was no time; next week begins with them." if left else ""
    return Note(
        NoteKind.AUDIT,
        f"{terms} would have caught what {whose} nearly found last week. {each} is the command that adds it.",
        now,
        timezone=timezone,
        lines=tuple(NoteLine(add_command(audit.topic, term.text), after=_gain(term)) for audit, term in found)[
            :LINES_MAX
        ],
        more=max(0, len(found) - LINES_MAX),
        remedy=REMEDY + rest,
    )


def _gain(term: AuditTerm) -> str:
    """`+4 stories in 30 days`; what it would lose stands behind."""
    lost = f", -{term.dropped}" if term.dropped else ""
    return f"+{plural(term.added, 'story', 'stories')}{lost} in {_days(term)}"


def _days(term: AuditTerm) -> str:
    return plural(max(1, round(term.days)), "day")
