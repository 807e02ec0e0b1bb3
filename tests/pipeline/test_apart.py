"""Feeds that a person keeps apart: no story ever holds articles of both, in whatever order and batches they come."""

import pytest
from msgspec.structs import replace

from monitor.model import FeedSpec
from monitor.pipeline.ingest import IngestContext
from monitor.storage.store import Store
from monitor.stories.apart import keep_apart
from tests.pipeline.given import a_context, a_visit, a_wire_copy, articles_of, claim_feeds, ingest


def a_context_apart(**never: list[str]) -> IngestContext:
    """Outlets 0, 1 and 2, of which some are never merged with others."""
    specs = [
        FeedSpec(f"Outlet {n}", f"https://outlet{n}.example/rss", never_merge=tuple(never.get(f"of_{n}", ())))
        for n in range(3)
    ]
    return replace(a_context([]), apart=keep_apart(specs))


def stories_of(store: Store, context: IngestContext, order: tuple[int, ...], *, at_once: bool) -> list[int]:
    """The story of each outlet's print of one text, numbered as they began."""
    feeds = claim_feeds(store, 3)
    visits = [a_visit(feeds[outlet], [a_wire_copy(outlet)]) for outlet in order]
    for batch in [visits] if at_once else [[visit] for visit in visits]:
        ingest(store, batch, context)
    found = {stored.article.feed: stored.story_id for stored in articles_of(store)}
    begun = sorted(set(found.values()))
    return [begun.index(found[f"Outlet {n}"]) for n in range(3)]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_text_two_feeds_print_is_two_stories(store: Store, at_once: bool) -> None:
    """The third outlet's print joins the older; what one of the two says holds for both."""
    context = a_context_apart(of_1=["Outlet 0"])
    assert stories_of(store, context, (0, 1, 2), at_once=at_once) == [0, 1, 0]
    why = next(stored.evidence for stored in articles_of(store) if stored.article.feed == "Outlet 1")
    assert "of the text the same" in why
    assert why.endswith("but never_merge keeps their feeds apart")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_third_feed_makes_no_bridge(store: Store, at_once: bool) -> None:
    """An article never joins a story that holds one it is kept from, though it is like another in it."""
    context = a_context_apart(of_0=["Outlet 1"])
    assert stories_of(store, context, (0, 2, 1), at_once=at_once) == [0, 1, 0]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_feed_kept_from_all_others_stands_alone(store: Store, at_once: bool) -> None:
    """The others are one story without it."""
    context = a_context_apart(of_1=["*"])
    assert stories_of(store, context, (1, 0, 2), at_once=at_once) == [1, 0, 1]


def test_without_the_key_they_are_one(store: Store) -> None:
    """The same prints."""
    assert stories_of(store, a_context_apart(), (0, 1, 2), at_once=True) == [0, 0, 0]
