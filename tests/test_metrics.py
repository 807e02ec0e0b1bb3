"""The numbers: named by convention, never without bound, gone with what they count."""

import re

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from monitor.metrics import NAMED_MAX, Metrics
from monitor.model import ChannelName, DigestKind, PollOutcome

NAME = re.compile(r"monitor_[a-z]+(_[a-z]+)*")


def samples(metrics: Metrics, accept: str = "") -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and its labels' values in the labels' order, read as Prometheus reads them."""
    body, _ = metrics.render(accept, {})
    read = read_openmetrics if "openmetrics" in accept else read_text
    found = [sample for family in read(body.decode()) for sample in family.samples]
    return {(one.name, tuple(value for _, value in sorted(one.labels.items()))): one.value for one in found}


def test_names_follow_the_conventions() -> None:
    """One prefix, base units, `_total` for what only grows; each name says what it means."""
    families = Metrics().families.values()

    assert [one.name for one in families if not NAME.fullmatch(one.name)] == []
    assert [one.name for one in families if (one.kind == "counter") != one.name.endswith("_total")] == []
    units = ("_seconds", "_bytes", "_ratio", "_total")
    assert [one.name for one in families if one.kind == "histogram" and not one.name.endswith(units)] == []
    assert [one.name for one in families if "_ms" in one.name or "_minutes" in one.name] == []
    assert [one.name for one in families if not one.help.endswith((".", "1."))] == []


def test_what_is_counted_is_shown() -> None:
    """In both forms, read by the parsers of Prometheus' own library."""
    metrics = Metrics()
    metrics.keep(["floods"], ["desk"])
    metrics.count_visit(PollOutcome.FAILED, "timeout", 20.0, 12, 0)
    metrics.count_visit(PollOutcome.FAILED, "<b>anything", 20.0, 12, 0)
    metrics.count_articles(3, 2, 1)
    for delay_s in (90.0, -5.0, None):
        metrics.count_seen(delay_s)
    metrics.count_match("floods", 0.0)
    metrics.count_digest(DigestKind.NOW, 1.0, {ChannelName("desk"): 2})
    metrics.count_attempt("desk", "sent")
    metrics.count_told("floods", 120.0, 240.0)
    metrics.count_step("deliver:desk", 1000.0, is_good=True)
    metrics.count_step("poll", 1000.0, is_good=False)

    for accept in ("", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"):
        shown = samples(metrics, accept)
        assert shown["monitor_polls_total", ("failed", "timeout")] == 1
        assert shown["monitor_polls_total", ("failed", "other")] == 1  # no word of anybody else's is a label
        assert shown["monitor_poll_bytes_total", ()] == 24
        assert shown["monitor_articles_undated_total", ("future",)] == 1
        assert shown["monitor_articles_undated_total", ("missing",)] == 1
        assert shown["monitor_published_to_seen_seconds_count", ()] == 1
        assert shown["monitor_tellings_total", ("desk", "now")] == 2
        assert shown["monitor_matched_to_told_seconds_bucket", ("120.0", "floods")] == 1
        assert shown["monitor_last_success_timestamp_seconds", ("deliver",)] == 1000.0
        assert shown["monitor_step_failures_total", ("poll",)] == 1
        assert shown["process_resident_memory_bytes", ()] > 0
        assert not [name for name, _ in shown if name.endswith("_created")]


def test_no_label_grows_without_bound() -> None:
    """Topics and channels beyond the first two hundred are one series together, and so is what is not configured."""
    metrics = Metrics()
    topics = [f"topic-{number}" for number in range(NAMED_MAX + 50)]
    metrics.keep(topics, ["desk"])
    for topic in (*topics, "~nobody"):
        metrics.count_match(topic, 0.0)
    for number in range(1000):
        metrics.count_attempt(f"gone-{number}", "sent")
        metrics.count_step(f"unit-{number}", 0.0, is_good=False)

    shown = samples(metrics)
    assert len([key for key in shown if key[0] == "monitor_matches_total"]) == NAMED_MAX + 1
    assert shown["monitor_matches_total", ("other",)] == 51
    assert shown["monitor_deliveries_total", ("other", "sent")] == 1000
    assert shown["monitor_step_failures_total", ("other",)] == 1000


def test_what_leaves_the_configuration_leaves_the_numbers() -> None:
    """Its series go; those of the others stay as they are."""
    metrics = Metrics()
    metrics.keep(["floods", "fires"], ["desk", "mail"])
    for topic in ("floods", "fires"):
        metrics.count_told(topic, 1.0, 1.0)
        metrics.count_match(topic, 0.0)
    for channel in ("desk", "mail"):
        metrics.count_attempt(channel, "sent")
    metrics.keep(["fires"], ["mail"])

    shown = samples(metrics)
    assert {labels[0] for name, labels in shown if name == "monitor_matched_to_told_seconds_count"} == {"fires"}
    assert shown["monitor_matches_total", ("fires",)] == 1
    assert ("monitor_matches_total", ("floods",)) not in shown
    assert ("monitor_deliveries_total", ("desk", "sent")) not in shown


def test_two_daemons_of_one_process_count_apart() -> None:
    """There is no registry that all share."""
    one, other = Metrics(), Metrics()
    one.count_swept("articles", 5)
    assert samples(one)["monitor_swept_total", ("articles",)] == 5
    assert ("monitor_swept_total", ("articles",)) not in samples(other)
