"""Who may open the page, as it is written down: every fault with its line, and no token in any of them."""

from pathlib import Path

import pytest

from tests.config.folder import write_folder
from tests.config.test_load import faults_of

GOOD = "0123456789abcdef-good"
DESK = '[web.tokens.desk]\ntoken_env = "T"\n'


@pytest.mark.parametrize(
    ("monitor", "token", "line", "expected"),
    [
        (DESK, "hunter2", 1, "$T holds is too short or too long for a token"),
        (DESK, "abababababababababababab", 1, "is easily guessed"),
        (DESK, "two words of a sentence here", 1, "cannot be sent in a header"),
        (DESK + '[web.tokens.wall]\ntoken_env = "T"\n', GOOD, 3, "is also that of 'desk'"),
        ("[web.tokens.desk]\n", GOOD, 1, "token_env is missing"),
        (f'[web.tokens]\ndesk = "{GOOD}"\n', GOOD, 2, "a token does not stand in this file"),
        (f'[web.tokens.desk]\ntoken = "{GOOD}"\n', GOOD, 2, "a token does not stand in this file"),
        (DESK + 'role = "admin"\n', GOOD, 3, "It is one of"),
        ("[web.proxy]\n", GOOD, 1, "`from` is missing"),
        ('[web.proxy]\nfrom = ["all"]\n', GOOD, 2, "Write an address or a network"),
        ('[web.proxy]\nfrom = ["10.0.0.1"]\nrole = "edit"\neditors = ["a"]\n', GOOD, 4, "stands beside role"),
    ],
)
def test_faults_of_access(tmp_path: Path, monitor: str, token: str, line: int, expected: str) -> None:
    """One fault, in words, which repeats no token."""
    found = "\n".join(faults_of(write_folder(tmp_path / "config", monitor=monitor), {"T": token}))
    assert f"monitor.toml:{line}: " in found
    assert expected in found
    assert token not in found
