"""What others say of our mails: SpamAssassin, html-validate and caniemail, where they are installed.

SpamAssassin is looked for on the PATH. The other two are npm packages: `MONITOR_NODE_MODULES` names the `node_modules`
folder that has them, or `html-validate` stands on the PATH beside them.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from monitor.channels.email_message import read_sender, render_html, render_mail
from monitor.channels.email_note import render_note_html, render_note_mails
from tests.channels.test_email_note import a_note
from tests.fakes.digests import a_hostile_digest, a_huge_digest, every_digest

SCORE_MAX = 1.0  # of 5, where mail begins to be spam
SENDER = read_sender("News monitor <monitor@example.org>", "test")
LEAVE = "https://news.example.org/unsubscribe/" + "t" * 43
LEFT_OUT = (2, 3)
"""Of every_digest: titles of every trick, and what is made so long that the HTML part cannot hold what the text does;
that alone is 2.8 points to SpamAssassin, of which 5 are spam."""
RUN_S = 120

HTML_RULES: dict[str, Any] = {
    "root": True,
    "extends": ["html-validate:recommended"],
    "rules": {
        "no-inline-style": "off",  # mail programs take no other
        "no-deprecated-attr": "off",  # Outlook lays out by them
        "prefer-tbody": "off",
    },
}
ALLOWED = {
    # Where these are not understood: light instead of dark colours, the preheader seen at the top, corners not round.
    "apple-mail.*": set[str](),
    "gmail.*": {"@media", "<style> element", "display:none"},
    "outlook.*": {
        "@media",
        "<style> element",
        "display:none",
        "overflow",
        "border-radius",
        "role attribute",
        "<body> element",
    },
}
CANIEMAIL = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const [library, clients, ...files] = process.argv.slice(2);
const { caniemail } = await import(pathToFileURL(library).href);
const found = {};
for (const name of clients.split(",")) {
  found[name] = new Set();
  for (const file of files) {
    const { issues } = caniemail({ clients: [name], html: readFileSync(file, "utf8") });
    for (const list of issues.errors.values()) for (const issue of list) found[name].add(issue.title);
  }
  found[name] = [...found[name]];
}
console.log(JSON.stringify(found));
"""


def node_package(name: str) -> tuple[str, Path]:
    """Node, and the folder of an npm package; a visible skip where either is missing."""
    node = shutil.which("node")
    folder = os.environ.get("MONITOR_NODE_MODULES", "")
    beside = shutil.which("html-validate")
    if not folder and beside:
        folder = str(Path(beside).resolve().parents[2])
    package = Path(folder) / name
    if node is None or not folder or not package.is_dir():
        pytest.skip(f"node and the npm package {name} are not at hand: see CONTRIBUTING.md")
    return node, package


def run(*command: str | Path, text: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a judge, bounded in time, with a home of its own."""
    env = {**os.environ, **({"HOME": str(home)} if home else {})}
    return subprocess.run(
        [str(part) for part in command],
        input=text,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        env=env,
        check=False,
    )


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    """The HTML part of every digest and of a note, as files."""
    shown = [render_html(digest, LEAVE) for digest in every_digest()] + [render_note_html(a_note(), LEAVE)]
    paths = [tmp_path / f"{number}.html" for number in range(len(shown))]
    for path, html in zip(paths, shown, strict=True):
        path.write_text(html)
    return paths


@pytest.mark.slow
def test_spamassassin_finds_nothing_wrong(tmp_path: Path) -> None:
    """Every digest scores far below where mail is spam; `-s` shows the scores."""
    judge = shutil.which("spamassassin")
    if judge is None:
        pytest.skip("spamassassin is not installed")
    to = "desk@example.org"
    mails = {
        f"digest-{number}": render_mail(digest, f"digest-{number}", SENDER, to, LEAVE)
        for number, digest in enumerate(every_digest())
        if number not in LEFT_OUT
    }
    mails["note"] = render_note_mails(a_note(), "note", SENDER, {to: LEAVE})[to]
    mbox = tmp_path / "mails"
    begin = "From monitor@example.org Sat Mar 14 07:00:00 2026\n"
    mbox.write_text("\n".join(begin + mail.replace("\r\n", "\n") for mail in mails.values()))

    judged = run(judge, "-L", "-t", "-x", "--mbox", mbox, home=tmp_path)

    assert judged.returncode == 0, judged.stderr
    # The report repeats the headers, so each mail's own score is the one that stands above its key.
    found = re.findall(r"^X-Spam-Status: \w+, score=(-?[\d.]+).*?^X-News-Monitor-Delivery: (\S+)", judged.stdout, _ALL)
    scores = {key: float(score) for score, key in found}
    print("SpamAssassin:", scores)  # noqa: T201  # seen with -s
    assert scores.keys() == mails.keys()
    assert {key: score for key, score in scores.items() if score >= SCORE_MAX} == {}


_ALL = re.MULTILINE | re.DOTALL


def test_html_validate_finds_nothing_wrong(pages: list[Path], tmp_path: Path) -> None:
    """Every page is valid HTML, hostile titles and all."""
    node, package = node_package("html-validate")
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(HTML_RULES))

    judged = run(node, package / "bin" / "html-validate.mjs", "-c", rules, "-f", "text", *pages)

    assert judged.stdout + judged.stderr == ""
    assert judged.returncode == 0


def test_mail_programs_understand_it(pages: list[Path], tmp_path: Path) -> None:
    """Apple's all of it; of Gmail's and Outlook's what they do not take is known, and reads well without."""
    node, package = node_package("caniemail")
    script = tmp_path / "judge.mjs"
    script.write_text(CANIEMAIL)

    judged = run(node, script, package / "dist" / "index.js", ",".join(ALLOWED), *pages)

    assert judged.returncode == 0, judged.stderr
    found = {clients: set(titles) for clients, titles in json.loads(judged.stdout).items()}
    assert found.keys() == ALLOWED.keys()
    assert {clients: titles - ALLOWED[clients] for clients, titles in found.items() if titles - ALLOWED[clients]} == {}


def test_the_judged_are_those_meant() -> None:
    """The numbers that are left out name the digests they are meant to."""
    digests = every_digest()
    assert [digests[number] for number in LEFT_OUT] == [a_hostile_digest(), a_huge_digest()]
