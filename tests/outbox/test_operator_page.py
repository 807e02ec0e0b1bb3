"""docs/operator.md names every kind of message with its remedy, as the code has them."""

from pathlib import Path

from monitor.outbox.notices import KINDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "operator.md"


def test_every_message_stands_on_the_page_with_its_remedy() -> None:
    """A row each, in order, and no other."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{kind.name}` | {kind.what} | {kind.remedy} |" for kind in KINDS.values()]
