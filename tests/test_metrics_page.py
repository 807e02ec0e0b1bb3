"""docs/metrics.md names every number there is; the rules and the dashboard ask for no other, and ask well."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are no dependency of ours

from monitor.metrics import REASONS, STEPS, Family, Metrics
from monitor.model import DeliveryState, DigestKind, PollOutcome
from monitor.outbox.notices import KINDS
from monitor.shared_work import QUEUES
from monitor.storage.gauge_views import FEED_STATES
from tests.promql import OVER_COUNTERS, OVER_GAUGES, Selector, parse

DOCS = Path(__file__).parent.parent / "docs"
RULES = yaml.safe_load((DOCS / "alerts.yaml").read_text(encoding="utf-8"))
BOARD = json.loads((DOCS / "grafana" / "news-monitor.json").read_text(encoding="utf-8"))
FAMILIES = Metrics().families
OF_PROCESS = {
    "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge",
    "process_cpu_seconds_total": "counter",
}
EVERYWHERE = {"job", "instance"}
VALUES: dict[str, set[str]] = {
    "outcome": {*PollOutcome, *DeliveryState},
    "reason": {*REASONS, "missing", "future"},
    "state": {*FEED_STATES, "at_work", "lost"},
    "queue": {*QUEUES},
    "step": {*STEPS},
    "kind": {*KINDS, *DigestKind},
}


def exported() -> dict[str, tuple[str, set[str]]]:
    """Every series by its name in a query: what it is, and its labels."""
    names: dict[str, tuple[str, set[str]]] = {name: (kind, set()) for name, kind in OF_PROCESS.items()}
    for one in FAMILIES.values():
        if one.kind == "histogram":
            names[f"{one.name}_bucket"] = ("counter", {*one.labels, "le"})
            names |= {f"{one.name}_{end}": ("counter", {*one.labels}) for end in ("sum", "count")}
        else:
            names[one.name] = (one.kind, {*one.labels})
    return names


NAMES = exported()


def rules() -> list[dict[str, object]]:
    """Every rule of every group."""
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Every question that a rule or a panel asks."""
    for rule in rules():
        yield str(rule["expr"])
    for panel in BOARD["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]


def test_the_page_names_every_number() -> None:
    """Name, kind, labels and meaning, as the code has them, and none that is gone."""
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `monitor_")]
    assert sorted(rows) == sorted(_row(one) for one in FAMILIES.values())
    for label in {label for one in FAMILIES.values() for label in one.labels}:
        assert re.search(rf"^\|[^|]*`{label}`", page, re.MULTILINE), f"{label} is not explained"
    for value in (*STEPS, *FEED_STATES, *DigestKind):
        assert f"`{value}`" in page


def _row(one: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels) or "–"
    return f"| `{one.name}` | {one.kind} | {labels} | {one.help} |"


@pytest.mark.parametrize("text", sorted(set(expressions())))
def test_every_question_can_be_answered(text: str) -> None:
    """It is well made, and names series, labels and values that are exported; rates are of counters alone."""
    asked = parse(text)
    assert asked.selectors
    known: set[str] = set()
    for selector in asked.selectors:
        assert selector.metric in NAMES, f"{selector.metric} is not exported"
        kind, labels = NAMES[selector.metric]
        known |= labels
        assert set(selector.matchers) <= labels | EVERYWHERE
        assert bool(selector.span) == (selector.function in OVER_COUNTERS | OVER_GAUGES)
        if selector.function in OVER_COUNTERS:
            assert kind == "counter"
        elif selector.function in OVER_GAUGES:
            assert kind == "gauge"
        _check_values(selector)
    assert asked.grouped_by <= known | EVERYWHERE
    if "histogram_quantile" in text:
        assert "le" in asked.grouped_by


def _check_values(selector: Selector) -> None:
    for label, (operator, value) in selector.matchers.items():
        if label in VALUES and "$" not in value:
            asked = value.split("|") if "~" in operator else [value]
            assert {*asked} <= VALUES[label], f"{label} is never {value}"


@pytest.mark.parametrize(
    "text",
    [
        "sum(monitor_feeds", "monitor_feeds{state=failing}", "rate(monitor_polls_total[5])", "monitor_feeds}", "5m",
        "nonsense(monitor_feeds)", 'monitor_feeds{state=="ok"}', "sum monitor_feeds", "monitor_feeds ; drop",
    ],
)  # fmt: skip
def test_what_is_not_well_made_is_refused(text: str) -> None:
    """The check bites."""
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)


def test_rules_say_how_bad_it_is_and_what_to_do() -> None:
    """Each once, with a severity that a person routes by, and words that name no number that is not there."""
    names = [str(rule["alert"]) for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        assert re.fullmatch(r"\d+[mh]", str(rule.get("for", "1m")))
        words = rule["annotations"]
        assert isinstance(words, dict)
        assert set(words) == {"summary", "description"}
        labels = set().union(*(NAMES[one.metric][1] for one in parse(str(rule["expr"])).selectors))
        used = set(re.findall(r"\$labels\.(\w+)", f"{words['summary']} {words['description']}"))
        assert used <= labels | EVERYWHERE


def test_panels_lie_beside_each_other_and_say_what_they_show() -> None:
    """No panel covers another, none lacks a word, each id is its own, and every variable is there."""
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        fields = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not fields & taken
        assert max(x for x, _ in fields) < 24
        taken |= fields
        assert panel["title"]
        assert panel["type"] == "row" or panel["description"].endswith(".")
    variables = {one["name"] for one in BOARD["templating"]["list"]} | {"__rate_interval"}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) <= variables
