"""The status page as HTML. Everything from a feed is escaped; the page runs no script and loads nothing.

Effects: reads its template.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.status import Status
from monitor.web.readers import Leaver


class Pages:
    """Renders pages from the templates beside this module."""

    def __init__(self) -> None:
        folder = Path(__file__).parent / "templates"
        self._templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)

    def render_status(self, status: Status, since: datetime, faults: Sequence[str]) -> str:
        """The status page; `since` is when the configuration in force was taken up, `faults` those of a bad edit."""
        return self._templates.get_template("status.html").render(status=status, since=since, faults=faults)

    def render_leave(self, leaver: Leaver | None) -> str:
        """The page behind a link to leave a list: one button, or that it is done; None is a link nobody knows."""
        return self._templates.get_template("leave.html").render(leaver=leaver)
