"""Retention: texts go, what was seen and told stays known.

Works in small transactions, so that nobody waits for it.

Effects: database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.logs import get_log
from monitor.pipeline.notices import forget_notices
from monitor.storage.store import Store, Transaction

log = get_log()

PORTION = 1000
"""Articles removed in one transaction: a fraction of a second, in which others wait."""
ALIAS_DAYS = 400
"""Names of entries are kept this long after a feed last showed them: what comes back within a year is not news."""
PRINT_DAYS = 30
"""Texts are compared for a week; that two links lead to one page is noticed for as long as this."""
NEAR_DAYS = 30
"""Why an article nearly answered a topic is kept this long; what today's watchlist says of it can always be asked."""

EDIT_DAYS = 90
"""An edit that was noted and never came in force is forgotten after that."""
PAGE_HOURS = 24
"""A page whose turn did not come within a day is given up: its news is old, and the queue has an end."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days."""

    articles_days: int = 90
    polls_days: int = 14


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed."""

    articles: int
    visits: int
    payloads: int


def sweep(store: Store, retention: Retention, now: datetime) -> Swept:
    """Remove what is older than the retention says; identity and the sent log outlive the articles."""
    before = now - timedelta(days=retention.articles_days)
    polls_before = now - timedelta(days=retention.polls_days)
    prints_before, near_before = now - timedelta(days=PRINT_DAYS), now - timedelta(days=NEAR_DAYS)
    done = Swept(
        articles=_in_portions(store, lambda tx: _forget_articles(tx, before)),
        visits=_in_portions(store, lambda tx: tx.health.forget_visits(polls_before, limit=PORTION)),
        payloads=_in_portions(store, lambda tx: tx.outbox.forget(before, limit=PORTION)),
    )
    _in_portions(store, lambda tx: _forget_prints(tx, prints_before))
    _in_portions(store, lambda tx: tx.mutes.forget(before, limit=PORTION))
    _in_portions(store, lambda tx: tx.follows.forget(before, limit=PORTION))
    _in_portions(store, lambda tx: tx.waits.forget_held(before, limit=PORTION))
    _in_portions(store, lambda tx: tx.matches.forget_near(near_before, limit=PORTION))
    with store.write() as tx:
        tx.revisions.forget(now - timedelta(days=EDIT_DAYS))
        tx.pages.expire(now - timedelta(hours=PAGE_HOURS))
        tx.articles.forget_aliases(now - timedelta(days=ALIAS_DAYS))
    forget_notices(store, now)
    store.database.give_back_space()
    if done.articles or done.visits or done.payloads:
        log.info("archive.swept", articles=done.articles, visits=done.visits, payloads=done.payloads)
    return done


def _in_portions(store: Store, forget: Callable[[Transaction], int]) -> int:
    """Forget a portion per transaction until there is none left; returns how many rows went."""
    total = 0
    while True:
        with store.write() as tx:
            gone = forget(tx)
        total += gone
        if gone < PORTION:
            return total


def _forget_articles(tx: Transaction, before: datetime) -> int:
    ids = tx.articles.past(before, limit=PORTION)
    tx.words.forget(ids)  # reads their texts once more, so it comes first
    tx.articles.forget(ids)
    tx.sightings.forget(ids)
    tx.matches.forget(ids)
    tx.digests.forget(ids)
    tx.waits.forget(ids)
    tx.pages.forget(ids)
    tx.vectors.forget(ids)
    tx.second_looks.forget(ids)
    tx.prints.forget(ids)
    return len(ids)


def _forget_prints(tx: Transaction, before: datetime) -> int:
    ids = tx.prints.past(before, limit=PORTION)
    tx.prints.forget(ids)
    return len(ids)
