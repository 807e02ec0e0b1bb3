"""compose.workers.yaml is a compose file by the specification, and agrees with the image and the daemon."""

import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are no dependency of ours
from check_jsonschema.builtin_schemas import get_builtin_schema  # type: ignore[import-untyped]  # has no types
from jsonschema import Draft202012Validator

from monitor.cli.main import build_parser
from monitor.config.load import load
from monitor.daemon import DRAIN_S
from monitor.health import heartbeat_path
from monitor.runner import Queue
from tests.manifests import ROOT, Values, dockerfile_words, parse_documents, read_documents

SCHEMA = get_builtin_schema("vendor.compose-spec")
FILES = ("compose.yaml", "compose.workers.yaml")
(COMPOSE,) = read_documents(ROOT / "compose.workers.yaml")
QUEUES = tuple(queue.value for queue in Queue)
PAGE = (ROOT / "docs" / "workers.md").read_text(encoding="utf-8")


def faults(document: Values) -> list[str]:
    """What the specification has against it."""
    return [
        f"{'.'.join(map(str, error.path))}: {error.message}"
        for error in Draft202012Validator(SCHEMA).iter_errors(document)
    ]


def worker(queue: str) -> Values:
    """The service of a queue, with what all workers have."""
    service = COMPOSE["services"][queue]
    assert isinstance(service, dict)
    return service


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_compose_file(name: str) -> None:
    """By the schema of the Compose specification, which knows every key."""
    (document,) = read_documents(ROOT / name)
    assert faults(document) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [("stop_grace_period", "stop_grace"), ("scale: 2", "scale: [2]"), ("condition: service_healthy", "condition: up")],
)
def test_the_schema_notices_a_slip(text: str, said: str) -> None:
    """So what the test above says is worth something."""
    body = (ROOT / "compose.workers.yaml").read_text(encoding="utf-8")
    assert text in body
    assert faults(next(parse_documents(body.replace(text, said)))) != []


def test_a_key_that_stands_twice_is_an_error() -> None:
    """As it is for Compose: the one above would silently not count."""
    with pytest.raises(yaml.YAMLError, match="twice: image"):
        list(parse_documents("services: {a: {image: x, build: ., image: y}}"))


def test_there_is_a_service_for_each_queue() -> None:
    """And beside them the database alone."""
    assert set(COMPOSE["services"]) == {*QUEUES, "postgres"}
    for queue in QUEUES:
        assert build_parser(["worker"]).parse_args(worker(queue)["command"]).queues == (Queue(queue),)
        assert worker(queue)["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "healthcheck" in COMPOSE["services"]["postgres"]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_worker_has_no_right_it_does_not_need(queue: str) -> None:
    """As the one daemon in compose.yaml; nothing can be written but /tmp and the place of the heartbeat."""
    service = worker(queue)
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "user", "container_name"} & service.keys()
    assert {"mem_limit", "pids_limit", "logging"} <= service.keys()
    assert service["volumes"] == ["./config:/config:ro"]
    temporary, data = service["tmpfs"]
    (user,) = dockerfile_words("USER")
    (home,) = dockerfile_words("WORKDIR")
    place, _, options = data.partition(":")
    assert (temporary, place) == ("/tmp", str((Path(home) / heartbeat_path("postgresql://x/y")).parent))
    assert {"uid={}".format(user.split(":")[0]), "gid={}".format(user.split(":")[1])} <= set(options.split(","))


@pytest.mark.parametrize("queue", QUEUES)
def test_a_stop_has_time_to_drain_and_an_end_is_a_new_start(queue: str) -> None:
    """The engine waits longer than the worker does; a worker that ended itself comes again."""
    grace = re.fullmatch(r"(\d+)s", worker(queue)["stop_grace_period"])
    assert grace is not None
    assert int(grace[1]) > 2 * DRAIN_S
    assert worker(queue)["restart"] == "unless-stopped"


def test_the_page_is_published_on_loopback_alone() -> None:
    """By one service, where only one container can have the port."""
    published = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert published == {"deliver": ["127.0.0.1:8080:8080"]}
    assert "scale" not in worker("deliver")


def test_secrets_come_from_files_and_none_is_written_down() -> None:
    """The database's password and the page's token; git does not see the folder."""
    assert COMPOSE["secrets"] == {"database": {"file": "./secrets/database"}, "page": {"file": "./secrets/page"}}
    postgres = COMPOSE["services"]["postgres"]
    assert postgres["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database"
    assert postgres["secrets"] == ["database"]
    for queue in QUEUES:
        assert worker(queue)["secrets"] == ["database", "page"]
        assert [v for v in worker(queue)["environment"].values() if not re.fullmatch(r"\$\{\w+:-\}", v)] == []
    assert "/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "!secrets" not in (ROOT / ".dockerignore").read_text(encoding="utf-8")


def test_the_two_files_share_the_database() -> None:
    """Who ran one daemon on this PostgreSQL goes on with its archive."""
    (one,) = read_documents(ROOT / "compose.yaml")
    ours, theirs = COMPOSE["services"]["postgres"], one["services"]["postgres"]
    assert (ours["image"], ours["volumes"]) == (theirs["image"], theirs["volumes"])
    for name in ("POSTGRES_USER", "POSTGRES_DB"):
        assert ours["environment"][name] == theirs["environment"][name]


def test_the_configuration_of_the_page_loads_with_these_secrets(tmp_path: Path) -> None:
    """What docs/workers.md says to write, in the place of what stands in config/monitor.toml."""
    block = next(text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[run]" in text)
    for name in COMPOSE["secrets"]:
        (tmp_path / name).write_text(f"{name}-0123456789abcdef", encoding="utf-8")
        (tmp_path / name).chmod(0o400)
        assert f'"/run/secrets/{name}"' in block
    own = (ROOT / "config" / "monitor.toml").read_text(encoding="utf-8")
    for table in re.findall(r"^\[(run|database|web)\]$", block, re.MULTILINE):
        own = re.sub(rf"^\[{table}\]\n(?:(?!\[|# ──).*\n)*", "", own, flags=re.MULTILINE)
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "monitor.toml").write_text(block.replace("/run/secrets", str(tmp_path)) + own, encoding="utf-8")
    for name in ("feeds.toml", "watchlist.toml"):
        (folder / name).write_bytes((ROOT / "config" / name).read_bytes())
    loaded = load(folder, {})
    assert loaded.settings.run.mode == "distributed"
    assert "@postgres/" in loaded.settings.database.url
    assert loaded.settings.web.listen == "0.0.0.0:8080"
    assert loaded.settings.web.is_guarded
