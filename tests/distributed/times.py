"""The product's times, made shorter for tests: a lease of minutes is one of seconds, all in the same proportion.

Effects: none.
"""

SHORT: tuple[str, ...] = (
    "monitor.storage.feeds:LEASE_S=8",
    "monitor.storage.outbox:LEASE_S=8",
    "monitor.outbox.deliver:SEND_S_MAX=4",
    "monitor.storage.workers:LOST_AFTER=6",
    "monitor.storage.workers:LEAD_FOR=3",
    "monitor.channels.slack:SlackChannel.spacing_s=0.05",
)
"""As `launch` takes them."""
