"""YAML for other programs, read as they read it: a key that stands twice is an error, not the last one's.

Effects: reads files.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are no dependency of ours

ROOT = Path(__file__).resolve().parent.parent
Values = dict[str, Any]
"""A document, whatever its kind: the schema judges its shape, not the type checker."""


class _Strict(yaml.SafeLoader):  # type: ignore[misc]  # has no types
    """Refuses a key that stands twice in one table; a merged one (`<<`) may be written again."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """The table, when none of its own keys is doubled."""
        own = [key.value for key, _ in node.value if key.value != "<<"]
        if twice := sorted({key for key in own if own.count(key) > 1}):
            raise yaml.constructor.ConstructorError(None, None, f"stands twice: {', '.join(twice)}", node.start_mark)
        return dict(super().construct_mapping(node, deep))


def read_documents(path: Path) -> list[Values]:
    """All documents of a file."""
    return list(parse_documents(path.read_text(encoding="utf-8")))


def parse_documents(text: str) -> Iterator[Values]:
    """All documents of a text."""
    for document in yaml.load_all(text, Loader=_Strict):  # a safe loader, made stricter
        assert isinstance(document, dict)
        yield document


def dockerfile_words(word: str) -> list[str]:
    """The arguments of an instruction each time it stands in the image's last stage."""
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").split("\nFROM ")[-1]
    return [line.removeprefix(f"{word} ").strip() for line in last.splitlines() if line.startswith(f"{word} ")]
