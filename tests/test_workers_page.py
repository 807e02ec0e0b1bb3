"""docs/workers.md tells people to type what exists."""

import re
import shlex

from sqlalchemy.pool import QueuePool

from monitor.cli.summaries import COMMANDS
from monitor.queue import POOL_MAX
from monitor.runner import Queue
from monitor.storage.engine import open_engine
from tests.manifests import ROOT, read_documents

PAGE = (ROOT / "docs" / "workers.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line]
NAMES = {
    f"{one['kind'].lower()}/{one['metadata']['name']}"
    for path in (ROOT / "docs" / "kubernetes").glob("*.yaml")
    if path.name != "kustomization.yaml"
    for one in read_documents(path)
}
SERVICES = read_documents(ROOT / "compose.workers.yaml")[0]["services"]


def commands(program: str) -> list[list[str]]:
    """The words of each line that begins with this program."""
    return [words for words in map(shlex.split, LINES) if words[0] == program]


def test_what_is_typed_at_compose_names_the_file_and_its_services() -> None:
    """Compose would take compose.yaml else, which is the one daemon."""
    typed = commands("docker")
    assert len(typed) >= 5
    assert {tuple(words[:4]) for words in typed} == {("docker", "compose", "-f", "compose.workers.yaml")}
    named = [words[words.index("exec") + 1] for words in typed if "exec" in words]
    named += [words[words.index("--scale") + 1].partition("=")[0] for words in typed if "--scale" in words]
    assert named
    assert set(named) <= set(SERVICES)


def test_what_is_typed_at_a_cluster_names_what_the_manifests_make() -> None:
    """The objects, and the folder that is applied."""
    typed = commands("kubectl")
    named = {word for words in typed for word in words if re.fullmatch(r"(deployment|service)/[\w-]+", word)}
    named |= {f"deployment/{words[words.index('deployment') + 1]}" for words in typed if "deployment" in words}
    made = [words[words.index("generic") + 1] for words in typed if "secret" in words]
    assert len(named) >= 3
    assert named <= NAMES
    assert {f"secret/{name}" for name in made} <= NAMES
    assert [words[words.index("-k") + 1] for words in typed if "-k" in words] == ["docs/kubernetes"]


def test_what_is_typed_at_the_monitor_is_a_command() -> None:
    """Inside a container, and in the text."""
    inside = [words[words.index("monitor") + 1] for words in map(shlex.split, LINES) if "monitor" in words[:-1]]
    assert "status" in inside
    assert set(inside) <= set(COMMANDS)
    assert set(re.findall(r"`monitor (\w+)[^`]*`", PAGE)) <= set(COMMANDS)


def test_every_link_leads_somewhere() -> None:
    """To a file, and to a heading where one is named."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
    for file, heading in re.findall(r"\]\(([\w.]+\.md)#([\w-]+)\)", PAGE):
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_connections_are_reckoned_by_what_a_worker_may_hold() -> None:
    """The store's, the queue's, and one for each queue that waits to be woken; the compose file's server has room."""
    pool = open_engine("postgresql://nobody@localhost/none").writer.pool
    assert isinstance(pool, QueuePool)
    most = pool.size() + pool._max_overflow + POOL_MAX
    words = " ".join(PAGE.split())
    assert f"A worker of one queue holds at most {most + 1}, one of all three {most + len(Queue)}" in words
    allowed = int(SERVICES["postgres"]["command"][-1].partition("=")[2])
    said = re.search(rf"the\s+{allowed}\s+of\s+`compose.workers.yaml`\s+for\s+(\d+)", PAGE)
    assert said is not None
    assert int(said[1]) * (most + len(Queue)) < allowed
    assert 4 * (most + len(Queue)) < 97, "of 100, three are the superuser's"
