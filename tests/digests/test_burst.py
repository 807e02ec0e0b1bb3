"""When a story is breaking."""

import pytest

from monitor.digests.burst import find_breaking
from monitor.model import Article, ArticleId, Relation, StoryMember
from monitor.stories.publisher import publisher_key
from tests.digests.given import NOW, a_member, a_story


def own_texts(count: int, minutes_ago: float = 10) -> list[StoryMember]:
    """Texts of `count` different publishers."""
    return [a_member(number, minutes_ago=minutes_ago) for number in range(1, count + 1)]


def is_breaking(*members: StoryMember) -> bool:
    """Whether a story of these members is found."""
    return bool(find_breaking([a_story(1, *members)], now=NOW))


def test_four_independent_publishers_at_once_are_breaking() -> None:
    """Four newsrooms within half an hour is what a person wants to be woken for; three is not yet."""
    assert is_breaking(*own_texts(4))
    assert not is_breaking(*own_texts(3))


def test_twenty_copies_of_one_text_are_not_breaking() -> None:
    """Syndication says nothing about how big the news is."""
    copies = [a_member(number, relation=Relation.COPY) for number in range(2, 22)]
    assert not is_breaking(a_member(1, relation=Relation.NEW), *copies)


def test_one_publisher_with_many_articles_counts_once() -> None:
    """A live page that is told in five pieces is one newsroom."""
    assert not is_breaking(*(a_member(number, publisher="wire") for number in range(1, 6)))


@pytest.mark.parametrize(("minutes_ago", "expected"), [(29, True), (30, False), (31, False)])
def test_only_the_last_half_hour_counts(minutes_ago: float, expected: bool) -> None:
    """Four publishers over a whole day are a story, not an alarm."""
    assert is_breaking(*own_texts(3), a_member(4, minutes_ago=minutes_ago)) is expected


def test_what_was_published_long_before_it_was_seen_does_not_count() -> None:
    """After an outage everything is seen at once; that alone must not wake anybody."""
    late = [a_member(number, published_hours_before=30) for number in range(1, 6)]
    assert not is_breaking(*late)
    assert is_breaking(*(a_member(number, published_hours_before=None) for number in range(1, 6)))


def test_the_first_reading_of_a_feed_is_never_breaking() -> None:
    """Adding feeds shows old news, not big news, even when one fresh article joins it."""
    assert not is_breaking(a_member(9), *(a_member(number, silent=True) for number in range(1, 6)))


def test_a_story_must_answer_the_topic_to_be_breaking_for_it() -> None:
    """Other people's big news is not this topic's."""
    unmatched = [a_member(number, answers=False) for number in range(2, 6)]
    assert not is_breaking(*unmatched)
    assert is_breaking(a_member(1), *unmatched)


def test_the_biggest_comes_first_whatever_the_order_of_the_candidates() -> None:
    """When several break at once the order is the same every time."""
    small, big = a_story(1, *own_texts(4)), a_story(2, *own_texts(6))
    equal = a_story(3, *own_texts(4))
    assert [story.story_id for story in find_breaking([equal, small, big], now=NOW)] == [2, 1, 3]


def test_an_aggregator_does_not_hide_its_outlets() -> None:
    """Links of an aggregator all lead to one host; there the outlet each entry names is the publisher."""

    def key(source: str, url: str) -> str:
        return publisher_key(Article(ArticleId(1), "t", "", url=url, feed="Some Feed", source=source))

    google = "https://news.google.com/rss/articles/"
    assert key("Gulf  Wire", f"{google}1") == key("gulf wire", f"{google}2") == "gulf wire"
    assert key("Gulf Wire", "https://gulfwire.example/1") == "gulfwire.example"
    assert key("", "https://www.gulfwire.example/1") == key("", "https://gulfwire.example/2")
    assert key("", "") == "some feed"
