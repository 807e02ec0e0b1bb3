"""What a sentence is compared with before it counts as near: the newest articles of the archive, as a model read them.

Effects: database.
"""

from monitor.storage.store import Transaction
from monitor.topics.nearness import BACKGROUND_MAX, Meanings, unpack_vector


def learn_background(tx: Transaction, meanings: Meanings) -> None:
    """Take the newest articles of the archive into the background."""
    meanings.learn(map(unpack_vector, tx.vectors.latest(meanings.model, BACKGROUND_MAX)))
