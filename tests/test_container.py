"""The container's files hold what can be held without an engine; docs/container.md tells what they promise."""

import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from monitor.cli.summaries import COMMANDS
from monitor.daemon import DRAIN_S
from monitor.health import STALE_S

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
PAGE = (ROOT / "docs" / "container.md").read_text()


def read_dockerfile() -> list[list[tuple[str, str]]]:
    """The Dockerfile's stages, each its instructions in order: word and arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[list[tuple[str, str]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, arguments = line.partition(" ")
        if word == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((word, arguments.strip()))
    return stages


BUILD, FINAL = read_dockerfile()


def only(word: str) -> str:
    """The arguments of an instruction that stands once in the final stage."""
    found = [arguments for name, arguments in FINAL if name == word]
    assert len(found) == 1, f"{word} stands {len(found)} times"
    return found[0]


def read_service(name: str) -> dict[str, str]:
    """A service's keys in compose.yaml with their text: what stands behind the colon, or the lines below it."""
    text = re.sub(r"(^|\s)#.*", "", (ROOT / "compose.yaml").read_text())
    block = re.search(rf"^  {name}:\n((?:    .*\n|\s*\n)+)", text, re.MULTILINE)
    assert block is not None
    parts = re.split(r"^    (\w+):", block[1], flags=re.MULTILINE)[1:]
    return {key: value.strip() for key, value in zip(parts[::2], parts[1::2], strict=True)}


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets the builder see this path; of the patterns that match it, the last decides."""
    sent = True
    for pattern in filter(None, map(str.strip, (ROOT / ".dockerignore").read_text().splitlines())):
        if pattern.startswith("#"):
            continue
        wanted = pattern.removeprefix("!")
        parts = path.split("/")
        parents = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        names = parts if wanted.startswith("**/") else [p for p in parents if p.count("/") == wanted.count("/")]
        if any(fnmatch(name, wanted.removeprefix("**/")) for name in names):
            sent = pattern.startswith("!")
    return sent


def closure(names: Iterable[str]) -> set[str]:
    """These packages and all they need on this machine, by what is installed."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if key in found and not requirement.extras:
            continue
        found.add(key)
        needed = [Requirement(text) for text in requires(key) or []]
        waiting += [n for n in needed if n.marker is None or any(n.marker.evaluate({"extra": e}) for e in extras)]
    return found


RUNTIME = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["postgres"]]
BUILDING = PROJECT["dependency-groups"]["build"]


def locked(text: str) -> set[str]:
    """The names of the packages pinned in this part of the lock."""
    return {canonicalize_name(name) for name in re.findall(r"^([\w-]+)(?:\[.*\])?==", text, re.MULTILINE)}


def runtime_part() -> str:
    """What the Dockerfile's own cut leaves of the lock."""
    cut = re.search(r"sed '/\^(.+)\$/,\$d' requirements\.lock", " ".join(arguments for _, arguments in BUILD))
    assert cut is not None
    assert LOCK.splitlines().count(cut[1]) == 1
    return LOCK.partition(f"\n{cut[1]}\n")[0]


def test_the_image_has_every_package_the_daemon_needs() -> None:
    """The lock cut at its break still holds all that pyproject asks for, PostgreSQL's driver included."""
    assert {"psycopg", "psycopg-binary"} <= locked(runtime_part())
    assert sorted(closure([*RUNTIME, *BUILDING]) - locked(runtime_part())) == []


def test_the_image_has_no_tool_of_the_tests() -> None:
    """What only developers need stands behind the break."""
    tools = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependency-groups"]["dev"]}
    assert sorted(tools & locked(runtime_part())) == []
    assert sorted(tools - locked(LOCK)) == []


def test_what_only_building_needs_is_taken_out_again() -> None:
    """The packages uninstalled after the build are just those that building needs and the daemon does not."""
    steps = [arguments for word, arguments in BUILD if word == "RUN"]
    removed = re.search(r"uninstall --yes\s+([\w\s-]+)", steps[-1])
    assert removed is not None
    assert set(removed[1].split()) == closure(BUILDING) - closure(RUNTIME)


def test_packages_are_installed_by_their_hashes() -> None:
    """Nothing reaches the image that the lock does not name byte by byte; the project itself brings nothing along."""
    installs = re.findall(r"pip [^&]*?\binstall (.*?)(?:&&|$)", " && ".join(a for w, a in BUILD if w == "RUN"))
    assert len(installs) == 2
    assert all("--require-hashes" in each or "--no-deps --no-build-isolation" in each for each in installs)


@pytest.mark.parametrize(
    "source", [s for w, a in BUILD + FINAL if w == "COPY" and "--from" not in a for s in a.split()[:-1]]
)
def test_what_is_copied_is_there_and_sent(source: str) -> None:
    """Every file the Dockerfile copies exists, and .dockerignore keeps none of it from the builder."""
    path = ROOT / source
    assert path.exists()
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    kept = [p for p in files if "__pycache__" not in p.parts]
    assert kept
    unsent = [p for p in kept if not is_sent(p.relative_to(ROOT).as_posix())]
    assert [p for p in unsent if p.parent != ROOT / "config"] == []
    assert {"feeds.toml", "monitor.toml", "watchlist.toml"} & {p.name for p in unsent} == set()


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".env",
        ".venv/bin/python",
        "data/monitor.db",
        "tests/conftest.py",
        "config/slack-token",
        "config/secrets/slack",
        "monitor/__pycache__/app.cpython-311.pyc",
        "monitor/cli/__pycache__/run.cpython-311.pyc",
    ],
)
def test_what_is_nobodys_business_is_not_sent(path: str) -> None:
    """Archives, tokens and leftovers on a developer's machine never come into an image."""
    assert not is_sent(path)


def test_the_daemon_is_not_root() -> None:
    """It runs as a user with a number, which also a cluster can check, and owns /data alone."""
    user = only("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert f"chown {user} /data" in " ".join(arguments for word, arguments in FINAL if word == "RUN")
    assert [word for word, _ in FINAL].index("USER") > [word for word, _ in FINAL].index("RUN")


def test_the_image_starts_and_stops_the_daemon() -> None:
    """The process is the command itself, with no shell that would keep SIGTERM from it."""
    entry = json.loads(only("ENTRYPOINT"))
    assert len(entry) == 1
    assert entry[0] in PROJECT["project"]["scripts"]
    assert json.loads(only("CMD")) == ["run"]
    assert "run" in COMMANDS
    assert only("STOPSIGNAL") == "SIGTERM"


def test_the_database_lands_on_the_volume() -> None:
    """Without a word of configuration nothing is written into the container itself."""
    assert set(json.loads(only("VOLUME"))) == {"/config", "/data"}
    assert only("WORKDIR") == "/"
    assert "MONITOR_CONFIG=/config" in only("ENV").split()


def test_the_health_check_names_a_module_and_is_quick_enough() -> None:
    """A daemon that hangs is unhealthy within two and a half minutes; the check needs no shell and no curl."""
    options, _, command = only("HEALTHCHECK").partition("CMD")
    words = json.loads(command)
    assert words[:2] == ["python", "-m"]
    assert importlib.util.find_spec(words[2]) is not None
    given = dict(re.findall(r"--(\S+?)=(\d+)s?", options))
    assert STALE_S + (int(given["interval"]) + int(given["timeout"])) * int(given["retries"]) <= 150


def test_the_service_has_no_right_it_does_not_need() -> None:
    """Nothing of the container can be written but the data and /tmp, and no right can be gained."""
    service = read_service("monitor")
    assert service["read_only"] == "true"
    assert service["cap_drop"] == "[ALL]"
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["tmpfs"] == "[/tmp]"
    assert service["init"] == "true"
    assert not {"privileged", "cap_add", "network_mode", "pid", "user", "ports"} & service.keys()
    assert {"mem_limit", "pids_limit", "logging"} <= service.keys()


def test_the_service_mounts_the_folder_and_the_volume() -> None:
    """A mounted file would not follow an editor that replaces it; the archive outlives the container."""
    mounts = [line.strip("- ").split(":") for line in read_service("monitor")["volumes"].splitlines()]
    assert mounts == [["./config", "/config", "ro"], ["monitor-data", "/data"]]
    assert (ROOT / "config").is_dir()


def test_a_stop_has_time_to_drain() -> None:
    """The engine waits longer than the daemon does, for visits first and then for messages."""
    grace = re.fullmatch(r"(\d+)s", read_service("monitor")["stop_grace_period"])
    assert grace is not None
    assert int(grace[1]) > 2 * DRAIN_S


@pytest.mark.parametrize("service", ["monitor", "postgres"])
def test_no_secret_is_written_down(service: str) -> None:
    """Tokens and passwords come from the environment of whoever starts it; in the files stand their names alone."""
    variables = re.findall(r"^\s*(\w+): *(.*)$", read_service(service)["environment"], re.MULTILINE)
    secret = {name: value for name, value in variables if re.search("TOKEN|PASSWORD|SECRET|KEY", name)}
    assert secret
    assert [name for name, value in secret.items() if not re.fullmatch(r"\$\{\w+:-\}", value)] == []
    settings = " ".join(a for stage in (BUILD, FINAL) for w, a in stage if w in ("ENV", "ARG", "LABEL"))
    assert re.findall(r"\w*(?:TOKEN|PASSWORD|SECRET|KEY)\w*=", settings) == []


def test_every_secret_the_examples_name_reaches_the_service() -> None:
    """Taking the # away from an example in config/monitor.toml and setting its variable is all there is to do."""
    named = set(re.findall(r'_env = "(\w+)"', (ROOT / "config" / "monitor.toml").read_text()))
    assert named
    assert named <= set(re.findall(r"^\s*(\w+):", read_service("monitor")["environment"], re.MULTILINE))


def test_the_page_names_real_commands_and_places() -> None:
    """What docs/container.md tells people to type exists."""
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ").splitlines()
    typed = [shlex.split(line, comments=True) for line in lines]
    assert len(typed) > 8
    commands = [words[words.index("monitor", 3) + 1] for words in typed if words[:3] == ["docker", "exec", "monitor"]]
    assert commands
    assert set(commands) <= set(COMMANDS)
    for words in typed:
        if words[:2] == ["docker", "run"] and "--detach" in words:
            assert {"--init", "--read-only", "--cap-drop=ALL", "--tmpfs=/tmp"} <= set(words)
            assert {"./config:/config:ro", "monitor-data:/data"} <= set(words)
