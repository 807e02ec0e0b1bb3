"""`monitor explain`: the whole way of one article; why and why not.

Effects: database, prints.
"""

import argparse
from collections.abc import Iterator
from functools import partial

from monitor.cli.corrected import change_record, change_words, part_words
from monitor.cli.keep_as import keep_article
from monitor.cli.lines import evidence_record, format_time, write_line
from monitor.cli.looks import look_record, look_words
from monitor.cli.opening import load_config, opened_store
from monitor.model import DeliveryState, Match, NoMatch, PageRoad, PageState
from monitor.pipeline.watched import watch
from monitor.storage.digests import SPLIT_REASON, HeldRecord, SentRecord
from monitor.storage.health import PollVisit
from monitor.storage.matches import StoredMatch
from monitor.storage.pages import StoredPage
from monitor.text import plural
from monitor.topics.explain import explain
from monitor.topics.vectors import load_installed
from monitor.trail import Trail, Unknown, find_trail

NAME = "explain"
SUMMARY = (
    "The whole way of one article: polled, stored, grouped, matched, told; why and why not. Exit 1 when it is unknown."
)
EXAMPLE = """monitor explain https://example.org/news/talks-resume
  monitor explain https://example.org/news/talks-resume --keep-as must_match hostage-negotiations"""

STANDINGS = {
    "new": "new: it may be told",
    "baseline": "part of the feed's first reading: kept, not told",
    "backlog": "part of a backlog the feed dumped: kept, not told",
    "quarantined": "the feed seemed to be another one: kept, not told",
    "renumbered": "came while the feed renumbered its entries: kept, not told",
}

ROADS = {
    PageRoad.JSON_LD: "JSON-LD",
    PageRoad.PARAGRAPHS: "its paragraphs",
    PageRoad.DESCRIPTION: "the page's description",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("article", metavar="URL|ID", help="address of an article, or its number")
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument(
        "--keep-as",
        nargs=2,
        metavar=("must_match|must_not_match", "TOPIC"),
        help="write the article into the topic's examples, where the topic answers it so; else say what is missing",
    )


def run(args: argparse.Namespace) -> int:
    """Tell the article's way; 1 when it is not in the archive, with what can be said all the same."""
    loaded = load_config(args)
    with opened_store(loaded) as store:
        load = partial(load_installed, loaded.semantic_folder) if loaded.compiled.lexicon.asks_meaning else None
        found = find_trail(store, args.article.strip(), watch(store, loaded.compiled).watchlist, load)
        if args.keep_as is not None and isinstance(found, Trail):
            return keep_article(args.keep_as, loaded, store, found)
    if args.json:
        write_line(_unknown_record(found) if isinstance(found, Unknown) else _record(found))
    else:
        print("\n".join(_unknown_lines(found) if isinstance(found, Unknown) else _lines(found)))
    return 1 if isinstance(found, Unknown) else 0


# --- text -----------------------------------------------------------------------------------------------------------


def _lines(trail: Trail) -> Iterator[str]:
    article = trail.stored.article
    yield f"{article.title}"
    yield f"  {article.url or 'no address'}"
    yield f"  {article.outlet}, article {article.id}, published {format_time(article.published_at) or 'without a date'}"
    yield ""
    yield "Polled"
    name = trail.feed.feed.name if trail.feed else article.feed or "a feed that is gone"
    yield f"  by feed {name}, first seen {format_time(article.seen_at)}"
    for visit in trail.visits:
        words = f"{visit.outcome}, {visit.entries} entries, {visit.new} new" if not visit.error else visit.error
        yield f"  visit {format_time(visit.polled_at)}: {words}"
    yield "Stored"
    yield f"  {STANDINGS.get(trail.stored.standing, trail.stored.standing)}"
    if trail.stored.revision:
        yield f"  the feed changed it {trail.stored.revision} times since; that is never news"
    if trail.page is not None:
        yield f"  full text: {_page_words(trail.page)}"
    yield "Story"
    yield from _story_lines(trail)
    yield "Topics"
    yield from _topic_lines(trail)
    for mark in trail.marks:
        by = f" by {mark.by}" if mark.by else ""
        note = f": {mark.note}" if mark.note else ""
        yield f"  {mark.topic}: marked {mark.verdict.value} {format_time(mark.at)}{by}{note}"
    yield "Told"
    yield from _told_lines(trail)
    if trail.look is not None:
        yield f"  {look_words(trail.look)}"


def _page_words(page: StoredPage) -> str:
    if page.state is PageState.GOT:
        road = f" by {ROADS[page.road]}" if page.road is not None else ""
        return f"{len(page.text):,} characters{road}"
    if page.state is PageState.LEASED:
        return "its page is being read"
    if page.state is PageState.DUE:
        return f"its page is read {'again ' if page.attempts else ''}from {format_time(page.next_at)}" + (
            f", since {page.reason}" if page.reason else ""
        )
    return f"none. {page.reason}"


def _story_lines(trail: Trail) -> Iterator[str]:
    count = trail.story.article_count if trail.story else 1
    yield from _relation_lines(trail, count)
    for change in trail.changes:
        yield f"  by hand: {change_words(change)}"


def _relation_lines(trail: Trail, count: int) -> Iterator[str]:
    stored = trail.stored
    if stored.relation.value == "new" and int(stored.story_id) != int(stored.article.id):
        yield f"  opened a story of its own; it stands in story {stored.story_id} ({count} articles) now"
        return
    if stored.relation.value == "new":
        yield f"  opened story {stored.story_id}, which has {plural(count, 'article')} now"
        return
    original = (
        f'"{trail.original.article.title}" ({trail.original.article.outlet})' if trail.original else "an older article"
    )
    yield f"  {stored.relation.value} in story {stored.story_id} ({count} articles), of {original}"
    if stored.evidence:
        yield f"  because: {stored.evidence}"


def _topic_lines(trail: Trail) -> Iterator[str]:
    recorded = {match.match.topic: match for match in trail.matches}
    near = {miss.topic: miss for miss in trail.near}
    for topic, match in recorded.items():
        yield f"  {topic}: matched when it came, score {match.match.score}. {explain(match.match)}"
        yield f"    {_fate(match, trail)}"
    for verdict in trail.verdicts:
        if verdict.topic in recorded:
            if isinstance(verdict, NoMatch):
                yield f"    by today's watchlist it would not match: {verdict.reason}"
            continue
        if isinstance(verdict, Match):
            yield f"  {verdict.topic}: would match by today's watchlist, but not when it came. {explain(verdict)}"
            if verdict.topic in near:
                yield f"    when it came: {near[verdict.topic].reason}"
        elif verdict.topic in near:
            yield f"  {verdict.topic}: nearly. {near[verdict.topic].reason}"
        else:
            yield f"  {verdict.topic}: no. {verdict.reason}"


def _fate(match: StoredMatch, trail: Trail) -> str:
    if match.silent:
        return "not told: it was no news when it came (see Stored)"
    if match.digest_id is None:
        state = next((state for state in trail.topics if state.key == match.match.topic), None)
        due = format_time(state.next_due_at) if state and state.next_due_at else "its next digest"
        return f"waits for {due}"
    digest = next((digest for digest in trail.digests if digest.id == match.digest_id), None)
    if digest is None:
        return f"taken by digest {match.digest_id}"
    return (
        f"taken by digest {digest.id} ({digest.kind.value}, slot {digest.slot}, closed {format_time(digest.closed_at)})"
    )


def _told_lines(trail: Trail) -> Iterator[str]:
    if not trail.tellings and not trail.held:
        yield "  its story was told to no channel"
    for telling in trail.tellings:
        is_update = telling.reason.startswith("update")  # a merge by hand numbers first tellings on
        words = f"told again as update {telling.telling}" if is_update else "told"
        if telling.reason.startswith(SPLIT_REASON):
            words = "counts as told since"
        elif not _is_delivered(telling, trail):
            words = "not delivered yet, though put in line"
        when = format_time(telling.told_at)
        part = part_words(telling.story_id, trail.stored.story_id)
        yield f"  {telling.channel}: {words} {when} in digest {telling.digest_id}{part}: {telling.reason}"
    for held in trail.held:
        when = format_time(held.digest.closed_at)
        part = part_words(held.story_id, trail.stored.story_id)
        yield f"  {held.channel}: not told in digest {held.digest.id} ({when}){part}: {held.reason}"
    for item in trail.deliveries:
        delivery = item.delivery
        proof = f", {delivery.receipt}" if delivery.receipt else ""
        trouble = f": {delivery.error}" if delivery.error else ""
        yield f"  delivery {delivery.id} to {delivery.channel}: {delivery.state.value}{proof}{trouble}"


def _is_delivered(telling: SentRecord, trail: Trail) -> bool:
    """Whether a part of the digest that tells it was taken by the channel."""
    return any(
        item.delivery.digest_id == telling.digest_id
        and item.delivery.channel == telling.channel
        and item.delivery.state is DeliveryState.SENT
        for item in trail.deliveries
    )


def _unknown_lines(found: Unknown) -> Iterator[str]:
    if found.swept:
        yield f"{found.wanted} was stored once; its text is past the retention and was removed."
        yield "  It will not be news again."
        return
    yield f"{found.wanted} is not in the archive."
    if not found.host:
        yield "  Give the article's address, or its number from a digest or from --json output."
    elif not found.feeds:
        yield f"  No feed of {found.host} is configured. Add one: monitor feeds add URL"
    for feed in found.feeds:
        last = format_time(feed.feed.state.last_ok_at) or "never"
        yield f"  Feed {feed.feed.name} should have it: last read {last}, next {format_time(feed.next_poll_at)}."
        if feed.error:
            yield f"    It fails: {feed.error}"
        if feed.lost_windows:
            yield (
                f"    It rolled over between two polls {plural(feed.lost_windows, 'time', 'times')}: "
                f"about {feed.lost_entries} entries may have been missed."
            )
        if feed.feed.state.quarantine:
            yield f"    It is held: {feed.feed.state.quarantine}."


# --- JSON -----------------------------------------------------------------------------------------------------------


def _record(trail: Trail) -> dict[str, object]:
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
        "page": _page_record(trail.page) if trail.page is not None else None,
        "visits": list(map(_visit_record, trail.visits)),
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
        "marks": [
            {"topic": m.topic, "mark": m.verdict.value, "at": format_time(m.at), "by": m.by or None}
            for m in trail.marks
        ],
        "told": [
            {
                "channel": t.channel,
                "key": t.story_id,
                "telling": t.telling,
                "at": format_time(t.told_at),
                "digest": t.digest_id,
                "reason": t.reason,
            }
            for t in trail.tellings
        ],
        "held_back": list(map(_held_record, trail.held)),
        "second_looks": look_record(trail.look) if trail.look is not None else None,
        "deliveries": [
            {
                "id": d.delivery.id,
                "channel": d.delivery.channel,
                "state": d.delivery.state.value,
                "receipt": d.delivery.receipt,
                "error": d.delivery.error or None,
            }
            for d in trail.deliveries
        ],
    }


def _held_record(held: HeldRecord) -> dict[str, object]:
    return {
        "channel": held.channel,
        "key": held.story_id,
        "digest": held.digest.id,
        "at": format_time(held.digest.closed_at),
        "reason": held.reason,
    }


def _visit_record(visit: PollVisit) -> dict[str, object]:
    return {
        "at": format_time(visit.polled_at),
        "outcome": visit.outcome,
        "entries": visit.entries,
        "new": visit.new,
        "error": visit.error or None,
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


def _unknown_record(found: Unknown) -> dict[str, object]:
    return {
        "article": None,
        "wanted": found.wanted,
        "swept": found.swept,
        "feeds": [
            {
                "feed": feed.feed.name,
                "last_read": format_time(feed.feed.state.last_ok_at),
                "next_poll_at": format_time(feed.next_poll_at),
                "error": feed.error or None,
                "lost_windows": feed.lost_windows,
                "lost_entries": feed.lost_entries,
                "held": feed.feed.state.quarantine or None,
            }
            for feed in found.feeds
        ],
    }
