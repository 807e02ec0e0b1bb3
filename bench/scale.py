"""Feeds per second and processor time per feed: one process on SQLite and on PostgreSQL, and one, two, four workers.

Thousands of loopback feeds that have nothing new all come due at once; what is measured is the stretch from the first
tenth of the visits to the last. The feed server and PostgreSQL run on the same cores and their time is told apart. One
process on SQLite is 1, all else is told as a ratio to it. The queue's share is the time of jobs that find nothing to
do, of us and of PostgreSQL together, for each job of as many feeds as a batch holds; the statement with which a visitor
takes a batch over is in it. How soon work begins is read from the queue's own events with 100,000 feeds registered of
which fifty a second come due: `--quick` leaves that out, and four workers.

    python -m bench scale [--quick]
    python -m bench scale --simulate FEEDS [--days 7]    a week on virtual time, by measured unit costs: `simulate`

Limits on two quiet cores: 1,000 feeds/s with two workers, 1.6 times those of one, the queue under 15 % of the time,
95 of 100 batches begun within 200 ms. They are judged by processor time, which neighbours disturb least: two workers
keep theirs where a feed takes no more than 2 ms of everything and no more than 1/0.8 of what it takes one worker.

Effects: network (loopback), database, files in a temporary folder, child processes.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from bench import scale_articles
from bench.scale_desk import Cpu, Desk, Postgres, desk, postgres
from bench.scale_jobs import count_jobs, defer_nothing, starts, watch_jobs
from bench.scale_server import Publishers, publishers
from bench.scale_simulate import simulate
from monitor.pipeline.batches import FEEDS_MAX

FEEDS, QUICK_FEEDS = 6_000, 2_500
REGISTERED = 100_000
DUE_S, DUE_A_SECOND = 24, 50
NOTHINGS = 600
"""Jobs that find nothing to do."""
ROUND_S_MAX = 180.0
LOOK_S = 0.1
FIRST, LAST = 0.1, 0.9
TOTAL_MS_MAX = 2.0
LINEAR_MIN = 0.8
QUEUE_SHARE_MAX = 0.15
START_S_MAX = 0.2
CANNOT_RUN = 2


@dataclass(frozen=True, slots=True)
class Round:
    """One stretch of visits."""

    name: str
    rate: float
    """Feeds a second, by the clock."""
    cpu_ms: Cpu
    """Of one feed."""


def run(arguments: Sequence[str] = ()) -> int:
    """Measure and print, or simulate. Exit 1 beyond a limit."""
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute: fewer feeds, no four workers, no 100,000")
    parser.add_argument("--simulate", type=int, metavar="FEEDS", help="replay days of so many feeds, on virtual time")
    parser.add_argument("--days", type=int, default=7, help="how many; default: 7")
    args = parser.parse_args(arguments)
    if args.simulate:
        print(simulate(args.simulate, args.days))
        return 0
    try:
        with publishers() as shown, postgres() as server:
            return _measure(shown, server, is_quick=args.quick)
    except ImportError:
        print("PostgreSQL's package is missing: make setup", file=sys.stderr)
        return CANNOT_RUN


def _measure(shown: Publishers, server: Postgres, *, is_quick: bool) -> int:
    feeds = QUICK_FEEDS if is_quick else FEEDS
    rounds: list[Round] = []
    with desk(feeds, shown, None) as made:
        rounds.append(_tell(_round(made, "embedded, SQLite", 0), rounds))
    with desk(feeds, shown, server) as made:
        rounds.append(_tell(_round(made, "embedded, PostgreSQL", 0), rounds))
    nothing_ms = 0.0
    for workers in (1, 2) if is_quick else (1, 2, 4):
        with desk(feeds, shown, server, mode="distributed") as made:
            name = f"{workers} worker{'s' if workers > 1 else ''}"
            rounds.append(_tell(_round(made, name, workers), rounds))
            if workers == 1:
                nothing_ms = _queue_ms(made)
    by_name = {one.name: one.cpu_ms.total for one in rounds}
    share = nothing_ms / FEEDS_MAX / by_name["2 workers"]
    linear = by_name["1 worker"] / by_name["2 workers"]
    kept = by_name["2 workers"] <= TOTAL_MS_MAX and linear >= LINEAR_MIN and share <= QUEUE_SHARE_MAX
    print(f"scale: a job that finds nothing to do takes {nothing_ms:.1f} ms: the queue is {100 * share:.0f} % ", end="")
    print(f"(limit {100 * QUEUE_SHARE_MAX:.0f}); two workers {linear:.2f} of linear by processor time (least ", end="")
    print(f"{LINEAR_MIN}), {by_name['2 workers']:.2f} ms a feed (limit {TOTAL_MS_MAX:.1f})", flush=True)
    if is_quick:
        return 0 if kept else 1
    with desk(scale_articles.FEEDS, shown, None) as made:
        cost = scale_articles.cost_of_articles(made)
        print(
            f"scale: a new article takes {cost.cpu_ms:.1f} ms, {cost.rows:.1f} rows, {cost.bytes:,.0f} bytes",
            flush=True,
        )
    with desk(REGISTERED, shown, server, mode="distributed") as made:
        soon = _starts(made)
    return 0 if kept and soon <= START_S_MAX else 1


def _round(made: Desk, name: str, workers: int) -> Round:
    """Have every feed come due and watch the visits from a tenth to nine tenths; without workers, one process."""
    made.start(*(("worker", workers) if workers else ("run", 1)))
    asked = made.shown.ask("count")
    made.make_due(made.feeds)
    began, until_s = (0.0, 0, Cpu(0, 0, 0)), time.monotonic() + ROUND_S_MAX
    while time.monotonic() < until_s:
        done = made.shown.ask("count") - asked
        if not began[0] and done >= FIRST * made.feeds:
            began = (time.monotonic(), done, made.cpu())
        if done >= LAST * made.feeds:
            break
        time.sleep(LOOK_S)
    else:
        raise RuntimeError(f"{name}: {done} of {made.feeds} feeds were visited in {ROUND_S_MAX:.0f} s")
    seconds, visits, used = time.monotonic() - began[0], done - began[1], made.cpu().since(began[2])
    return Round(name, visits / seconds, Cpu(*(1000 * one / visits for one in (used.ours, used.database, used.server))))


def _tell(one: Round, others: Sequence[Round]) -> Round:
    base = others[0] if others else one
    cpu = one.cpu_ms
    print(f"scale: {one.name:<21} {one.rate:5.0f} feeds/s ({one.rate / base.rate:.2f})  ", end="")
    print(f"CPU {cpu.total:.2f} ms/feed ({cpu.total / base.cpu_ms.total:.2f}): ours {cpu.ours:.2f}, ", end="")
    print(f"PostgreSQL {cpu.database:.2f}, feed server {cpu.server:.2f}", flush=True)
    return one


def _queue_ms(made: Desk) -> float:
    """Processor time of a job that finds nothing to do, beside the ticks of a worker that stands still."""
    _wait_for(lambda: not count_jobs(made.store, "poll_batch"))
    time.sleep(LOOK_S * 20)
    idle, began = made.cpu(), time.monotonic()
    time.sleep(5)
    still = made.cpu().since(idle)
    rest_s = (still.ours + still.database) / (time.monotonic() - began)
    before, began = made.cpu(), time.monotonic()
    defer_nothing(made.store, NOTHINGS, FEEDS_MAX)
    _wait_for(lambda: not count_jobs(made.store, "poll_batch"))
    used = made.cpu().since(before)
    return 1000 * max(0.0, used.ours + used.database - rest_s * (time.monotonic() - began)) / NOTHINGS


def _wait_for(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + ROUND_S_MAX
    while not condition():
        if time.monotonic() > until_s:
            raise RuntimeError("the queue does not get empty")
        time.sleep(LOOK_S)


def _starts(made: Desk) -> float:
    """How long batches wait from the transaction that claims them to their start, two workers; the 95th of 100."""
    made.start("worker", 2)
    watch_jobs(made.store)
    before, began = made.cpu(), time.monotonic()
    made.make_due(DUE_S * DUE_A_SECOND, DUE_S)
    time.sleep(DUE_S + 2)
    used, took_s = made.cpu().since(before), time.monotonic() - began
    waits = starts(made.store, "poll_batch")
    if len(waits) < 2:
        raise RuntimeError("no batch was begun")
    cuts = quantiles(waits, n=20)
    print(
        f"scale: {REGISTERED} feeds registered, {DUE_A_SECOND} a second due, two workers: batches begin after ", end=""
    )
    print(f"{1000 * cuts[9]:.0f} ms, 95 of 100 within {1000 * cuts[18]:.0f} (limit {1000 * START_S_MAX:.0f}), ", end="")
    print(f"{len(waits)} batches; CPU {100 * (used.ours + used.database) / took_s:.0f} % of a core", flush=True)
    return cuts[18]
