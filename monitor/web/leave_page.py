"""The page behind a link to leave a list.

Effects: reads its template.
"""

from functools import cache

from jinja2 import Template

from monitor.web.pages import read_templates
from monitor.web.readers import Leaver


def render_leave(leaver: Leaver | None) -> str:
    """One button, or that it is done; None is a link nobody knows."""
    return _template().render(leaver=leaver)


@cache
def _template() -> Template:
    return read_templates().get_template("leave.html")
