"""docs/slack.md and the app's manifest say what the program asks of Slack, and show what there is."""

import re
import struct
from pathlib import Path

from monitor.channels.watch_words import HELP, VERBS, read_words

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "slack.md").read_text()
MANIFEST = (DOCS / "slack-app-manifest.yaml").read_text()


def test_the_manifest_asks_for_what_is_used() -> None:
    """Every scope with its reason, the command, buttons, and the socket; no more."""
    scopes = re.findall(r"^      - (\S+) # .+$", MANIFEST, re.MULTILINE)
    assert scopes == ["chat:write", "commands", "channels:history", "groups:history", "channels:read", "groups:read"]
    for line in (
        "    - command: /watch",
        "      should_escape: false",
        "  interactivity:\n    is_enabled: true",
        "  org_deploy_enabled: false",
        "  socket_mode_enabled: true",
        "  token_rotation_enabled: false",
    ):
        assert f"\n{line}\n" in MANIFEST
    hint = re.search(r"usage_hint: (.+)", MANIFEST)
    assert hint is not None
    assert {part.split()[0] for part in hint[1].split(" | ")} == set(VERBS)


def test_the_page_has_ten_lines_and_every_word() -> None:
    """Steps one to ten, and a row for each command, as the help gives them."""
    assert re.findall(r"^(\d+)\. ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 11)]
    rows = re.findall(r"^\| `/watch (.+?)` \|", PAGE, re.MULTILINE)
    assert {read_words(row.replace("\\|", "|")).verb for row in rows} == set(VERBS)
    assert {read_words(line.text.removeprefix("/watch ")).verb for line in HELP.lines} == set(VERBS) - {"help"}


def test_the_pictures_are_there() -> None:
    """Each that the page shows, and of a size that can be read."""
    shown = re.findall(r"!\[[^\]]+\]\((pictures/[\w-]+\.png)\)", PAGE)
    assert len(shown) == 3
    for name in shown:
        body = (DOCS / name).read_bytes()
        assert body.startswith(b"\x89PNG")
        assert len(body) < 200_000
        width, height = struct.unpack(">II", body[16:24])
        assert width >= 600
        assert height >= 200
    assert {f"pictures/{path.name}" for path in (DOCS / "pictures").glob("slack-*.png")} >= set(shown)
