"""The articles that a person names by an id or an address.

Effects: database.
"""

from monitor.model import ArticleId, Entry
from monitor.storage.store import Transaction
from monitor.stories.identity import AliasKind, entry_keys
from monitor.urls import is_web_url

ID_DIGITS_MAX = 30
"""More digits than any id has: the rest is not read."""


def find_ids(tx: Transaction, wanted: str) -> list[ArticleId]:
    """The articles that an id or an address names, swept ones among them, oldest first."""
    if wanted.isdecimal():
        return [ArticleId(number)] if (number := int(wanted[:ID_DIGITS_MAX])) < 2**63 else []
    link = wanted if is_web_url(wanted) else f"https://{wanted}"
    key = entry_keys(Entry(id="", title="", link=link)).get(AliasKind.URL)
    return tx.articles.with_url_key(key) if key is not None else []
