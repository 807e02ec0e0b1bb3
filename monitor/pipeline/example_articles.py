"""The stored article behind a topic's example that is an address.

Effects: database.
"""

from msgspec.structs import replace

from monitor.errors import StorageError
from monitor.feeds.fulltext import complete
from monitor.model import Article
from monitor.pipeline.by_address import find_ids
from monitor.storage.store import Store


def stored_article(store: Store, address: str) -> Article | str:
    """The article stored under an address, its text completed by its page's, as the daemon judged it.

    Else why there is none to try, as a sentence goes on. Several under one address: the one first seen.
    """
    try:
        with store.read() as tx:
            ids = find_ids(tx, address)
            found = tx.articles.by_ids(ids)
            if not found:
                return "was removed from the archive by its age" if ids else "is not in the archive"
            article = found[min(found)].article
            page = tx.pages.of_article(article.id)
    except StorageError as error:
        # An edit is not refused because the database is busy or down: the example is told as one that was not tried.
        return f"could not be looked up ({error.what})"
    return replace(article, text=complete(article.text, page.text)) if page is not None and page.text else article
