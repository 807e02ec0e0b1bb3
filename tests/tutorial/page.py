"""Which page it is."""

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "watchlist.md"
