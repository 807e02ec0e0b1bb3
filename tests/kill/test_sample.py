"""A handful of the moments that `python -m tests.kill` goes through whole, in each way Slack can fail."""

from itertools import cycle
from pathlib import Path

import pytest

from tests.kill.trial import MODES, make_backlog, running_driver, try_kill

pytestmark = pytest.mark.slow
MOMENTS = (12, 20)
"""The claim is down and nothing is out; the answer is there and not written down. In turn."""


def test_nothing_is_lost_or_doubled_at_a_few_moments(tmp_path: Path) -> None:
    """Killed by SIGKILL, whatever Slack does: each message arrives once, in order; a blind sender doubles it."""
    template = tmp_path / "template.db"
    keys = make_backlog(template)
    with running_driver() as driver:
        came = {
            mode: try_kill(driver, template, keys, mode, at) for mode, at in zip(MODES, cycle(MOMENTS), strict=False)
        }
        blind = try_kill(driver, template, keys, "ok", 20, blind=True)

    assert {mode: one for mode, one in came.items() if one.lost or one.doubled or one.astray} == {}
    assert {mode for mode, one in came.items() if not one.at} == set()
    assert blind.doubled, "the test of the test: with the asking taken out the count must notice"
