"""JSON Feed 1.0 and 1.1 to a feed: the one format the XML parsers do not read.

Effects: none.
"""

import json
from collections.abc import Mapping

from monitor.errors import ParseError, ParseReason
from monitor.feeds.dates import read_date
from monitor.feeds.entries import RawEntry, RawFeed

ROAD = "json"

_Object = Mapping[str, object]


def parse_json_feed(text: str) -> RawFeed:
    """What a JSON Feed holds. Fields of a wrong type count as missing, so one bad entry costs no other.

    Raises `ParseError`: malformed for what is not JSON, not a feed for JSON without a list of `items`.
    """
    try:
        value = json.loads(text, strict=False)  # line breaks inside strings are common and harmless
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not readable as JSON ({error})", reason=ParseReason.MALFORMED) from error
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise ParseError("JSON, but not a JSON Feed: it has no list of items", reason=ParseReason.NOT_A_FEED)
    return RawFeed(
        road=ROAD,
        title=_text(value, "title"),
        link=_text(value, "home_page_url"),
        language=_text(value, "language") or None,
        entries=[_entry(found) for found in value["items"] if isinstance(found, dict)],
    )


def _entry(found: _Object) -> RawEntry:
    as_html, as_text = _text(found, "content_html"), _text(found, "content_text")
    return RawEntry(
        id=_id(found.get("id")),
        title=_text(found, "title"),
        title_is_text=True,
        link=_text(found, "url") or _text(found, "external_url"),
        other_links=[url for url in (_text(one, "url") for one in _objects(found, "attachments")) if url],
        published=read_date(_text(found, "date_published")),
        updated=read_date(_text(found, "date_modified")),
        author=_author(found),
        summary=_text(found, "summary"),
        summary_is_text=True,
        content=as_html or as_text,
        content_is_text=not as_html,
        language=_text(found, "language") or None,
        tags=[tag for tag in _list(found, "tags") if isinstance(tag, str)],
    )


def _author(found: _Object) -> str:
    names = [_text(one, "name") for one in _objects(found, "authors")]
    single = found.get("author")  # version 1.0
    if isinstance(single, dict):
        names.append(_text(single, "name"))
    return ", ".join(dict.fromkeys(name.strip() for name in names if name.strip()))


def _id(value: object) -> str:
    # 1.0 allows numbers; `true` is a number to Python and an id to nobody.
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""


def _text(found: _Object, key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _list(found: _Object, key: str) -> list[object]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _objects(found: _Object, key: str) -> list[_Object]:
    return [one for one in _list(found, key) if isinstance(one, dict)]
