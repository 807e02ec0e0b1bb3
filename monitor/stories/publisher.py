"""Who published an article.

Effects: none.
"""

from monitor.model import Article
from monitor.urls import publisher_of


def publisher_key(article: Article) -> str:
    """Who published an article, so that two articles of one publisher have the same key.

    The registrable domain of the article's address; where that is an aggregator's, or there is none, the outlet the
    entry names, else the name of its feed, whatever their case and spacing.
    """
    return publisher_of(article.url, " ".join(article.outlet.casefold().split()))
