"""The configuration in force, in the forms that the pipeline and the pages want.

Effects: none.
"""

from msgspec import Struct

from monitor.channels.base import Channel
from monitor.config.load import Loaded
from monitor.model import ChannelName, Topic, TopicKey
from monitor.outbox.deliver import Peers, SendRules
from monitor.pipeline.digest import DigestContext
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.watched import Watched


class InForce(Struct, frozen=True):
    """The configuration in force, in the forms the pipeline wants; swapped whole."""

    loaded: Loaded
    topics: dict[TopicKey, Topic]
    watched: Watched
    channels: dict[ChannelName, Channel]
    rules: dict[ChannelName, SendRules]
    peers: Peers
    ingest: IngestContext
    digest: DigestContext
