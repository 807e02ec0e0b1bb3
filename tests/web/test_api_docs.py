"""docs/api.md is true: its examples run, its failures are those declared, each operation stands in it."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from monitor.web.api import RESPONSES
from tests.web.guarded import DESK_TOKEN, basic, guarded
from tests.web.newsroom import Newsroom
from tests.web.routes import ways_of

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def run(client: TestClient, line: str) -> int:
    """What curl would ask: the address, its headers, a user with a password."""
    words = shlex.split(line.replace("$MONITOR_TOKEN", DESK_TOKEN).replace("$MONITOR", "").replace("KEY", "floods"))
    headers: dict[str, str] = {}
    for option, value in pairwise(words):
        if option == "-H":
            name, _, said = value.partition(": ")
            headers[name] = said
        if option == "-u":
            headers |= basic(value.partition(":")[2])
    return int(client.get(words[-1], headers=headers).status_code)


def test_the_examples_of_the_page_run(shown_newsroom: Newsroom) -> None:
    """With a token, from another machine."""
    lines = re.findall(r'curl (?:-H|-u) "[^"]+" "\$MONITOR[^"]+"', PAGE)
    assert len(lines) >= 4
    with guarded(shown_newsroom) as there:
        for line in lines:
            assert run(there.client, line) == 200, line


def test_the_page_names_every_failure_and_every_operation(shown_newsroom: Newsroom) -> None:
    """So that nobody has to guess what is there."""
    assert {int(number) for number in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)} == set(RESPONSES)
    site = shown_newsroom.client.app
    assert isinstance(site, FastAPI)
    named = {
        (method, re.sub(r"\b(KEY|ID|ARTICLE|\d+)\b|\{\w+\}", "{}", path))
        for method, path in re.findall(r"\b(GET|POST|PUT|DELETE) (/[\w/{}]*)", PAGE)
    }
    missing = [
        (way.method, way.path)
        for way in ways_of(site.routes)
        if way.path.startswith("/api/v1/")
        and not way.path.endswith("openapi.json")
        and (way.method, re.sub(r"\{[^}]+\}", "{}", way.path.removeprefix("/api/v1"))) not in named
    ]
    assert not missing, missing


def test_names_are_those_of_a_program_that_is_made_from_the_description(shown_newsroom: Newsroom) -> None:
    """Each operation and each shape has one name of its own, and none tells of our modules."""
    described = shown_newsroom.client.get("/api/v1/openapi.json").json()
    operations = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert "get_topics_key_stories" in operations
    assert len(set(operations)) == len(operations)
    assert not [name for name in described["components"]["schemas"] if "__" in name]
