"""An article's way as one object, for `monitor explain --json`; all times in UTC.

Effects: none.
"""

from collections.abc import Callable

from monitor.model import Delivery, Match, NoMatch
from monitor.storage.articles import StoredArticle
from monitor.storage.digests import HeldRecord
from monitor.storage.health import PollVisit
from monitor.storage.matches import StoredMatch
from monitor.storage.outbox import StoredDelivery
from monitor.storage.pages import StoredPage
from monitor.storage.sightings import Sighting
from monitor.topics.explain import explain
from monitor.trail import Trail
from monitor.views.corrected import change_record, telling_record
from monitor.views.look_words import look_record
from monitor.views.records import evidence_record, format_time


def trail_record(trail: Trail, link: Callable[[Delivery], str | None]) -> dict[str, object]:
    """Everything known of an article, in the order of its way."""
    stored, article = trail.stored, trail.stored.article
    return {
        "article": article.id,
        "title": article.title,
        "url": article.url,
        "outlet": article.outlet,
        "published": format_time(article.published_at),
        "feed": trail.feed.feed.name if trail.feed else article.feed,
        "first_seen": format_time(article.seen_at),
        "standing": stored.standing,
        "revision": stored.revision,
        "known_by": [kind.name.lower() for kind in trail.names],
        "seen_again": list(map(_sighting_record, trail.sightings)),
        "elsewhere": list(map(_elsewhere_record, trail.elsewhere)),
        "page": _page_record(trail.page) if trail.page is not None else None,
        "visits": list(map(visit_record, trail.visits)),
        "story": {
            "id": stored.story_id,
            "relation": stored.relation.value,
            "of": stored.copy_of,
            "evidence": stored.evidence,
            "articles": trail.story.article_count if trail.story else 1,
            "changes": list(map(change_record, trail.changes)),
        },
        "topics": [_topic_record(verdict, trail) for verdict in trail.verdicts],
        "matches": [_match_record(match) for match in trail.matches],
        "near_misses": [
            {"topic": miss.topic, "score": miss.score, "reason": miss.reason, "at": format_time(miss.at)}
            for miss in trail.near
        ],
        "marks": [
            {"topic": m.topic, "mark": m.verdict.value, "at": format_time(m.at), "by": m.by or None}
            for m in trail.marks
        ],
        "told": [telling_record(telling) for telling in trail.tellings],
        "held_back": list(map(_held_record, trail.held)),
        "waited": [
            {"channel": wait.channel, "key": wait.story_id, "gate": wait.gate, "reason": wait.reason}
            for wait in trail.waits
        ],
        "second_looks": look_record(trail.look) if trail.look is not None else None,
        "deliveries": [_delivery_record(item, link) for item in trail.deliveries],
    }


def visit_record(visit: PollVisit) -> dict[str, object]:
    """One recorded visit to a feed."""
    return {
        "at": format_time(visit.polled_at),
        "outcome": visit.outcome,
        "entries": visit.entries,
        "new": visit.new,
        "error": visit.error or None,
        "note": visit.note or None,
    }


def _sighting_record(seen: Sighting) -> dict[str, object]:
    return {
        "feed": seen.feed,
        "by": seen.kind.name.lower(),
        "from": format_time(seen.first_at),
        "to": format_time(seen.last_at),
    }


def _elsewhere_record(other: StoredArticle) -> dict[str, object]:
    return {
        "article": other.article.id,
        "feed": other.article.feed,
        "outlet": other.article.outlet,
        "url": other.article.url,
        "relation": other.relation.value,
        "first_seen": format_time(other.article.seen_at),
    }


def _delivery_record(item: StoredDelivery, link: Callable[[Delivery], str | None]) -> dict[str, object]:
    delivery = item.delivery
    return {
        "id": delivery.id,
        "digest": delivery.digest_id,
        "channel": delivery.channel,
        "kind": delivery.kind.value,
        "part": delivery.part,
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "receipt": delivery.receipt,
        "link": link(delivery),
        "reason": delivery.reason or None,
        "error": delivery.error or None,
        "next_attempt_at": format_time(delivery.next_attempt_at) if item.settled_at is None else None,
        "settled_at": format_time(item.settled_at),
    }


def _held_record(held: HeldRecord) -> dict[str, object]:
    return {
        "channel": held.channel,
        "key": held.story_id,
        "digest": held.digest.id,
        "topic": held.digest.topic,
        "at": format_time(held.digest.closed_at),
        "reason": held.reason,
    }


def _page_record(page: StoredPage) -> dict[str, object]:
    return {
        "state": page.state.value,
        "characters": len(page.text),
        "road": page.road.value if page.road is not None else None,
        "reason": page.reason or None,
        "at": format_time(page.at),
    }


def _topic_record(verdict: Match | NoMatch, trail: Trail) -> dict[str, object]:
    matched = any(match.match.topic == verdict.topic for match in trail.matches)
    reason = explain(verdict) if isinstance(verdict, Match) else verdict.reason
    return {
        "topic": verdict.topic,
        "matched_when_it_came": matched,
        "matches_now": isinstance(verdict, Match),
        "score": verdict.score,
        "reason": reason,
    }


def _match_record(match: StoredMatch) -> dict[str, object]:
    return {
        "topic": match.match.topic,
        "score": match.match.score,
        "evidence": list(map(evidence_record, match.match.evidence)),
        "learned": [{"word": word.concept, "points": word.points} for word in match.match.learned],
        "sentence": match.match.sentence,
        "matched_at": format_time(match.matched_at),
        "silent": match.silent,
        "digest": match.digest_id,
    }
