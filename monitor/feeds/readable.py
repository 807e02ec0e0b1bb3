"""The paragraphs of a page's article, without the menus, adverts and hints around them.

Loaded only where a page is read, in the parser process: the library and what it brings take 10 MB.

Effects: none.
"""

import trafilatura

from monitor.errors import ParseError, ParseReason


def find_paragraphs(page: str) -> str:
    """The text of the article in an HTML page, a line per paragraph; empty where none is found.

    Raises `ParseError` for a page nested too deeply, and nothing else but `MemoryError`.
    """
    try:
        found = trafilatura.extract(page, fast=True, include_comments=False, include_tables=False)
    except MemoryError:
        raise
    except RecursionError as error:
        raise ParseError("its elements are nested too deeply", reason=ParseReason.MALFORMED) from error
    except Exception:  # noqa: BLE001  # the library promises nothing; a page it breaks on has no paragraphs for us
        return ""
    return found if isinstance(found, str) else ""
