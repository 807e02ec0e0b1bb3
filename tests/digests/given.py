"""Articles, stories and topics for the tests of digests, each with only what matters spelled out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Evidence,
    Field,
    Level,
    Match,
    Relation,
    Schedule,
    Span,
    StoryCandidate,
    StoryId,
    StoryMember,
    Topic,
    TopicKey,
    Via,
)

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
KEY = TopicKey("talks")


def a_topic(on_empty: str = "skip") -> Topic:
    """A topic of Berlin's readers, told at eight."""
    schedule = Schedule(timezone="Europe/Berlin", text="daily 08:00")
    return Topic(
        key=KEY, name="Talks", schedule=schedule, channels=(ChannelName("desk"),), breaking=True, on_empty=on_empty
    )


def found_in(title: str, text: str, concepts: Mapping[str, str]) -> tuple[Evidence, ...]:
    """Evidence for every place where a concept's word stands."""
    evidence = []
    for concept, word in concepts.items():
        spans = [
            Span(field, found.start(), found.start() + len(word))
            for field, where in ((Field.TITLE, title), (Field.TEXT, text))
            for found in re.finditer(f"(?={re.escape(word)})", where)
        ]
        if spans:
            evidence.append(Evidence(concept, {word.lower(): len(spans)}, Via.EXACT, tuple(spans)))
    return tuple(evidence)


def a_member(
    number: int,
    *,
    title: str = "Mediators say talks resume",
    text: str = "The talks resume on Monday, two officials said.",
    publisher: str = "",
    minutes_ago: float = 10,
    relation: Relation = Relation.REPORT,
    silent: bool = False,
    answers: bool = True,
    weight: float = 1.0,
    published_hours_before: float | None = 0,
    origin: str = "",
    text_id: int | None = None,
    quiet: bool = False,
) -> StoryMember:
    """An article of a story, by a publisher of its own unless one is named."""
    publisher = publisher or f"outlet{number}"
    seen_at = NOW - timedelta(minutes=minutes_ago)
    published_at = None if published_hours_before is None else seen_at - timedelta(hours=published_hours_before)
    article = Article(
        id=ArticleId(number),
        title=title,
        text=text,
        url=f"https://{publisher}.example/{number}" if "." not in publisher else f"https://{publisher}/{number}",
        feed=publisher,
        published_at=published_at,
        seen_at=seen_at,
        weight=weight,
        origin=origin,
    )
    evidence = found_in(title, text, {"talks": "talks", "resume": "resume"})
    match = Match(KEY, article.id, 60, Level.BALANCED, evidence, title_hit="talks" in title) if answers else None
    first = None if text_id is None else ArticleId(text_id)
    return StoryMember(article, relation, match, silent, text_id=first, quiet=quiet)


def a_story(
    story_id: int, *members: StoryMember, independent: int | None = None, publishers: int | None = None
) -> StoryCandidate:
    """A story of the members, its publishers counted by their feeds unless given."""
    names = {member.article.feed for member in members}
    own = {member.article.feed for member in members if member.relation is not Relation.COPY}
    return StoryCandidate(
        story_id=StoryId(story_id),
        members=members,
        article_count=len(members),
        publisher_count=len(names) if publishers is None else publishers,
        independent_count=len(own) if independent is None else independent,
    )
