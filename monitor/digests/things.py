"""What counts as one thing to tell, and how many publishers and independent texts it has.

This is the one place where a topic's `dedup` is read. The ids of articles, texts and stories come from one counter, so
that the id by which a thing is remembered says without doubt which one it is.

Effects: none.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from monitor.digests.burst import origins_of
from monitor.model import (
    Article,
    ArticleId,
    CountedArticle,
    Dedup,
    Relation,
    StoryCandidate,
    StoryId,
    StoryMember,
)
from monitor.stories.publisher import publisher_key


class Counts(NamedTuple):
    """How much there is of a thing."""

    articles: int
    publishers: int
    independent: int
    """Distinct origins among its texts."""


def key_of_article(dedup: Dedup, article_id: ArticleId, text_id: ArticleId | None, story_id: StoryId | None) -> int:
    """The id of the thing that an article belongs to: its own, its text's or its story's.

    Where text or story are not known any more, 0, which is the id of nothing.
    """
    if dedup is Dedup.OFF:
        return article_id
    return (text_id if dedup is Dedup.STRICT else story_id) or 0


def things_of(story: StoryCandidate, dedup: Dedup) -> list[StoryCandidate]:
    """The things of a story that are told each by itself, in the order of their ids, with their own counts."""
    if dedup not in (Dedup.OFF, Dedup.STRICT):
        return [story]
    members: dict[int, list[StoryMember]] = defaultdict(list)
    for member in story.members:
        text_id = member.text_id or member.article.id
        members[key_of_article(dedup, member.article.id, text_id, story.story_id)].append(member)
    further: dict[int, list[CountedArticle]] = defaultdict(list)
    for counted in story.further if dedup is Dedup.STRICT else ():
        further[counted.text_id].append(counted)
    things = []
    for key in sorted(members):
        counts = counts_of([*map(count_member, members[key]), *further[key]])
        thing = replace(
            story,
            story_id=StoryId(key),
            members=tuple(members[key]),
            article_count=counts.articles,
            publisher_count=counts.publishers,
            independent_count=counts.independent,
            further=tuple(further[key]),
        )
        things.append(thing)
    return things


def counts_of(articles: Iterable[CountedArticle]) -> Counts:
    """Articles, publishers, and origins of the texts. A text of which only copies are known is still one text."""
    listed = list(articles)
    texts: dict[ArticleId, CountedArticle] = {}
    credits: dict[ArticleId, str] = {}
    for one in listed:
        known = texts.get(one.text_id)
        if known is None or (known.is_copy and not one.is_copy):
            texts[one.text_id] = one
        if one.origin:  # whoever of them names the agency names it for all prints of the text
            credits.setdefault(one.text_id, one.origin)
    own = [one for one in listed if not one.is_copy]
    own += [one for one in texts.values() if one.is_copy]
    origins = origins_of((credits.get(one.text_id, ""), one.publisher) for one in own)
    return Counts(len(listed), len({one.publisher for one in listed}), len(origins))


def count_member(member: StoryMember) -> CountedArticle:
    """As much of a member as the counts need."""
    return count_article(member.article, member.relation, member.text_id)


def count_article(article: Article, relation: Relation, text_id: ArticleId | None) -> CountedArticle:
    """As much of an article as the counts need."""
    return CountedArticle(text_id or article.id, publisher_key(article), article.origin, relation is Relation.COPY)
