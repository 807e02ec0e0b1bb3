"""Write the outputs into docs/watchlist.md anew: `python -m tests.tutorial`."""

import tempfile
from pathlib import Path

from tests.tutorial.lesson import Lesson, read_page, write_page
from tests.tutorial.page import PAGE

with tempfile.TemporaryDirectory(prefix="monitor-lesson-") as folder:
    PAGE.write_text(write_page(Lesson(Path(folder)).go_through(read_page(PAGE.read_text("utf-8")))), "utf-8")
