"""The names of the canary: an entry of our own that goes through the whole way, and that no person sees.

No person can give these names: a topic's key and a channel's name hold no `~`.

Effects: none.
"""

from monitor.model.ids import ChannelName, TopicKey

CANARY_TOPIC = TopicKey("~canary")
CANARY_CHANNEL = ChannelName("~canary")
CANARY_PATH = "/~canary/feed.xml"
CANARY_HOST = "http://127.0.0.1:"


def is_canary(url: str) -> bool:
    """Whether it is the address of the canary's feed."""
    return url.startswith(CANARY_HOST) and url.endswith(CANARY_PATH)
