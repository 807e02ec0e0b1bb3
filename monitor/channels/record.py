"""A digest as one JSON object: the webhook's body, and `monitor preview --as json`.

Every text in it is clean, every address is http or https or empty, and the offsets in `highlights` count characters of
the `snippet` beside them. The keys are a promise to those who read them: they are added to, never renamed.

Effects: none.
"""

from datetime import UTC, datetime
from typing import Any

from monitor.channels.wording import (
    below_line,
    clean_title,
    folded_lines,
    headline_lines,
    link_of,
    mark_words,
    name_of,
    other_outlets,
    snippet_pieces,
    title_of,
    topic_name,
    why_terms,
)
from monitor.model import Article, Digest, DigestStory, Note
from monitor.text import plain_line


def note_record(note: Note) -> dict[str, Any]:
    """A note with plain values only, in a fixed order."""
    return {
        "note": note.kind.value,
        "topic": note.topic,
        "topic_name": name_of(note.topic_name),
        "at": note.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "head": plain_line(note.head),
        "lines": [
            {"title": clean_title(one.title), "url": link_of(one.url), "after": plain_line(one.after)}
            for one in note.lines
        ],
        "more": note.more,
        "remedy": plain_line(note.remedy),
    }


def digest_record(digest: Digest) -> dict[str, Any]:
    """The digest with plain values only, in a fixed order; the same digest gives an equal record."""
    return {
        "topic": digest.topic,
        "topic_name": topic_name(digest),
        "slot": digest.slot,
        "kind": digest.kind.value,
        "timezone": digest.timezone,
        "window_start": _iso(digest.window_start),
        "window_end": _iso(digest.window_end),
        "next_at": _iso(digest.next_at),
        "story_count": digest.story_count,
        "article_count": digest.article_count,
        "feed_count": digest.feed_count,
        "stories": [_story_record(story) for story in digest.stories],
        "overflow": [_story_record(story) for story in digest.overflow],
        "follow_ups": [
            {"story": one.story_id, "told": clean_title(one.told_title), **_article_record(one.article)}
            for one in digest.follow_ups
        ],
        "follow_ups_more": digest.follow_ups_more,
        "folded": [
            {**_article_record(one.article), "because": line.after}
            for one, line in zip(digest.folded, folded_lines(digest), strict=True)
        ],
        "folded_more": digest.folded_more,
        "volume": None
        if digest.volume is None
        else {
            "articles": digest.volume.count,
            "usual": digest.volume.usual,
            "windows": list(digest.volume.buckets),
            "burst": digest.volume.is_burst,
        },
        "gathered_since": _iso(digest.gathered_since),
        "below": None
        if digest.below is None
        else {
            "stories": digest.below.count,
            "bar": digest.below.bar,
            "at_most": str(digest.below.budget),
            "words": below_line(digest),
        },
        "failing_feeds": [
            {"name": name_of(trouble.name), "reason": name_of(trouble.reason), "since": _iso(trouble.since)}
            for trouble in digest.failing
        ],
        "feed_troubles": [
            {
                "name": name_of(trouble.name),
                "kind": trouble.kind.value,
                "reason": name_of(trouble.reason),
                "since": _iso(trouble.since),
                "entries": trouble.count,
            }
            for trouble in digest.troubles
        ],
    }


def _story_record(story: DigestStory) -> dict[str, Any]:
    pieces = snippet_pieces(story)
    return {
        "story": story.story_id,
        "title": title_of(story),
        "url": link_of(story.lead.url),
        "outlet": name_of(story.lead.outlet),
        "published": _iso(story.lead.published_at),
        "marks": mark_words(story.marks).lower().split(),
        "publishers": story.publisher_count,
        "independent": story.independent_count,
        "articles": story.article_count,
        "snippet": "".join(piece for piece, _ in pieces),
        "highlights": _offsets(pieces),
        "why": why_terms(story),
        "also_topics": [name for name in map(name_of, story.also_topics) if name],
        "others": [{"outlet": outlet, "url": url} for outlet, url in other_outlets(story)],
        "others_more": story.others_more,
        "score": story.score,
        "headlines": [{"title": line.title, "outlet": line.after, "url": line.url} for line in headline_lines(story)],
    }


def _article_record(article: Article) -> dict[str, Any]:
    return {"title": clean_title(article.title), "outlet": name_of(article.outlet), "url": link_of(article.url)}


def _offsets(pieces: list[tuple[str, bool]]) -> list[list[int]]:
    offsets = []
    at = 0
    for piece, marked in pieces:
        if marked:
            offsets.append([at, at + len(piece)])
        at += len(piece)
    return offsets


def _iso(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if when else None
