"""The polling path alone: fetch, parse, identity, store, by the parts and in the processes that the daemon uses.

`main("add", DATABASE, ADDRESSES)` makes the database with the feeds of a file, one address a line; `main("update",
DATABASE)` is one round. No topic is watched and no article is grouped. `command` starts it as `monitor` starts its
commands: nothing is collected while the modules load.

Effects: database, network, one child process.
"""

import asyncio
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from monitor.clock import SystemClock
from monitor.feeds.fetch import EXCHANGE_S, Fetcher
from monitor.feeds.guard import Guard
from monitor.feeds.policy import PollBounds
from monitor.feeds.sandbox import ParserProcess
from monitor.model import FeedSpec, Watchlist
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.poll import HostLimit, Poller
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.topics.match import compile_watchlist

CONCURRENCY = 50
"""The default of `polling.concurrency`."""
BOUNDS = PollBounds(300, 3_600)
DRAIN_S = 20.0


def command(*arguments: str) -> list[str]:
    """A process that does `main` with these arguments."""
    start = "import gc, sys; gc.disable(); from bench.polling_side import main; main(*sys.argv[1:])"
    return [sys.executable, "-c", start, *arguments]


def add(store: Store, addresses: Path) -> None:
    """The feeds of a file, due at once."""
    specs = [FeedSpec(f"Outlet {number}", url) for number, url in enumerate(addresses.read_text().split())]
    with store.write() as tx:
        tx.feeds.sync(specs, SystemClock().now(), spread_s=0)


async def update(store: Store, exchange_s: float, concurrency: int) -> None:
    """One round of all feeds."""
    context = IngestContext(compile_watchlist(Watchlist(())), {}, BOUNDS, "bench", groups=False)
    with ThreadPoolExecutor(1) as database_pool, ThreadPoolExecutor(1) as parser_pool:
        parser = ParserProcess()
        fetcher = Fetcher(Guard(("127.0.0.0/8",)), concurrency=concurrency, exchange_s=exchange_s)
        poller = Poller(
            store,
            fetcher,
            parser,
            SystemClock(),
            context=lambda: context,
            owner="bench",
            concurrency=concurrency,
            limit_of=lambda _: HostLimit(concurrency, 0.0),
            database_pool=database_pool,
            parser_pool=parser_pool,
        )
        try:
            await poller.run_round()
        finally:
            await poller.drain(DRAIN_S)
            await fetcher.close()
            parser.close()


def main(command: str, database: str, *more: str) -> None:
    """Do one of the two; `update` takes the exchange's limit in seconds after the database."""
    gc.freeze()  # as the command does, and so is what follows
    gc.enable()
    gc.set_threshold(20_000, 10, 10)
    opened = open_engine(f"sqlite:///{database}")
    ensure_schema(opened)
    store = Store(opened)
    if command == "add":
        add(store, Path(more[0]))
    else:
        asyncio.run(update(store, float(more[0]) if more else EXCHANGE_S, CONCURRENCY))
    store.close()
