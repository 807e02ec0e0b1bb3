"""Links to Slack messages: right, or none."""

import pytest

from monitor.channels.slack_link import message_link


def test_a_link_is_made_of_workspace_channel_and_time() -> None:
    """As Slack writes it itself."""
    link = message_link("example.slack.com", "C0123456789", "1773482400.000100")
    assert link == "https://example.slack.com/archives/C0123456789/p1773482400000100"


@pytest.mark.parametrize(
    ("workspace", "ts"),
    [(None, "1773482400.000100"), ("", "1773482400.000100"), ("example.slack.com", None)]
    + [("example.slack.com", ts) for ts in ("written", "200", "1773482400.0001", "1773482400.000100/../x")],
)
def test_what_is_not_known_gives_no_link(workspace: str | None, ts: str | None) -> None:
    """A dead link is worse than none."""
    assert message_link(workspace, "C0123456789", ts) is None
