"""Run what `app` built for one full cycle.

Effects: those of `app`.
"""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from monitor.app import App
from monitor.errors import MonitorError, StorageError
from monitor.logs import get_log
from monitor.model import ChannelName
from monitor.outbox.deliver import SendRules, Sent
from monitor.pipeline.batches import ingest_handed
from monitor.pipeline.digest import Closed, close_due
from monitor.pipeline.notices import look_after_needs
from monitor.runner import in_pool

DRAIN_S = 20.0
"""How long the end waits for what is under way; by then the round is over, so it waits for nothing."""

PAGES_S = 60.0
"""How long pages are read; what is left then is read by the next cycle."""
MEANINGS_S = 10.0
"""How long articles are read by the sentence model, some 400: first what may be told, the others for a background.
What is left is read by the next cycle; no digest waits for it."""

log = get_log()


class OnceResult(Struct, frozen=True):
    """What one full cycle came to, beyond the visits and deliveries that were reported on the way."""

    closed: list[Closed]


def run_once(app: App) -> OnceResult:
    """One poll of every feed, then pages, a sentence model's look, every due digest and every due delivery; then stop.

    Each feed is visited whatever its schedule, since the caller's own schedule is what counts here, unless its server
    asked us to stay away. A topic told at once does not wait for its settle time. Raises StorageError when the database
    took no part of the round, or not all of it.
    """
    return asyncio.run(_run_once(app))


async def _run_once(app: App) -> OnceResult:
    app.check_room()
    try:
        return await _do_cycle(app)
    finally:
        await app.poller.drain(DRAIN_S)  # leases go back whatever happened
        await app.pages.drain(DRAIN_S)
        await app.close_network()


async def _do_cycle(app: App) -> OnceResult:
    await in_pool(app.database_pool, lambda: _store_handed(app))
    await app.poller.run_round()
    if app.poller.refusal is not None:
        raise app.poller.refusal  # part of the round is in no row: not a success, and the next run reads it again
    await app.pages.run_round(PAGES_S)
    if app.asks_meaning:
        await _read_meanings(app)
    closed = close_due(app.store, app.in_force.digest, app.clock.now(), settled=True)
    with app.store.read() as tx:
        due = tx.outbox.channels_due(app.clock.now())
    force = app.in_force
    waiting = [in_pool(app.sender_pool, _sending(app, name)) for name in due if name in force.channels]
    await asyncio.gather(*waiting)
    # What it tells goes out with the next cycle, or with the daemon.
    look_after_needs(app.store, force.peers, app.clock.now())
    return OnceResult(closed)


def _store_handed(app: App) -> None:
    """What workers left behind, whose feeds are visited by nobody before it is stored."""
    while (visits := ingest_handed(app.store, app.in_force.ingest, app.clock)) is not None:
        for visit in visits:
            app.note_visit(visit)


async def _read_meanings(app: App) -> None:
    """A model that cannot be asked is said and costs no digest: what the words found is there."""
    try:
        await in_pool(app.meaning_pool, lambda: app.meanings.run_round(MEANINGS_S))
    except StorageError:
        raise
    except MonitorError as error:
        log.error("meanings.refused", hint=str(error))


def _sending(app: App, name: ChannelName) -> Callable[[], list[Sent]]:
    force = app.in_force
    rules = force.rules.get(name, SendRules())
    return lambda: app.sender.deliver_due(force.channels[name], rules, pause=time.sleep)
