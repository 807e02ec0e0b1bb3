"""A small digest of news that never was, for trying a channel without telling anybody anything.

Effects: none.
"""

from datetime import UTC, datetime, timedelta

from monitor.model import Article, ArticleId, Digest, DigestKind, DigestStory, Mark, StoryId, TopicKey, Volume

_AT = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)


def sample_digest() -> Digest:
    """The same at every call: two stories, one more that overflows, what is usual."""
    return Digest(
        topic=TopicKey("sample"),
        topic_name="Sample",
        slot="2026-03-14T08:00 Europe/Berlin",
        kind=DigestKind.SCHEDULED,
        timezone="Europe/Berlin",
        window_start=_AT - timedelta(hours=1),
        window_end=_AT,
        stories=(_story(1, "Ferry service to Port Amber resumes", Mark.UPDATE), _story(2, "Harbour bridge to reopen")),
        overflow=(_story(3, "Lighthouse museum extends its hours"),),
        feed_count=3,
        next_at=_AT + timedelta(days=1),
        volume=Volume(count=3, usual=2, buckets=(1, 2, 2, 1, 2, 3, 2, 3)),
    )


def _story(number: int, title: str, *marks: Mark) -> DigestStory:
    url = f"https://news.example/{number}"
    return DigestStory(
        story_id=StoryId(number),
        lead=Article(ArticleId(number), title, "", url=url, source="Harbour Post", published_at=_AT),
        marks=marks,
        publisher_count=3,
        independent_count=2,
        article_count=4,
        snippet="This is a sample: nothing of it happened.",
        highlights=((10, 16),),
        title_highlights=((0, title.index(" ")),),
        why=("sample",),
        others=(("Delta Echo", "https://delta.example/"),),
        others_more=1,
        score=80,
    )
