"""Every route of the site, found in the site itself, so that none can be forgotten; and a walk along its links."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient

VALUES = {"key": "hostage-negotiations", "number": "1", "name": "app.css", "token": "nobody"}
"""What stands for a name in braces, where nothing better is known."""
PER_SHAPE_MAX = 2
"""Pages looked at of one route with the same questions."""
PAGES_MAX = 120


@dataclass(frozen=True, slots=True)
class Way:
    """One method of one path, with names in braces."""

    method: str
    path: str

    @property
    def address(self) -> str:
        """An address of it."""
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: VALUES.get(found[1], "1"), self.path)

    def is_of(self, path: str) -> bool:
        """Whether a path is one of its addresses."""
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]+\}", self.path))
        return re.fullmatch(pattern, path) is not None


def ways_of(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[Way]:
    """All of them, the API's with its prefix."""
    for found in iter_route_contexts(list(routes)):
        if isinstance(found.original_route, Mount):
            yield from ways_of(found.original_route.routes, prefix + found.original_route.path)
            continue
        assert found.path is not None
        for method in sorted((found.methods or {"GET"}) - {"HEAD"}):
            yield Way(method, prefix + found.path)


@dataclass(slots=True)
class Markup(HTMLParser):
    """What a page could do, and where it leads."""

    links: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    in_script: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        for name, value in attrs:
            said = re.sub(r"[\s\x00-\x1f]", "", value or "").lower()
            if name.startswith("on") or name == "srcdoc":
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name in ("href", "src", "action", "formaction", "xlink:href") and said.startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name == "href" and tag == "a" and value:
                self.links.append(value)
            if name == "src" and not (value or "").startswith(("/", "cid:")):
                self.faults.append(f"<{tag} {name}={value!r}>")
        if tag == "script":
            self.in_script = True
            if not (dict(attrs).get("src") or "").startswith("/static/"):
                self.faults.append("a script stands in the page")
        if tag in ("object", "embed", "base", "x"):
            self.faults.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        """A script ends."""
        if tag == "script":
            self.in_script = False

    def handle_data(self, data: str) -> None:
        """A script has no words of its own."""
        if self.in_script and data.strip():
            self.faults.append("a script stands in the page")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was looked at."""

    way: Way | None
    path: str
    text: str
    markup: Markup


def walk(client: TestClient, ways: list[Way]) -> Iterator[Seen]:
    """The site as links lead through it, from the first page on; then what none led to."""
    pages = [way for way in ways if way.method == "GET" and not way.path.startswith("/api/")]
    waiting, counts, met = ["/"], {}, {"/"}  # type: list[str], dict[tuple[Way | None, tuple[str, ...]], int], set[str]
    waiting += [way.address for way in pages]
    for path in iter(lambda: waiting.pop(0) if waiting else "", ""):
        parts = urlsplit(path)
        way = next((one for one in pages if one.is_of(parts.path)), None)
        shape = way, tuple(sorted({name for name, _ in parse_qsl(parts.query)}))
        if counts.get(shape, 0) >= PER_SHAPE_MAX or sum(counts.values()) >= PAGES_MAX:
            continue
        counts[shape] = counts.get(shape, 0) + 1
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code != 500, path
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        markup = Markup()
        markup.feed(answer.text)
        yield Seen(way, path, answer.text, markup)
        for link in markup.links:
            onward = urlsplit(urljoin(path, link))
            target = f"{onward.path}?{onward.query}" if onward.query else onward.path
            if not onward.netloc and not onward.scheme and target not in met:
                met.add(target)
                waiting.insert(0, target)
