"""Write the outputs into docs/watchlist.md anew: `python -m tests.tutorial`."""

import re
import tempfile
from pathlib import Path

from tests.tutorial.lesson import Lesson, read_page, write_page
from tests.tutorial.page import PAGE

with tempfile.TemporaryDirectory(prefix="monitor-lesson-") as folder:
    page = write_page(Lesson(Path(folder)).go_through(read_page(PAGE.read_text("utf-8"))))
    PAGE.write_text(re.sub(r"\bcli(:[\w.-]+)?(?=[,:) ]|$)", "cli:mira", page, flags=re.MULTILINE), "utf-8")
