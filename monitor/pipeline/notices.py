"""Keep what is remembered of needs true, and tell the operator what is due: each once, and once when it is over.

What is remembered and what is told of it are written in one transaction, so that a stop between any two lines tells
nothing twice and forgets nothing.

Effects: database.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from monitor.logs import get_log
from monitor.model import Need
from monitor.needs import FOUND, find_needs
from monitor.outbox.notices import choose_tellings, find_changes
from monitor.outbox.operator import Peers, settle_needs, tell_due
from monitor.shared_work import read_shared_work
from monitor.storage.notices import OPEN_MAX
from monitor.storage.store import Store

log = get_log()

KEPT_FOR = timedelta(days=30)
"""How long a notice is remembered after its end: far longer than what flaps is watched for."""


def look_after_needs(
    store: Store,
    peers: Peers,
    now: datetime,
    *,
    own: Sequence[Need] = (),
    own_kinds: Collection[str] = (),
    is_distributed: bool = False,
) -> int:
    """Find what needs a person now, remember it, and put in line what is to be told; returns how many messages.

    `own` is what only the caller can know, of its kinds `own_kinds`: one of these that is not among them is over.
    Nothing is written where nothing changed.
    """
    kinds = FOUND | frozenset(own_kinds)
    with store.read() as tx:
        work = read_shared_work(tx, now) if is_distributed else None
        found = find_needs(tx, tx.health.needing(), peers.channels, now, beat_at=now, work=work)
        needs = [*found, *own]
        notices = tx.notices.all()
    is_settled = not any(find_changes(needs, notices, kinds, open_max=OPEN_MAX))
    if is_settled and not any(True for _ in choose_tellings(notices, now)):
        return 0
    with store.write() as tx:
        settle_needs(tx, needs, kinds, now)
        told = tell_due(tx, peers, now)
    if told:
        log.info("operator.told", messages=told)
    return told
