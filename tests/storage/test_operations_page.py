"""docs/operations.md says of every table how long its rows live, and of none that is not there."""

import re
from pathlib import Path

from monitor.pipeline.room import FREE_BYTES_LOW, FREE_BYTES_MIN
from monitor.pipeline.sweep import ALIAS_DAYS, DAYS_MIN, EDIT_DAYS, KNOWN_DAYS, NEAR_DAYS, PRINT_DAYS, Retention
from monitor.storage.columns import metadata

PAGE = Path(__file__).parent.parent.parent / "docs" / "operations.md"


def test_every_table_is_on_the_page_with_its_time() -> None:
    """A new table cannot be forgotten: it needs a bound, and a row here."""
    found = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(found) == sorted(metadata.tables)


def test_the_page_has_the_numbers_of_the_code() -> None:
    """The days it names are those that are kept."""
    text = PAGE.read_text(encoding="utf-8")
    assert (KNOWN_DAYS, ALIAS_DAYS, NEAR_DAYS, PRINT_DAYS, EDIT_DAYS, DAYS_MIN) == (400, 400, 30, 30, 90, 8)
    assert f"at least {KNOWN_DAYS} days" in text
    assert f"never less than {DAYS_MIN} days" in text
    assert (FREE_BYTES_LOW, FREE_BYTES_MIN) == (10**9, 2 * 10**8)
    assert Retention(articles_days=1000).known_days == 1001
