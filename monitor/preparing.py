"""A configuration in the forms that the pipeline wants: channels built, topics compiled, rules by name.

Effects: database; what it builds speaks to the network.
"""

from collections.abc import Callable

from msgspec import Struct

from monitor.config.channels import ChannelSettings
from monitor.config.load import Loaded
from monitor.destinations import build_channel, take_links
from monitor.digests.novelty import Weight
from monitor.feeds.fulltext import Wishes
from monitor.feeds.guard import Guard
from monitor.feeds.policy import PollBounds
from monitor.in_force import InForce
from monitor.model import ChannelName, FullText, TopicKey
from monitor.outbox.deliver import Peers, SendRules
from monitor.pipeline.digest import DigestContext
from monitor.pipeline.grouping import StoryWords
from monitor.pipeline.ingest import IngestContext
from monitor.pipeline.watched import watch
from monitor.storage.store import Store
from monitor.stories.apart import keep_apart
from monitor.topics.match import CompiledWatchlist


class Parts(Struct, frozen=True):
    """What stays while configurations come and go."""

    store: Store
    guard: Guard
    write: Callable[[str], None]
    owner: str
    words: StoryWords
    weight: Weight
    note_match: Callable[[TopicKey, float], None] = lambda _topic, _delay_s: None
    """Told of each match that comes later than its article, with how much later in seconds."""


def prepare(loaded: Loaded, parts: Parts) -> InForce:
    """What the pipeline wants of a configuration. Reads the database, and gives new recipients their links."""
    polling = loaded.settings.polling
    topics = {topic.key: topic for topic in loaded.watchlist.topics}
    watched = watch(parts.store, loaded.compiled)
    links = take_links(parts.store, loaded)
    channels = {
        ChannelName(name): build_channel(name, loaded, parts.guard, parts.write, links)
        for name in loaded.settings.channels
    }
    settings = {ChannelName(name): value for name, value in loaded.settings.channels.items()}
    return InForce(
        loaded=loaded,
        topics=topics,
        watched=watched,
        channels=channels,
        rules={name: rules_of(value) for name, value in settings.items()},
        peers=Peers(
            channels,
            tuple(ChannelName(name) for name in loaded.settings.operator.channels),
            next((topic.schedule.timezone for topic in loaded.watchlist.topics), "UTC"),
        ),
        ingest=IngestContext(
            watchlist=watched.watchlist,
            topics=topics,
            bounds=PollBounds(polling.interval_min_s, polling.interval_max_s),
            owner=parts.owner,
            tell_first_poll=polling.first_poll == "tell",
            rules={feed.url: feed.rules for feed in loaded.feeds},
            apart=keep_apart(loaded.feeds),
            wishes=wishes_of(loaded, watched.watchlist),
            words=parts.words,
            note_match=parts.note_match,
        ),
        digest=DigestContext(
            topics,
            channels,
            {name: value.stories_max for name, value in settings.items()},
            parts.weight,
            {name: value.per_hour_max for name, value in settings.items()},
            loaded.at_most,
        ),
    )


def wishes_of(loaded: Loaded, watchlist: CompiledWatchlist) -> Wishes:
    """Which feeds' pages are read."""
    default = FullText(loaded.settings.polling.full_text)
    chosen = {feed.name: feed.full_text or default for feed in loaded.feeds}
    return Wishes({name: wish for name, wish in chosen.items() if wish is not FullText.NEVER}, watchlist)


def rules_of(settings: ChannelSettings) -> SendRules:
    """How a channel's deliveries are treated."""
    return SendRules(max_age_s=settings.max_age_s, resend_unknown=getattr(settings, "on_unknown", "resend") == "resend")
