"""The house rules: layers, doors, where asyncio may stand, sizes. ARCHITECTURE.md says why."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "monitor"

LAYERS: dict[int, str] = {
    0: "errors text words language urls clock logs",
    1: "model",
    2: """feeds.parse feeds.jsonfeed feeds.fastpath feeds.tolerant feeds.dates feeds.entries feeds.decode
          feeds.fingerprint feeds.addresses feeds.body feeds.wire feeds.opml feeds.policy feeds.hints feeds.moves
          feeds.coverage feeds.rhythm feeds.sites feeds.webpage feeds.page feeds.readable feeds.fulltext
          feeds.robots stories.identity stories.series stories.standing stories.normal stories.rarity
          stories.similarity stories.prints stories.guards stories.publisher stories.group stories.grouper
          stories.memory stories.origin stories.wording stories.apart stories.split topics.query topics.lexer
          topics.leaves topics.nodes topics.grammar topics.evaluate topics.anchors topics.findings topics.concepts
          topics.names topics.queries topics.index topics.meaning topics.score topics.match topics.explain
          topics.vocabulary topics.foreign topics.wanted topics.suggest topics.points topics.feedback
          topics.wordpiece topics.nearness digests.schedule digests.burst digests.snippet digests.novelty
          digests.telling digests.follow_ups digests.things digests.compose digests.second_look digests.volume
          digests.storm digests.mutes outbox.retry topics.compare digests.alerts digests.silence outbox.notices
          topics.article_lines topics.imported topics.import_alerts topics.import_patterns topics.import_words
          topics.import_rules digests.budget""",
    3: """feeds.connections feeds.guard feeds.getter feeds.fetch feeds.discover feeds.sandbox feeds.parser_child
          feeds.replay feeds.permission topics.lexicon topics.vectors channels.base channels.wording
          channels.record channels.plain channels.waits channels.slack channels.slack_blocks channels.slack_errors
          channels.asked channels.watch_words channels.slack_envelopes channels.slack_replies
          channels.slack_listener channels.email channels.email_message channels.webhook channels.console
          config.section config.channels config.schema config.values config.places config.secrets config.files
          config.feeds config.watchlist config.load config.examples config.faults config.watch config.edit
          config.edit_topics storage.engine storage.columns storage.care_tables storage.story_tables
          storage.delivery_tables storage.tables storage.revision storage.migrate storage.backup storage.feeds
          storage.articles storage.stories storage.corrections storage.matches storage.digests storage.outbox
          storage.store storage.story_views storage.rows storage.topics storage.feed_rows storage.health
          storage.pages storage.word_index storage.search storage.suggesting storage.marks storage.outlook
          storage.vectors storage.prints storage.outbox_views storage.holds storage.mutes storage.tellings
          storage.told_stories channels.slack_elements channels.slack_story channels.slack_notes
          channels.slack_edit channels.slack_split channels.slack_web channels.slack_examine channels.sample
          channels.email_note channels.email_short channels.email_dialogue channels.atom channels.apprise
          storage.recipients storage.told storage.second_looks config.edit_restore storage.revisions
          storage.notices storage.replay channels.slack_link storage.sightings storage.waits storage.headlines
          storage.exporting storage.canary config.edit_names config.example_sources config.toml_text
          storage.near_misses storage.bars config.edit_examples config.edit_lists""",
    4: """pipeline.poll pipeline.ingest pipeline.grouping pipeline.visits pipeline.salvage pipeline.reach
          pipeline.second_look pipeline.look_notes pipeline.digest pipeline.closing pipeline.threads pipeline.sweep
          pipeline.pages pipeline.indexing pipeline.marks pipeline.watched pipeline.clicks pipeline.foresight
          pipeline.told_now pipeline.again pipeline.meanings pipeline.corrections outbox.deliver outbox.settle
          outbox.away outbox.operator status trail dossier pipeline.look_back pipeline.plan pipeline.planned
          pipeline.plan_words missing pipeline.notices pipeline.clock_jumps needs pipeline.audit
          pipeline.audit_words
          pipeline.example_articles pipeline.bars""",
    5: "runner scheduler web.pages web.app health web.hosts web.readers web.bounds",
    6: """app in_force destinations cycle daemon demo pending slack_desk listening starting edits watchman canary
          dead_man auditor""",
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
}

DOORS: dict[str, set[str]] = {
    "nh3": {"text"},
    "snowballstemmer": {"words"},
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
    "jinja2": {"channels.email_message", "web.pages"},  # both are HTML out of untrusted text, autoescaped
    "pydantic": {
        "config.schema",
        "config.section",
        "config.channels",
        "config.values",
        "config.faults",
    },  # faults turns its errors into ours
    "tomlkit": {"config.edit"},  # writes text in TOML's own quoting
    "tomllib": {"config.files", "health"},  # the health check runs every half minute on the standard library alone
    "sqlmodel": {"storage"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage.migrate"},
    "apscheduler": {"scheduler"},
    "starlette": {"web.app", "web.hosts"},
    "feedgenerator": {"channels.atom"},
    "apprise": {"channels.apprise"},
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
    "pipeline.pages",
    "pipeline.second_look",
    "runner",
    "scheduler",
    "web.app",
    "web.bounds",
    "web.hosts",
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


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its name without the package, parsed."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        tree = ast.parse(path.read_text(), filename=str(path))
        if name == "__init__":
            continue
        if not name.endswith("__init__"):
            found[name] = tree
        elif len(tree.body) > 1:  # a package whose own file holds more than its docstring
            found[name.removesuffix(".__init__")] = tree
    return found


def layer_of(name: str) -> int | None:
    """The row a module stands in, by its own name or its package's."""
    for row, names in LAYERS.items():
        if name in names.split() or name.split(".")[0] in names.split():
            return row
    return None


def imports_of(tree: ast.Module) -> list[tuple[str, int]]:
    """Every imported module with its line."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def own_imports(name: str, tree: ast.Module) -> set[str]:
    """The modules of this package that a module imports."""
    known = modules()
    found = set()
    for target, _ in imports_of(tree):
        if not target.startswith("monitor."):
            continue
        parts = target.removeprefix("monitor.").split(".")
        for length in range(len(parts), 0, -1):
            if ".".join(parts[:length]) in known:
                found.add(".".join(parts[:length]))
                break
    return found - {name}


def is_pure(name: str) -> bool:
    """Whether a module must have no effect at all."""
    return (layer_of(name) in PURE_ROWS and name not in IMPURE_IN_ROW_0) or name in PURE_ANYWAY


NAMES = sorted(modules())


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


@pytest.mark.parametrize("name", NAMES)
def test_imports_only_lower_rows(name: str) -> None:
    """A module imports lower rows and its own, and a door only doors of its own package."""
    row = layer_of(name)
    assert row is not None
    for target in own_imports(name, modules()[name]):
        target_row = layer_of(target)
        assert target_row is not None
        assert target_row <= row, f"{name} imports {target} of a higher row"
        if row == 3 and target_row == 3:
            assert name.split(".")[0] == target.split(".")[0], f"{name} imports the door {target} of another package"
        if is_pure(name):
            assert is_pure(target), f"{name} is pure and imports {target}, which is not"


@pytest.mark.parametrize("name", NAMES)
def test_one_library_one_door(name: str) -> None:
    """A third-party library, and the few standard ones listed, are imported by their door alone."""
    for target, line in imports_of(modules()[name]):
        top = target.split(".")[0]
        if top in DOORS:
            allowed = DOORS[top]
            assert name in allowed or name.split(".")[0] in allowed, (
                f"{name}:{line} imports {top}: its door is {allowed}"
            )
        elif top not in sys.stdlib_module_names and top != "monitor":
            pytest.fail(f"{name}:{line} imports {top}, which has no line in DOORS")


@pytest.mark.parametrize("name", [name for name in NAMES if is_pure(name)])
def test_pure_modules_have_no_effects(name: str) -> None:
    """Decisions take the time as an argument and touch nothing."""
    tree = modules()[name]
    for target, line in imports_of(tree):
        assert target.split(".")[0] not in IMPURE_IMPORTS, f"{name}:{line} imports {target}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            assert called not in IMPURE_CALLS, f"{name}:{node.lineno} calls {called}()"


@pytest.mark.parametrize("name", NAMES)
def test_imports_are_absolute(name: str) -> None:
    """A relative import would go round every rule that looks at names."""
    for node in ast.walk(modules()[name]):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{name}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize("name", NAMES)
def test_asyncio_stays_in_the_shell(name: str) -> None:
    """Only the modules listed may await; everything else is plain and testable without a loop."""
    if name in ASYNC:
        return
    for node in ast.walk(modules()[name]):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"{name}:{getattr(node, 'lineno', 0)} is async"
    assert not [line for target, line in imports_of(modules()[name]) if target.split(".")[0] == "asyncio"]


@pytest.mark.parametrize("name", NAMES)
def test_channels_are_named_by_app_alone(name: str) -> None:
    """A new channel is one module and one line in `destinations`."""
    if name == "destinations" or name in CONCRETE_CHANNELS:
        return
    assert own_imports(name, modules()[name]) & CONCRETE_CHANNELS == set()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_imports_inside_a_function(name: str) -> None:
    """What a module needs stands at its top."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            assert not inner, f"{name}:{inner[0].lineno} imports inside {node.name}"


def test_the_import_graph_has_no_cycle() -> None:
    """Modules can be read from the bottom up."""
    graph = {name: own_imports(name, tree) for name, tree in modules().items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join((*path, name))}"
        if name not in done:
            for target in graph[name]:
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", NAMES)
def test_sizes_and_docstrings(name: str) -> None:
    """A file fits a sitting, a function fits a screen, and a module says what it touches."""
    tree = modules()[name]
    path = PACKAGE / (name.replace(".", "/") + ".py")
    if path.exists():
        assert path.read_text().count("\n") <= FILE_LINES_MAX
    doc = ast.get_docstring(tree) or ""
    assert re.search(r"Effects: [^\n]+(\n[^\n]+)*\.$", doc), f"{name}: the docstring must end with its effects"
    if is_pure(name):
        assert "Effects: none." in doc
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno + 1 <= FUNCTION_LINES_MAX, f"{name}.{node.name} is too long"
