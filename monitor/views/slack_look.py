"""A Slack message as a person sees it, out of its blocks: plain runs of text that a page can show without Slack.

Effects: none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

_ANGLED = re.compile(r"<(!date\^[^|>]*|https?://[^|>]*)\|([^>]*)>")


class Run(Struct, frozen=True):
    """Characters of one look."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    href: str = ""
    """Only http and https."""


class Part(Struct, frozen=True):
    """A paragraph: `header`, `aside`, `text`, `quote`, `item`, `divider` or `button`."""

    kind: str
    runs: tuple[Run, ...] = ()


class SlackLook(Struct, frozen=True):
    """One message."""

    fallback: str
    """What a phone's notification and a screen reader say."""
    parts: tuple[Part, ...]


def look_of(message: Mapping[str, Any]) -> SlackLook:
    """A message as it would look; what is not known is left out."""
    parts = [part for block in message.get("blocks", ()) for part in _parts(block)]
    return SlackLook(unescape(str(message.get("text", ""))), tuple(parts))


def _parts(block: Mapping[str, Any]) -> Iterator[Part]:
    kind = block.get("type")
    if kind == "header":
        yield Part("header", (Run(str(block["text"]["text"])),))
    elif kind == "divider":
        yield Part("divider")
    elif kind == "context":
        yield Part("aside", tuple(run for one in block.get("elements", ()) for run in _written(one)))
    elif kind == "section" and "text" in block:
        yield Part("text", tuple(_written(block["text"])))
    elif kind == "actions":
        yield from (
            Part("button", (Run(str(one["text"]["text"])),)) for one in block.get("elements", ()) if "text" in one
        )
    elif kind == "rich_text":
        for element in block.get("elements", ()):
            yield from _rich(element)


def _rich(element: Mapping[str, Any]) -> Iterator[Part]:
    kind = element.get("type")
    if kind == "rich_text_list":
        for one in element.get("elements", ()):
            yield Part("item", _runs(one.get("elements", ())))
    else:
        yield Part("quote" if kind == "rich_text_quote" else "text", _runs(element.get("elements", ())))


def _runs(elements: Sequence[Mapping[str, Any]]) -> tuple[Run, ...]:
    runs = []
    for one in elements:
        style = one.get("style", {})
        text = one.get("text") or one.get("fallback") or one.get("url") or ""
        if text:
            is_bold, is_italic = bool(style.get("bold")), bool(style.get("italic"))
            runs.append(Run(str(text), is_bold, is_italic, _href(str(one.get("url", "")))))
    return tuple(runs)


def _href(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def _written(element: Mapping[str, Any]) -> Iterator[Run]:
    """Slack's own markup as it comes out: dates by their fallback, links as links; plain text as it is."""
    text = str(element.get("text", ""))
    if element.get("type") != "mrkdwn":
        yield Run(text)
        return
    end = 0
    for found in _ANGLED.finditer(text):
        if found.start() > end:
            yield Run(unescape(text[end : found.start()]))
        yield replace(Run(unescape(found[2])), href=_href(unescape(found[1])))
        end = found.end()
    if end < len(text):
        yield Run(unescape(text[end:]))
