"""`monitor worker`: one of many processes over PostgreSQL.

Effects: those of `app`.
"""

import argparse

from monitor.app import build_app
from monitor.cli.opening import load_config, load_instead
from monitor.cli.run import add_log_arguments, end_process, watcher_of
from monitor.clock import SharedClock
from monitor.errors import ConfigError
from monitor.logs import setup_logging
from monitor.queue import prepare_queue
from monitor.runner import Queue
from monitor.worker import run_worker

EXAMPLE = "monitor worker --queues poll,ingest"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "--queues",
        type=_queues,
        default=tuple(Queue),
        metavar="NAMES",
        help="what it works on: any of poll, ingest, deliver, with commas between them; default: all",
    )
    add_log_arguments(parser)


def _queues(text: str) -> tuple[Queue, ...]:
    wanted = {name.strip() for name in text.split(",") if name.strip()}
    known = {queue.value for queue in Queue}
    if not wanted or wanted - known:
        strange = ", ".join(sorted(wanted - known)) or "nothing"
        raise argparse.ArgumentTypeError(f"{strange} is no queue; write any of {', '.join(Queue)}")
    return tuple(queue for queue in Queue if queue in wanted)


def run(args: argparse.Namespace) -> int:
    """Work until a signal; 0 after a clean stop. A bad configuration at the start is 2, and nothing was started."""
    setup_logging(args.log_level.upper(), as_json=args.log_format == "json")
    loaded = load_config(args, needs_channels=True)
    if not loaded.settings.is_distributed:
        raise ConfigError(
            "workers share the work out only in distributed mode",
            where=str(loaded.folder / "monitor.toml"),
            remedy='Write mode = "distributed" under [run], or start the one process: monitor run.',
        )
    clock = SharedClock()
    app = build_app(loaded, clock, load_instead=load_instead(args))
    try:
        prepare_queue(app.store)
        run_worker(app, watcher_of(args, app), args.queues)
    finally:
        app.close()
    return end_process()
