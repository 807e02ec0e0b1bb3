"""The package as the house rules see it: every module parsed once, its imports, calls and functions."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "monitor"

Looked = ast.Import | ast.ImportFrom | ast.Call | ast.FunctionDef | ast.AsyncFunctionDef | ast.Await


@cache
def nodes_of(tree: ast.Module) -> tuple[Looked, ...]:
    """What the rules look at; walking every tree is most of what they cost, so it is done once."""
    return tuple(node for node in ast.walk(tree) if isinstance(node, Looked))


@cache
def files() -> dict[str, Path]:
    """Every module of the package by its name without the package, and its file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if name == "__init__":
            continue
        if not name.endswith("__init__"):
            found[name] = path
        elif len(ast.parse(path.read_text()).body) > 1:  # a package whose own file holds more than its docstring
            found[name.removesuffix(".__init__")] = path
    return found


def packages_of(name: str) -> set[str]:
    """A module and every package it stands in."""
    parts = name.split(".")
    return {".".join(parts[: count + 1]) for count in range(len(parts))}


@cache
def tree_of(name: str) -> ast.Module:
    """A module, parsed."""
    return ast.parse(files()[name].read_text(), filename=str(files()[name]))


def path_of(name: str) -> str:
    """The file of a module, from the root."""
    return str(files()[name].relative_to(ROOT))


@cache
def imports_of(tree: ast.Module) -> list[tuple[str, int]]:
    """Every imported module with its line."""
    found: list[tuple[str, int]] = []
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


@cache
def own_imports(name: str, tree: ast.Module) -> dict[str, int]:
    """The modules of this package that a module imports, each with the first line that does."""
    known = files()
    found: dict[str, int] = {}
    for target, line in imports_of(tree):
        if not target.startswith("monitor."):
            continue
        parts = target.removeprefix("monitor.").split(".")
        for length in range(len(parts), 0, -1):
            if ".".join(parts[:length]) in known:
                found.setdefault(".".join(parts[:length]), line)
                break
    found.pop(name, None)
    return found


def span_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> range:
    """Its lines."""
    return range(function.lineno, (function.end_lineno or function.lineno) + 1)
