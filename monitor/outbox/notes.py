"""A note as deliveries for the outbox.

Effects: none.
"""

from monitor.channels.base import Payload
from monitor.model import ChannelName, DeliveryId, DeliveryKind, DigestId, TopicKey
from monitor.model.ids import NO_DIGEST
from monitor.storage.outbox import NewDelivery

NO_TOPIC = TopicKey("")


def note_delivery(
    channel: ChannelName,
    payload: Payload,
    key: str,
    *,
    stories: int = 0,
    digest_id: DigestId = NO_DIGEST,
    topic: TopicKey = NO_TOPIC,
    thread_of: DeliveryId | None = None,
) -> NewDelivery:
    """One rendered part of a note; `key` is the note's own, and the same note is never put in line twice."""
    return NewDelivery(
        digest_id=digest_id,
        topic=topic,
        channel=channel,
        key=f"{key}-{payload.suffix}" if payload.suffix else key,
        part=payload.part,
        stories=stories,
        payload=payload.body,
        kind=DeliveryKind.NOTE,
        lane=payload.lane,
        thread_of=thread_of,
    )
