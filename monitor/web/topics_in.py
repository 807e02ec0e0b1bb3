"""The topic that an address names, as it is in force.

Effects: none.
"""

from typing import Annotated

from fastapi import Path

from monitor.config.values import near_miss
from monitor.in_force import InForce
from monitor.text import shorten
from monitor.topics.match import CompiledTopic
from monitor.web.refusals import NotThere

KeyIn = Annotated[str, Path(max_length=100, description="The topic's key, as in `[topics.KEY]`.")]


def find_topic(force: InForce, key: str) -> CompiledTopic:
    """The topic, with its words weighed by the archive and what marks taught. Raises NotThere."""
    topics = force.watched.watchlist.topics
    found = next((one for one in topics if one.topic.key == key), None)
    if found is None:
        near = near_miss(key, [str(one.topic.key) for one in topics])
        raise NotThere(
            f"there is no topic {shorten(key, 100)} in force", remedy=f"{near}The list of topics has them all.".strip()
        )
    return found
