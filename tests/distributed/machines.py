"""Faults that lie in the machine of a worker: a clock that is wrong, another version, a network that is gone.

Effects: those of the town.
"""

from pathlib import Path

from monitor.storage.revision import head_revision
from tests.distributed.faults import NAMES, assert_all_run, look_after, man, stop_in_ingest, wait_lost
from tests.distributed.island import Island
from tests.distributed.town import Town
from tests.distributed.versions import COLUMN, next_version

SKEW_S = 300.0


def skew(town: Town, seconds: float) -> None:
    """One of three has a clock that is off: its leases, its leading and its slots are as everybody's."""
    town.fleet.start("one")
    town.fleet.start("two", skew_s=seconds)
    town.fleet.start("three")
    town.wait_first_visits()
    for _ in range(2):
        town.publish()
        town.wait_told()
    look_after(town)
    assert_all_run(town)
    assert not off(town, seconds), "a time in a row is of the wrong clock"


def off(town: Town, seconds: float) -> list[tuple[str, int]]:
    """The columns in which a time lies nearer to the wrong clock than to the right one, with how many rows."""
    found = []
    columns = (("poll", "polled_at"), ("article", "first_seen_at"), ("delivery", "settled_at"), ("digest", "closed_at"))
    for table, column in columns:
        sign = ">" if seconds > 0 else "<"
        asked = f"SELECT count(*) FROM {table} WHERE {column} {sign} now() + make_interval(secs => :half)"
        rows = town.rows(asked, half=seconds / 2)
        if rows[0][0]:
            found.append((f"{table}.{column}", int(rows[0][0])))
    return found


def roll(town: Town, folder: Path) -> None:
    """Workers of the next version come while the old ones work; then the old ones go, and none of them comes back."""
    man(town)
    code, revision = next_version(folder)
    town.publish()
    town.fleet.start("next one", code=code)
    assert town.rows("SELECT version_num FROM alembic_version")[0][0] == revision
    look_after(town)
    assert_all_run(town)

    late = town.fleet.start("late", waits=False)
    assert late.wait_end() == 1
    (said,) = [line for line in town.fleet.journal.since(name="late") if "newer" in line]
    assert f"revision {revision}" in said

    for name in NAMES:
        assert town.fleet.workers[name].stop() == 0, str(town.fleet.journal)
        town.publish()
    town.fleet.start("next two", code=code)
    look_after(town)
    assert town.rows(f"SELECT count({COLUMN}) FROM article")[0][0] == 0
    assert head_revision() != revision


def cut_off(town: Town, island: Island) -> None:
    """A worker behind a wire that is pulled for good: no packet says so, and the other two go on."""
    for name in NAMES[:2]:
        town.fleet.start(name)
    far = town.fleet.start("far", "--queues", "poll,ingest", host=island.hosts[0], inside=island.inside)
    town.wait_first_visits()
    stop_in_ingest(town, far)
    island.pull()
    far.wake()
    look_after(town)
    wait_lost(town, far)
    island.plug()
    look_after(town)
