"""The pages, each a module.

Effects: none.
"""

from fastapi import APIRouter

from monitor.web import (
    page_deliveries,
    page_explain,
    page_feed_add,
    page_feeds,
    page_overview,
    page_preview,
    page_revisions,
    page_search,
    page_stories,
    page_topic_edits,
    page_topic_form,
    page_topics,
    page_watchlist,
)

ROUTERS: tuple[APIRouter, ...] = (
    page_overview.router,
    page_deliveries.router,
    page_explain.router,
    page_feed_add.router,
    page_feeds.router,
    page_preview.router,
    page_revisions.router,
    page_search.router,
    page_stories.router,
    page_topic_edits.router,
    page_topic_form.router,
    page_topics.router,
    page_watchlist.router,
)
