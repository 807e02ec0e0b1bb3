"""The product's times, made shorter for tests: a lease of minutes is one of seconds, all in the same proportion.

Effects: none.
"""

SHORT: tuple[str, ...] = (
    "monitor.worker:BEAT_EVERY_S=1",
    "monitor.worker:RESCUE_EVERY_S=1",
    "monitor.worker:SLEPT_S=4",
    "monitor.queue:BEAT_S=1",
    "monitor.queue:LOST_S=6",
    "monitor.storage.workers:LOST_AFTER=6",
    "monitor.storage.workers:LEAD_FOR=3",
    "monitor.storage.feeds:LEASE_S=12",
    "monitor.pipeline.batches:RENEW_S=3",
    "monitor.storage.outbox:LEASE_S=12",
    "monitor.outbox.deliver:SEND_S_MAX=6",
    "monitor.channels.slack:SlackChannel.spacing_s=0.05",
)
"""As `launch` takes them."""
