"""The parts of the API, in the order in which they are described.

Effects: none.
"""

from fastapi import APIRouter

from monitor.web import (
    api_deliveries,
    api_explain,
    api_feeds,
    api_overview,
    api_revisions,
    api_search,
    api_stories,
    api_topic_edits,
    api_topics,
    api_watchlist,
    api_workers,
)

ROUTERS: tuple[APIRouter, ...] = (
    api_overview.router,
    api_workers.router,
    api_deliveries.router,
    api_explain.router,
    api_feeds.router,
    api_stories.router,
    api_watchlist.router,
    api_revisions.router,
    api_topics.router,
    api_topic_edits.router,
    api_search.router,
)
