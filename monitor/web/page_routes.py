"""The pages, each a module.

Effects: none.
"""

from fastapi import APIRouter

from monitor.web import (
    page_deliveries,
    page_overview,
    page_stories,
)

ROUTERS: tuple[APIRouter, ...] = (
    page_overview.router,
    page_deliveries.router,
    page_stories.router,
)
