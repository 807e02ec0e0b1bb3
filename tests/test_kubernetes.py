"""The manifests in docs/kubernetes are what a cluster takes, and agree with the image, the page, the configuration."""

import copy
import re
import tomllib
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]  # has no types
import pytest
from starlette.testclient import TestClient

from monitor.cli.main import build_parser
from monitor.config.faults import ConfigFaults
from monitor.config.load import Loaded, load
from monitor.daemon import DRAIN_S
from monitor.health import heartbeat_path
from monitor.runner import Queue
from monitor.web.answers import Answers
from monitor.web.gate import OPEN
from monitor.web.site import build_site
from tests.manifests import ROOT, Values, dockerfile_words, parse_documents, read_documents

FOLDER = ROOT / "docs" / "kubernetes"
OLDEST, NEWEST = "1.31", "1.37"
"""The versions that docs/workers.md promises. Between them nothing that is used here came or went."""
QUEUES = tuple(queue.value for queue in Queue)
KUSTOMIZATION = read_documents(FOLDER / "kustomization.yaml")[0]
MANIFESTS = {
    f"{path.relative_to(FOLDER)}:{one['kind']}": one
    for path in sorted(FOLDER.rglob("*.yaml"))
    if path.name != "kustomization.yaml"
    for one in read_documents(path)
}
LABEL, QUEUE_LABEL = "app.kubernetes.io/name", "app.kubernetes.io/component"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
SECRETS = "/run/secrets/monitor"


def deployment(queue: str) -> Values:
    """The Deployment of a queue."""
    return MANIFESTS[f"{queue}.yaml:Deployment"]


def pod(queue: str) -> Values:
    """What its pods are made of."""
    spec = deployment(queue)["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def container(queue: str) -> Values:
    """Their one container."""
    (only,) = pod(queue)["containers"]
    assert isinstance(only, dict)
    return only


def config_map() -> dict[str, str]:
    """The map that kustomize makes, by file name: it takes the files as they are."""
    (made,) = KUSTOMIZATION["configMapGenerator"]
    volumes = [volume for queue in QUEUES for volume in pod(queue)["volumes"] if "configMap" in volume]
    assert {volume["configMap"]["name"] for volume in volumes} == {made["name"]}
    return {Path(name).name: (FOLDER / name).read_text(encoding="utf-8") for name in made["files"]}


def load_mounted(folder: Path, secrets: dict[str, str]) -> Loaded:
    """The configuration as a worker finds it: the files by way of a link that is swapped, the secrets in a folder."""
    data, kept = folder / "config" / "..2026_03_14", folder / "secrets"
    data.mkdir(parents=True)
    kept.mkdir()
    for name, text in secrets.items():
        (kept / name).write_text(text, encoding="utf-8")
        (kept / name).chmod(0o440)
    for name, text in config_map().items():
        (data / name).write_text(text.replace(SECRETS, str(kept)), encoding="utf-8")
        (folder / "config" / name).symlink_to(Path("..data") / name)
    (folder / "config" / "..data").symlink_to(data.name)
    return load(folder / "config", {})


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_cluster_takes_the_manifest(name: str, version: str) -> None:
    """By the schema of Kubernetes itself, which knows every key; a misspelt one is refused."""
    kubernetes_validate.validate(MANIFESTS[name], version, strict=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("terminationGracePeriodSeconds: 45", "terminationGracePeriod: 45"),
        ("failureThreshold: 60", 'failureThreshold: "sixty"'),
        ("defaultMode: 0440", "mode: 0440"),
        ("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
    ],
)
def test_the_schema_notices_a_slip(text: str, said: str) -> None:
    """So what the test above says is worth something."""
    body = (FOLDER / "poll.yaml").read_text(encoding="utf-8")
    assert text in body
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(next(parse_documents(body.replace(text, said))), NEWEST, strict=True)


def test_kustomize_finds_every_file_and_no_manifest_is_forgotten() -> None:
    """All are applied together, but for the secret, which is yours, and the autoscaler, which is asked for."""
    named = set(KUSTOMIZATION["resources"])
    assert named == {p.name for p in FOLDER.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
    assert set(config_map()) == {"monitor.toml", "feeds.toml", "watchlist.toml"}
    component = FOLDER / "autoscale"
    (asked,) = read_documents(component / "kustomization.yaml")
    assert asked["kind"] == "Component"
    assert {*asked["resources"], "kustomization.yaml"} == {p.name for p in component.iterdir()}
    assert "# components: [autoscale]" in (FOLDER / "kustomization.yaml").read_text(encoding="utf-8")


def test_the_map_keeps_its_name() -> None:
    """Else an edit would start every worker anew; so it is taken over while they run."""
    assert KUSTOMIZATION["generatorOptions"]["disableNameSuffixHash"] is True


def test_the_image_is_named_in_one_place() -> None:
    """With the version of this source; the manifests name it without a registry."""
    (image,) = KUSTOMIZATION["images"]
    assert {container(queue)["image"] for queue in QUEUES} == {image["name"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert image["newTag"] == project["version"]
    assert image["newName"].startswith("registry.example.org/")


def test_nothing_names_a_namespace() -> None:
    """They go where `kubectl --namespace` says."""
    assert [name for name, one in MANIFESTS.items() if "namespace" in one["metadata"]] == []


def test_there_is_a_deployment_for_each_queue_and_they_differ_in_little() -> None:
    """What is said of one worker holds for all: they differ in name, number, room and what the page asks for."""
    shapes = []
    for queue in QUEUES:
        one = copy.deepcopy(deployment(queue))
        assert one["spec"].pop("replicas") >= 2, "one that goes leaves one at work"
        del one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"]
        (its,) = one["spec"]["template"]["spec"]["containers"]
        assert build_parser(["worker"]).parse_args(its.pop("args")).queues == (Queue(queue),)
        del its["resources"]["requests"]
        its.pop("lifecycle", None)
        shapes.append(re.sub(rf"\b{queue}\b", "QUEUE", repr(one)))
    assert len(set(shapes)) == 1
    assert {p.stem for p in FOLDER.glob("*.yaml") if "Deployment" in p.read_text(encoding="utf-8")} == set(QUEUES)


@pytest.mark.parametrize("queue", QUEUES)
def test_selectors_find_their_pods_and_no_others(queue: str) -> None:
    """A Deployment, its budget and its spread each mean just the pods of the queue."""
    own = {LABEL: "news-monitor", QUEUE_LABEL: queue}
    budget = MANIFESTS[f"{queue}.yaml:PodDisruptionBudget"]
    (spread,) = pod(queue)["topologySpreadConstraints"]
    assert deployment(queue)["spec"]["template"]["metadata"]["labels"] == own
    assert deployment(queue)["spec"]["selector"] == {"matchLabels": own}
    assert budget["spec"]["selector"] == {"matchLabels": own}
    assert spread["labelSelector"] == {"matchLabels": own}
    assert deployment(queue)["metadata"]["name"] == budget["metadata"]["name"] == f"monitor-{queue}"


def test_what_stands_beside_the_deployments_means_them() -> None:
    """The Service finds workers, the network's rules all of them, the autoscaler its Deployment."""
    labels = [deployment(queue)["spec"]["template"]["metadata"]["labels"] for queue in QUEUES]
    wanted = MANIFESTS["service.yaml:Service"]["spec"]["selector"]
    assert [one for one in labels if wanted.items() <= one.items()] == [{LABEL: "news-monitor", QUEUE_LABEL: "deliver"}]
    selector = MANIFESTS["network.yaml:NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    assert all(selector.items() <= one.items() for one in labels)
    target = MANIFESTS["autoscale/poll.yaml:HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    meant = deployment("poll")
    assert (target["apiVersion"], target["kind"], target["name"]) == (
        meant["apiVersion"],
        meant["kind"],
        meant["metadata"]["name"],
    )
    assert "cpu" in container("poll")["resources"]["requests"], "the share is of what is requested"


@pytest.mark.parametrize("queue", QUEUES)
def test_a_node_can_be_emptied_and_a_version_rolled_out(queue: str) -> None:
    """At most one worker of a queue is away at a time, and one always may be."""
    spec = MANIFESTS[f"{queue}.yaml:PodDisruptionBudget"]["spec"]
    assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    rolling = deployment(queue)["spec"]["strategy"]["rollingUpdate"]
    assert rolling["maxUnavailable"] < deployment(queue)["spec"]["replicas"]
    assert rolling["maxUnavailable"] + rolling["maxSurge"] >= 1


@pytest.mark.parametrize("queue", QUEUES)
def test_a_stop_has_time_to_drain(queue: str) -> None:
    """The cluster waits longer than the worker does, the wait before the signal included."""
    before = container(queue).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
    assert before[0] == "sleep"
    assert pod(queue)["terminationGracePeriodSeconds"] > 2 * DRAIN_S + int(before[1])
    assert dockerfile_words("STOPSIGNAL") == ["SIGTERM"]


@pytest.mark.parametrize("queue", QUEUES)
def test_probes_ask_what_the_site_answers_to_everybody(queue: str) -> None:
    """On the port of the page, without a token; and none asks /readyz, which is red while a channel is down."""
    (port,) = container(queue)["ports"]
    host, _, number = tomllib.loads(config_map()["monitor.toml"])["web"]["listen"].rpartition(":")
    assert (host, int(number)) == ("0.0.0.0", port["containerPort"])
    site = build_site(Answers(lambda: (True, {})), host)
    for probe in PROBES:
        asked = container(queue)[probe]["httpGet"]
        assert asked == {"path": "/healthz", "port": port["name"]}
        assert asked["path"] in OPEN
        kubelet = TestClient(site, base_url=f"http://10.1.2.3:{number}")
        assert kubelet.get(asked["path"]).status_code == 200
    (published,) = MANIFESTS["service.yaml:Service"]["spec"]["ports"]
    assert published["targetPort"] == port["name"]
    (entry,) = MANIFESTS["network.yaml:NetworkPolicy"]["spec"]["ingress"]
    assert [one["port"] for one in entry["ports"]] == [port["containerPort"]]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_new_start_is_the_last_resort(queue: str) -> None:
    """A start has minutes, for a migration; a database that is away for as long starts nothing anew."""
    start, live = container(queue)["startupProbe"], container(queue)["livenessProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 300
    assert live["periodSeconds"] * live["failureThreshold"] >= 300


@pytest.mark.parametrize("queue", QUEUES)
def test_a_pod_has_no_right_it_does_not_need(queue: str) -> None:
    """By the strictest of the pod security standards, and without a token of the cluster."""
    (user,) = dockerfile_words("USER")
    number, group = map(int, user.split(":"))
    assert pod(queue)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": number,
        "runAsGroup": group,
        "fsGroup": group,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(queue)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(queue)["automountServiceAccountToken"] is False
    assert pod(queue)["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "serviceAccountName"} & pod(queue).keys()
    assert "memory" in container(queue)["resources"]["limits"]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_worker_can_write_where_it_must_and_nowhere_else(queue: str) -> None:
    """Folders are mounted, never single files, which would not follow an edit; the heartbeat has room."""
    mounts = {one["mountPath"]: one for one in container(queue)["volumeMounts"]}
    volumes = {one["name"]: one for one in pod(queue)["volumes"]}
    assert not [one for one in mounts.values() if "subPath" in one or "subPathExpr" in one]
    writable = {path for path, one in mounts.items() if not one.get("readOnly")}
    assert writable == {"/data", "/tmp"}
    assert all("sizeLimit" in volumes[mounts[path]["name"]]["emptyDir"] for path in writable)
    url = tomllib.loads(config_map()["monitor.toml"])["database"]["url"]
    (home,) = dockerfile_words("WORKDIR")
    assert str((Path(home) / heartbeat_path(url)).parent) in writable
    assert "MONITOR_CONFIG=/config" in dockerfile_words("ENV")[0].split()
    assert volumes[mounts["/config"]["name"]].keys() == {"name", "configMap"}
    assert volumes[mounts[SECRETS]["name"]]["secret"]["defaultMode"] == 0o440, "the group's, which is the pod's own"


def test_the_configuration_loads_with_the_secrets_it_names(tmp_path: Path) -> None:
    """Mounted as the kubelet does it; every entry of the secret is asked for, and closed to other users."""
    example = MANIFESTS["secret.example.yaml:Secret"]
    volume = next(one["secret"] for one in pod("poll")["volumes"] if "secret" in one)
    assert example["metadata"]["name"] == volume["secretName"]
    secrets = {name: f"{name}-0123456789abcdef" for name in example["stringData"]}
    loaded = load_mounted(tmp_path, secrets)
    assert loaded.settings.run.mode == "distributed"
    assert loaded.settings.web.is_guarded
    assert loaded.database_password is not None
    assert loaded.notes == ()
    named = set(re.findall(rf'^\w+ = "{SECRETS}/(\w+)"', config_map()["monitor.toml"], re.MULTILINE))
    assert named == set(secrets)


def test_the_values_of_the_example_are_refused(tmp_path: Path) -> None:
    """Nobody runs with the token that everybody can read here."""
    example = MANIFESTS["secret.example.yaml:Secret"]
    with pytest.raises(ConfigFaults, match=r"monitor\.toml:\d+: .*token"):
        load_mounted(tmp_path, example["stringData"])


def test_workers_reach_the_database_names_and_the_public_network() -> None:
    """And not the addresses a hostile feed might lead to: the cluster, the network around it, the cloud's metadata."""
    rules = MANIFESTS["network.yaml:NetworkPolicy"]["spec"]["egress"]
    ports = {one["port"] for rule in rules for one in rule.get("ports", [])}
    url = tomllib.loads(config_map()["monitor.toml"])["database"]["url"]
    assert ports == {53, int(url.rpartition(":")[2].partition("/")[0])}
    blocks = {to["ipBlock"]["cidr"]: to["ipBlock"]["except"] for rule in rules for to in rule.get("to", [])}
    assert blocks.keys() == {"0.0.0.0/0", "::/0"}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(blocks["0.0.0.0/0"])
