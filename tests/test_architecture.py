"""The house rules: layers, doors, where asyncio may stand, sizes. ARCHITECTURE.md says why."""

import ast
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.architecture import ROOT, files, imports_of, nodes_of, own_imports, packages_of, path_of, span_of, tree_of

LAYERS: dict[int, str] = {
    0: "errors text words language urls clock logs patterns",
    1: "model",
    2: """feeds.parse feeds.jsonfeed feeds.fastpath feeds.tolerant feeds.dates feeds.entries feeds.decode
          feeds.fingerprint feeds.addresses feeds.body feeds.wire feeds.opml feeds.policy feeds.hints feeds.moves
          feeds.coverage feeds.rhythm feeds.sites feeds.webpage feeds.page feeds.readable feeds.fulltext feeds.robots
          stories.identity stories.series stories.standing stories.normal stories.rarity stories.similarity
          stories.prints stories.guards stories.publisher stories.group stories.grouper stories.memory stories.origin
          stories.wording stories.apart stories.split topics.query topics.lexer topics.leaves topics.nodes
          topics.grammar topics.evaluate topics.anchors topics.findings topics.concepts topics.names topics.queries
          topics.index topics.meaning topics.score topics.match topics.explain topics.vocabulary topics.foreign
          topics.wanted topics.suggest topics.points topics.feedback topics.wordpiece topics.nearness topics.weighing
          digests.schedule digests.burst digests.snippet digests.novelty digests.telling digests.follow_ups
          digests.things digests.compose digests.second_look digests.volume digests.storm digests.mutes outbox.retry
          feeds.silence topics.compare digests.alerts outbox.notices topics.article_lines topics.imported
          topics.import_alerts topics.import_patterns topics.import_words topics.import_rules digests.budget
          views.plot_days views.sent views.plot_story views.spans feeds.recorded feeds.advice views.plot_rhythm
          views.feed_words views.moments views.records digests.retelling feeds.heads feeds.packed feeds.parts""",
    3: """feeds.connections feeds.guard feeds.getter feeds.fetch feeds.discover feeds.sandbox feeds.parser_child
          feeds.replay feeds.permission topics.lexicon topics.vectors channels.base channels.wording channels.record
          channels.plain channels.waits channels.slack channels.slack_blocks channels.slack_errors channels.asked
          channels.watch_words channels.slack_envelopes channels.slack_replies channels.slack_listener channels.email
          channels.email_message channels.webhook channels.console config.section config.channels config.schema
          config.values config.places config.secrets config.files config.feeds config.watchlist config.load
          config.examples config.faults config.watch config.edit config.edit_topics storage.engine storage.columns
          storage.care_tables storage.story_tables storage.delivery_tables storage.web_tables storage.tables
          storage.revision storage.migrate storage.backup storage.feeds storage.articles storage.stories
          storage.corrections storage.matches storage.digests storage.outbox storage.store storage.story_views
          storage.rows storage.topics storage.feed_rows storage.health storage.pages storage.word_index
          storage.search storage.suggesting storage.marks storage.outlook storage.vectors storage.prints
          storage.outbox_views storage.holds storage.mutes storage.tellings storage.told_stories
          channels.slack_elements channels.slack_story channels.slack_notes channels.slack_edit channels.slack_split
          channels.slack_web channels.slack_examine channels.sample channels.email_note channels.email_short
          channels.email_dialogue channels.atom channels.apprise storage.recipients storage.told storage.second_looks
          config.edit_restore storage.revisions storage.notices storage.replay channels.slack_link storage.sightings
          storage.waits storage.headlines storage.exporting storage.canary config.edit_names config.example_sources
          config.toml_text storage.near_misses storage.arrivals storage.bars config.edit_examples storage.renames
          channels.email_reading config.edit_lists config.web storage.web_sessions storage.delivery_views
          config.edit_list_values storage.story_lists storage.topic_views storage.looking storage.feed_views
          config.edit_whole config.edit_values config.draft metrics storage.gauge_views storage.target_views
          storage.sweeping feeds.recorder feeds.recordings storage.day_tellings storage.candidates storage.restore
          storage.restored storage.checking storage.run_tables storage.workers storage.handed config.own_files
          config.mounts storage.work_views storage.schemas storage.word_merging storage.kept_copies storage.declared
          channels.email_wire""",
    4: """pipeline.poll pipeline.ingest pipeline.grouping pipeline.visits pipeline.salvage pipeline.reach
          views.widening pipeline.second_look pipeline.look_notes pipeline.digest pipeline.closing pipeline.threads
          pipeline.sweep pipeline.pages pipeline.indexing pipeline.marks pipeline.watched pipeline.clicks
          pipeline.foresight pipeline.told_now pipeline.again pipeline.meanings pipeline.corrections outbox.deliver
          outbox.settle outbox.away outbox.operator in_force status trail dossier pipeline.look_back pipeline.plan
          pipeline.planned pipeline.plan_words missing pipeline.notices pipeline.silences pipeline.clock_jumps needs
          pipeline.audit pipeline.example_articles pipeline.bars pipeline.audit_words archive pipeline.renames
          pipeline.by_address pipeline.opened pipeline.troubles outbox.notes views.overview views.deliveries
          views.plot_bars views.plot_histogram views.stories views.story views views.marking views.topic
          views.topic_stories views.topic_list views.levels views.found views.changes views.slack_look views.feeds
          views.feed views.finding pipeline.rollback numbers gauges pipeline.arrived pipeline.pace pipeline.room
          pipeline.answers views.article views.corrected views.look_words views.told_lines views.trail_lines
          views.trail_record views.missing_lines views.keeping targets pipeline.behind shared_work pipeline.batches
          pipeline.visitor pipeline.background pipeline.merging refusals""",
    5: """runner scheduler health web.app web.site web.answers web.hosts web.readers web.bounds web.leaving
          web.leave_page web.headers web.desk web.person web.access web.forms web.refusals web.failing web.statics
          web.pages web.paging web.api web.api_routes web.page_routes web.page_overview web.api_overview web.edits
          web.page_stories web.api_stories web.page_deliveries web.api_deliveries web.patience web.topics_in
          web.page_topics web.page_topic_edits web.page_preview web.page_feeds web.page_feed_add web.api_feeds
          web.planner web.outcome web.editing web.applying web.page_watchlist web.page_revisions readiness pulse
          web.machine web.asked web.attempts web.bodies web.gate web.keyring web.sessions web.sign_in
          web.page_explain web.api_explain web.page_search web.new_topic web.api_watchlist web.api_revisions
          web.api_topics web.api_topic_edits web.api_search web.api_marked web.topic_form web.page_topic_form
          web.sealed web.heads web.api_workers queue""",
    6: """app preparing reception destinations cycle daemon demo pending slack_desk listening starting edits watchman
          canary dead_man auditor applying rerun replaying fetchers following units worker""",
    7: "cli __main__",
}
PURE_ROWS = {0, 1, 2}
IMPURE_IN_ROW_0 = {"clock", "logs"}
PURE_ANYWAY = {
    "config.toml_text",
    "channels.base",
    "channels.wording",
    "channels.record",
    "channels.plain",
    "channels.waits",
    "channels.slack_blocks",
    "channels.slack_elements",
    "channels.slack_story",
    "channels.slack_notes",
    "channels.slack_edit",
    "channels.slack_split",
    "channels.slack_errors",
    "channels.asked",
    "channels.watch_words",
    "channels.slack_envelopes",
    "channels.slack_replies",
    "channels.sample",
    "channels.slack_link",
    "channels.atom",
    "channels.email_wire",
}

DOORS: dict[str, set[str]] = {
    # Values are msgspec's. These want what it has not: a field left out of a comparison, a schema by pydantic.
    "dataclasses": {"web", "stories.similarity", "topics.concepts", "pipeline.sweep"},
    "nh3": {"text"},
    "Stemmer": {"words"},
    "feedparser": {"feeds.tolerant"},
    "fastfeedparser": {"feeds.fastpath"},
    "dateutil": {"feeds.dates"},
    "trafilatura": {"feeds.readable"},
    "onnxruntime": {"topics.vectors"},
    "numpy": {"topics.vectors"},  # the only form in which onnxruntime takes and gives numbers
    "httpx": {"feeds.guard", "feeds.getter"},
    "httpcore": {"feeds.guard", "feeds.getter", "feeds.connections"},  # how to connect, and where one may
    "multiprocessing": set(),  # re-imports the daemon in its children; feeds.sandbox starts a clean interpreter
    "subprocess": {"feeds.sandbox"},
    "slack_sdk": {"channels.slack_web", "channels.slack_listener"},
    "smtplib": {"channels.email_dialogue"},
    "jinja2": {"channels.email_message", "web.pages", "web.leave_page"},  # HTML out of untrusted text, autoescaped
    "pydantic": {
        "config.schema",
        "config.section",
        "config.channels",
        "config.values",
        "config.faults",
        "config.web",
        "web.paging",
        "web.api_stories",
        "web.api_feeds",
        "web.api_watchlist",
        "web.api_revisions",
        "web.api_topic_edits",
    },  # faults turns its errors into ours
    "tomlkit": {"config.edit"},  # writes text in TOML's own quoting
    "tomllib": {"config.files", "health"},  # the health check runs every half minute on the standard library alone
    "sqlmodel": {"storage.declared"},  # loads what maps rows to objects: a third of every start
    "sqlalchemy": {"storage"},
    "alembic": {"storage.migrate"},
    "apscheduler": {"scheduler"},
    "procrastinate": {"queue"},
    "starlette": {"web"},
    "fastapi": {"web"},
    "markupsafe": {"web.pages"},
    "feedgenerator": {"channels.atom"},
    "apprise": {"channels.apprise"},
    "prometheus_client": {"metrics"},
    "uvicorn": {"web.app", "web.bounds"},
}
ASYNC = {
    "feeds.connections",
    "feeds.guard",
    "feeds.getter",
    "feeds.fetch",
    "feeds.discover",
    "feeds.permission",
    "pipeline.poll",
    "pipeline.visitor",
    "pipeline.batches",
    "units",
    "queue",
    "worker",
    "pipeline.poll_batch",
    "pipeline.pages",
    "pipeline.second_look",
    "pulse",
    "runner",
    "scheduler",
    "web.access",
    "web.app",
    "web.bodies",
    "web.bounds",
    "web.forms",
    "web.heads",
    "web.hosts",
    "web.leaving",
    "web.sealed",
    "web.sign_in",
    "app",
    "cycle",
    "daemon",
}
CONCRETE_CHANNELS = {"channels.slack", "channels.email", "channels.webhook", "channels.console", "channels.apprise"}
IMPURE_IMPORTS = {
    "asyncio", "http", "importlib", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess",
    "tempfile", "threading", "time",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "urlopen", "__import__", "import_module"}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60


def layer_of(name: str) -> int | None:
    """The row a module stands in, by its own name or its package's."""
    for row, names in LAYERS.items():
        if packages_of(name) & set(names.split()):
            return row
    return None


def is_pure(name: str) -> bool:
    """Whether a module must have no effect at all."""
    return (layer_of(name) in PURE_ROWS and name not in IMPURE_IN_ROW_0) or name in PURE_ANYWAY


NAMES = sorted(files())


def test_every_module_has_its_row() -> None:
    """A module that stands in no row has no rules, so it may not exist; a row names no module that is gone."""
    assert [name for name in NAMES if layer_of(name) is None] == []
    packages = {name.split(".")[0] for name in NAMES}
    listed = {name for names in LAYERS.values() for name in names.split()}
    assert sorted(name for name in listed if name not in NAMES and name not in packages) == []


def test_the_page_has_the_same_map() -> None:
    """ARCHITECTURE.md names every module in its row, and none that is gone."""
    shown: dict[str, int] = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0][:1].isdigit():
            package = cells[1].strip("`")
            for module in re.findall(r"`([\w.]+)`", cells[2]):
                shown[f"{package}.{module}" if package else module] = int(cells[0][0])

    assert shown == {name: layer_of(name) for name in NAMES}


Rule = Callable[[str, ast.Module], Iterator[tuple[int, str]]]
"""What is wrong in a module of that name: the line, and what to do about it."""


def broken_by(rule: Rule) -> str:
    """Every violation of a rule in the whole package, a line each; empty when there is none."""
    return "\n".join(f"{path_of(name)}:{line}: {said}" for name in NAMES for line, said in rule(name, tree_of(name)))


def lower_rows(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A module imports lower rows and its own, and a door only doors of its own package."""
    row = layer_of(name)
    assert row is not None, f"{name} stands in no row"
    for target, line in own_imports(name, tree).items():
        target_row = layer_of(target)
        if target_row is None or target_row > row:
            yield line, f"{name} imports {target} of a higher row"
        if row == target_row == 3 and name.split(".")[0] != target.split(".")[0]:
            yield line, f"{name} imports the door {target} of another package"
        if is_pure(name) and not is_pure(target):
            yield line, f"{name} is pure and imports {target}, which is not"


def one_door(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A third-party library, and the few standard ones listed, are imported by their door alone."""
    for target, line in imports_of(tree):
        top = target.split(".")[0]
        if top in DOORS:
            if not packages_of(name) & DOORS[top]:
                yield line, f"{name} imports {top}: its door is {DOORS[top] or 'shut'}"
        elif top not in sys.stdlib_module_names and top not in {"monitor", "msgspec"}:
            yield line, f"{name} imports {top}, which has no line in DOORS"


def no_effects(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Decisions take the time as an argument and touch nothing."""
    if not is_pure(name):
        return
    for target, line in imports_of(tree):
        if target.split(".")[0] in IMPURE_IMPORTS:
            yield line, f"{name} is pure and imports {target}"
    for node in nodes_of(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in IMPURE_CALLS:
                yield node.lineno, f"{name} is pure and calls {called}()"


def absolute(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A relative import would go round every rule that looks at names."""
    for node in nodes_of(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, f"{name} imports by a relative name"


def asyncio_in_the_shell(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Only the modules listed may await; everything else is plain and testable without a loop."""
    if name in ASYNC:
        return
    for node in nodes_of(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield node.lineno, f"{name} is async and not listed in ASYNC"
    for target, line in imports_of(tree):
        if target.split(".")[0] == "asyncio":
            yield line, f"{name} imports asyncio and is not listed in ASYNC"


def channels_by_one(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A new channel is one module and one line in `destinations`."""
    if name == "destinations" or name in CONCRETE_CHANNELS:
        return
    for target, line in own_imports(name, tree).items():
        if target in CONCRETE_CHANNELS:
            yield line, f"{name} imports the channel {target}, which `destinations` alone may"


def imports_at_the_top(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module needs stands at its top."""
    functions = [node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for line in sorted({line for _, line in imports_of(tree)}):
        inside = [function.name for function in functions if line in span_of(function)]
        if inside:
            yield line, f"{name} imports inside {inside[-1]}"


def sizes(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A file fits a sitting, and a function fits a screen."""
    lines = files()[name].read_text().count("\n") if name in files() else 0
    if lines > FILE_LINES_MAX:
        yield lines, f"{name} has {lines} lines, {FILE_LINES_MAX} is most"
    for node in nodes_of(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and len(span_of(node)) > FUNCTION_LINES_MAX:
            yield node.lineno, f"{name}.{node.name} has {len(span_of(node))} lines, {FUNCTION_LINES_MAX} is most"


def effects_told(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A module says what it touches."""
    doc = ast.get_docstring(tree) or ""
    if not re.search(r"Effects: [^\n]+(\n[^\n]+)*\.$", doc):
        yield 1, f"{name}: the docstring must end with its effects"
    if is_pure(name) and "Effects: none." not in doc:
        yield 1, f"{name} is pure: its docstring must end with `Effects: none.`"


RULES: tuple[Rule, ...] = (
    lower_rows, one_door, no_effects, absolute, asyncio_in_the_shell, channels_by_one, imports_at_the_top, sizes,
    effects_told,
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Rule) -> None:
    """All modules at once; what is said is the whole list."""
    said = broken_by(rule)
    assert not said, f"{rule.__doc__}\n{said}"


LONG = "def f():\n" + "    pass\n" * FUNCTION_LINES_MAX


@pytest.mark.parametrize(
    ("rule", "name", "planted", "line"),
    [
        (lower_rows, "model", "import os\nfrom monitor.feeds.parse import parse_feed", 2),
        (lower_rows, "storage.feeds", "from monitor.channels import base", 1),
        (lower_rows, "channels.plain", "from monitor.channels.slack import Slack", 1),
        (one_door, "feeds.fetch", "import httpx", 1),
        (one_door, "app", "x = 1\nimport multiprocessing.pool", 2),
        (one_door, "app", "import requests", 1),
        (no_effects, "topics.match", "from time import sleep", 1),
        (no_effects, "channels.plain", "import datetime\nx = datetime.datetime.now()", 2),
        (no_effects, "topics.match", "def f():\n    print(1)", 2),
        (absolute, "app", "from . import errors", 1),
        (asyncio_in_the_shell, "topics.match", "async def f(): ...", 1),
        (asyncio_in_the_shell, "storage.store", "from asyncio import sleep", 1),
        (channels_by_one, "app", "from monitor.channels import slack", 1),
        (imports_at_the_top, "app", "def f():\n    import json", 2),
        (sizes, "planted", LONG, 1),
        (effects_told, "app", '"""Says nothing."""', 1),
        (effects_told, "topics.match", '"""Touches.\n\nEffects: database.\n"""', 1),
    ],
)
def test_a_planted_violation_is_found_at_its_line(rule: Rule, name: str, planted: str, line: int) -> None:
    """Each rule bites, for each thing it forbids."""
    assert [at for at, _ in rule(name, ast.parse(planted))] == [line]


def test_the_import_graph_has_no_cycle() -> None:
    """Modules can be read from the bottom up."""
    graph = {name: own_imports(name, tree_of(name)) for name in NAMES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join((*path, name))}"
        if name not in done:
            for target in graph[name]:
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())
