"""What one of each costs, as the benches measured it; the simulator reckons with these.

Measured in November 2026 on two shared cores with CPython 3.11 and PostgreSQL 18 on the same machine. Each has the
command that measures it anew: put your own numbers here to reckon for your machine.

Effects: none.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """One number, what it is of, and what measures it."""

    value: float
    of: str
    command: str


VISIT_MS = Cost(1.4, "processor ms of a worker for a visit that finds nothing new", "python -m bench scale")
VISIT_DATABASE_MS = Cost(0.25, "processor ms of PostgreSQL for it", "python -m bench scale")
JOB_MS = Cost(9.0, "processor ms of both for a job of the queue, whatever is in it", "python -m bench scale")
ARTICLE_MS = Cost(12.0, "processor ms for a new article in a visit that brings one, all told", "python -m bench scale")
ARTICLE_PLACE_MS = Cost(6.0, "of these, in the one place where all is stored", "reckoned: half of it")
ARTICLE_ROWS = Cost(29.5, "rows written for a new article", "python -m bench scale")
ARTICLE_BYTES = Cost(3_770.0, "bytes of the archive for a new article", "python -m bench scale")
TELLING_MS = Cost(6.0, "processor ms for a telling on one channel", "python -m bench delivery")
CONNECTIONS = Cost(10.0, "connections of a worker that does little; a busy one takes up to twenty", "pg_stat_activity")
UNCHANGED_BYTES = Cost(450.0, "bytes on the wire for a 304, both ways", "reckoned from its headers")
CHANGED_BYTES = Cost(47_000.0, "bytes on the wire for a feed that is sent, zipped", "docs/polling.md")
BATCH_FEEDS = 100
"""Feeds of one job where many are due; where few are, a job takes what half a second brings."""
LOOKS_A_SECOND = 2.0
"""How often the lead looks what is due."""

PLACE_MAX = 0.7
"""Of one core: above that what is handed over waits longer and longer in the busy hours."""
CONNECTIONS_MAX = 90.0
"""PostgreSQL's default is 100; some are a person's."""
DATABASE_CORES_MAX = 8.0
JOBS_MAX = 500.0
"""A second: half of what the queue does at best on two cores."""
PROCESS_MAX = 0.7
"""Of a core, for one process."""
