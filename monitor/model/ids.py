"""What things are called by: ids that cannot be mixed up.

Effects: none.
"""

from typing import NewType

FeedId = NewType("FeedId", int)
ArticleId = NewType("ArticleId", int)
StoryId = NewType("StoryId", int)
DigestId = NewType("DigestId", int)
DeliveryId = NewType("DeliveryId", int)
TopicKey = NewType("TopicKey", str)
"""The name of a topic's table in the watchlist, such as `hostage-negotiations`: it outlives edits of the name."""
ChannelName = NewType("ChannelName", str)
NO_FEED = FeedId(0)
"""Stands for the feed of an article that came from a file, not from a poll."""
NO_DIGEST = DigestId(0)
"""Of what belongs to no digest: they count from 1."""
