"""What `monitor status` says of workers, where the work is shared out.

Effects: none.
"""

from collections.abc import Iterator
from datetime import timedelta

from monitor.cli.lines import format_time
from monitor.shared_work import QueueLook, SharedWork, WorkerLook, WorkerState, queue_words
from monitor.text import plural

LISTED_MAX = 20


def worker_lines(work: SharedWork) -> Iterator[str]:
    """The block, line by line."""
    lost = f", {work.lost} lost" if work.lost else ""
    yield f"Workers     {work.at_work} at work{lost}, {plural(work.visits, 'visit')} in the last minute"
    for one in work.workers[:LISTED_MAX]:
        yield f"  {_worker(one)}"
    if len(work.workers) > LISTED_MAX:
        yield f"  and {len(work.workers) - LISTED_MAX} more: monitor status --json"
    yield "Queues"
    for queue in work.queues:
        yield f"  {_queue(queue)}"


def _worker(one: WorkerLook) -> str:
    worker = one.worker
    name = f"{worker.host}:{worker.pid} ({', '.join(worker.queues)})"
    if one.state is not WorkerState.AT_WORK:
        verb = "left" if one.state is WorkerState.LEFT else "lost, last seen"
        return f"{name} {verb} {short_span(one.beat_age)} ago"
    share = "" if one.share is None else f" ({one.share:.0%} of all)"
    parts = [
        f"seen {short_span(one.beat_age)} ago",
        f"{plural(worker.jobs, 'job')} under way",
        f"{plural(worker.visits, 'visit')}{share}, {plural(worker.articles, 'article')}, {worker.sent} sent a minute",
    ]
    parts += ["leads"] if one.leads else []
    parts += [] if one.is_newest else [f"works by configuration {worker.revision}, not the newest"]
    return f"{name} {worker.version}: {', '.join(parts)}"


def _queue(one: QueueLook) -> str:
    said = queue_words(one)
    since = f", the first for {short_span(one.lag)}" if one.waiting else ""
    served = f"served by {plural(one.workers, 'worker')}" if one.workers else "served by no worker"
    return f"{one.name}: {said}{since}; {served}"


def short_span(span: timedelta) -> str:
    """`12 s`, `4 min`, `3 h`: one unit, rounded down."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def worker_records(work: SharedWork | None) -> list[dict[str, object]]:
    """Each worker as an object; none where one process does it all."""
    return [] if work is None else [_worker_record(one) for one in work.workers]


def _worker_record(one: WorkerLook) -> dict[str, object]:
    worker = one.worker
    return {
        "id": worker.id,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version,
        "queues": list(worker.queues),
        "state": one.state.value,
        "since": format_time(worker.started_at),
        "beat_at": format_time(worker.beat_at),
        "beat_age_seconds": int(one.beat_age.total_seconds()),
        "left_at": format_time(worker.left_at),
        "leads": one.leads,
        "revision": worker.revision,
        "is_newest": one.is_newest,
        "jobs": worker.jobs,
        "visits": worker.visits,
        "articles": worker.articles,
        "sent": worker.sent,
        "share": None if one.share is None else round(one.share, 4),
    }


def queue_records(work: SharedWork | None) -> dict[str, object]:
    """Each queue as an object by its name; none where one process does it all."""
    queues = () if work is None else work.queues
    return {
        one.name: {
            "workers": one.workers,
            "waiting": one.waiting,
            "oldest_at": format_time(one.oldest_at),
            "lag_seconds": int(one.lag.total_seconds()),
            "done_last_minute": one.done,
            "unserved_since": format_time(one.unserved_since),
        }
        for one in queues
    }
