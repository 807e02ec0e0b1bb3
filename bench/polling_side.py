"""The polling path alone: fetch, parse, identity, store, by the parts and in the processes that the daemon uses.

`main("add", DATABASE, ADDRESSES)` makes the database with the feeds of a file, one address a line; `main("update",
DATABASE)` is one round, with the exchange's limit in seconds and the visits at one time after it where they are not the
defaults. No topic is watched and no article is grouped. `command` starts it as `monitor` starts its
commands: nothing is collected while the modules load.

Effects: database, network, one child process.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from monitor.clock import SystemClock
from monitor.feeds.fetch import EXCHANGE_S, Fetcher
from monitor.feeds.guard import Guard
from monitor.feeds.policy import PollBounds
from monitor.feeds.sandbox import ParserProcess
from monitor.model import FeedSpec, Watchlist
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.poll import Poller
from monitor.pipeline.visitor import HostLimit, Visitor
from monitor.pipeline.visits import PollSummary
from monitor.storage.engine import open_engine
from monitor.storage.revision import ensure_schema
from monitor.storage.store import Store
from monitor.topics.match import compile_watchlist

CONCURRENCY = 100
"""The default of `polling.concurrency`."""
BOUNDS = PollBounds(300, 3_600)
DRAIN_S = 20.0


def command(*arguments: str, module: str = "bench.polling_side") -> list[str]:
    """A process that does `main` of a module with these arguments."""
    start = f"import gc, sys; gc.disable(); from {module} import main; main(*sys.argv[1:])"
    return [sys.executable, "-c", start, *arguments]


def open_store(database: str) -> Store:
    """The database at its newest schema; the collector is set as the daemon sets it."""
    gc.freeze()  # as the command does, and so is what follows
    gc.enable()
    gc.set_threshold(20_000, 10, 10)
    opened = open_engine(f"sqlite:///{database}")
    ensure_schema(opened)
    return Store(opened)


def add(store: Store, addresses: Path) -> None:
    """The feeds of a file, due at once."""
    specs = [FeedSpec(f"Outlet {number}", url) for number, url in enumerate(addresses.read_text().split())]
    with store.write() as tx:
        tx.feeds.sync(specs, SystemClock().now(), spread_s=0)


@asynccontextmanager
async def polling(
    store: Store,
    exchange_s: float = EXCHANGE_S,
    concurrency: int = CONCURRENCY,
    report: Callable[[PollSummary], None] | None = None,
) -> AsyncIterator[Poller]:
    """The app's poller over every loopback host, drained and closed when the block ends."""
    context = IngestContext(compile_watchlist(Watchlist(())), {}, BOUNDS, "bench")
    with ThreadPoolExecutor(1) as database_pool, ThreadPoolExecutor(1) as parser_pool:
        parser = ParserProcess()
        fetcher = Fetcher(Guard(("127.0.0.0/8",)), concurrency=concurrency, exchange_s=exchange_s)
        clock = SystemClock()
        visitor = Visitor(
            fetcher,
            parser,
            clock,
            context=lambda: context,
            concurrency=concurrency,
            limit_of=lambda _: HostLimit(concurrency, 0.0),
            parser_pool=parser_pool,
        )
        poller = Poller(
            store,
            visitor,
            clock,
            context=lambda: context,
            owner="bench",
            database_pool=database_pool,
            report=report,
        )
        try:
            yield poller
        finally:
            await poller.drain(DRAIN_S)
            await fetcher.close()
            parser.close()


async def update(store: Store, exchange_s: float, concurrency: int) -> None:
    """One round of all feeds."""
    async with polling(store, exchange_s, concurrency) as poller:
        await poller.run_round()


def main(command: str, database: str, *more: str) -> None:
    """Do one of the two."""
    store = open_store(database)
    if command == "add":
        add(store, Path(more[0]))
    else:
        exchange_s = float(more[0]) if more else EXCHANGE_S
        asyncio.run(update(store, exchange_s, int(more[1]) if len(more) > 1 else CONCURRENCY))
    store.close()
