"""The configured channels, built: the one place that names them. A new channel is one module and a line here.

Effects: none; what it builds speaks to the network.
"""

import json
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from monitor.channels.apprise import AppriseChannel
from monitor.channels.base import Channel
from monitor.channels.console import ConsoleChannel
from monitor.channels.email import EmailChannel
from monitor.channels.email_message import read_address, render_html
from monitor.channels.plain import render_text
from monitor.channels.record import digest_record
from monitor.channels.slack import SlackChannel
from monitor.channels.slack_blocks import render_messages
from monitor.channels.webhook import WebhookChannel
from monitor.config.channels import AppriseSettings, ConsoleSettings, EmailSettings, SlackSettings
from monitor.config.load import Loaded
from monitor.config.secrets import Secret
from monitor.feeds.guard import Guard, PostAnswer, guarded_post
from monitor.model import ChannelName, Digest
from monitor.storage.store import Store

Links = Mapping[ChannelName, Mapping[str, str]]
"""By mail channel and recipient, the address by which that recipient leaves."""


def take_links(store: Store, loaded: Loaded) -> Links:
    """Where each recipient of mail leaves; none while readers cannot reach the page from outside."""
    public_url = loaded.settings.web.public_url
    mails = {name: one for name, one in loaded.settings.channels.items() if isinstance(one, EmailSettings)}
    if not public_url or not mails:
        return {}
    links: dict[ChannelName, Mapping[str, str]] = {}
    with store.write() as tx:
        for name, settings in mails.items():
            addresses = [read_address(address, f'channel "{name}"') for address in settings.to]
            tokens = tx.recipients.tokens(ChannelName(name), list(dict.fromkeys(addresses)))
            links[ChannelName(name)] = {to: f"{public_url}/unsubscribe/{token}" for to, token in tokens.items()}
    return links


def mail_recipients(loaded: Loaded) -> frozenset[tuple[ChannelName, str]]:
    """Whom the configured mail channels write to, by channel and address."""
    mails = ((name, one) for name, one in loaded.settings.channels.items() if isinstance(one, EmailSettings))
    return frozenset(
        (ChannelName(name), read_address(address, f'channel "{name}"')) for name, one in mails for address in one.to
    )


def build_channel(
    name: str, loaded: Loaded, guard: Guard, write: Callable[[str], None], links: Links | None = None
) -> Channel:
    """The configured channel of that name; `links` are those of `take_links`."""
    settings = loaded.settings.channels[name]
    held = loaded.secrets.get(ChannelName(name))
    secret = held.reveal() if held is not None else ""
    if isinstance(settings, ConsoleSettings):
        return ConsoleChannel(name, write)
    if isinstance(settings, SlackSettings):
        return SlackChannel(
            name,
            settings.channel,
            secret,
            settings.api_url,
            token_origin=held.origin if held is not None else "",
            interactive=bool(settings.app_token_env or settings.app_token_file),
        )
    if isinstance(settings, EmailSettings):
        return EmailChannel(
            name,
            settings.to,
            settings.sender,
            host=settings.smtp.host,
            port=settings.smtp.port,
            security=settings.smtp.security,
            username=settings.smtp.username,
            password=secret or None,
            unsubscribe=(links or {}).get(ChannelName(name)),
        )

    if isinstance(settings, AppriseSettings):
        return AppriseChannel(name, secret)

    def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> PostAnswer:
        return guarded_post(guard, url, body, headers, timeout_s)

    return WebhookChannel(name, settings.url, secret, post)


def render_as(name: ChannelName, loaded: Loaded, digest: Digest) -> list[str]:
    """The bodies that the configured channel would send, one per part and recipient, rendered by the channel itself.

    Nothing is sent, so a secret that is not there is no hindrance: another stands in its place.
    """
    nothing = Secret("preview", "nothing")
    able = replace(loaded, secrets={name: loaded.secrets.get(name, nothing)})
    channel = build_channel(name, able, Guard(), _refuse_to_write)
    return [payload.body for payload in channel.render(digest, f"preview-{name}")]


def _refuse_to_write(text: str) -> None:
    del text  # a preview renders; it never sends


def render_preview(digest: Digest, medium: str) -> str:
    """A digest as it would look: `text`, `html` (mail), `slack` (the messages' JSON) or `json` (the webhook's body)."""
    if medium == "html":
        return render_html(digest)
    if medium == "slack":
        return json.dumps(render_messages(digest, "preview"), ensure_ascii=False, indent=2)
    if medium == "json":
        return json.dumps(digest_record(digest), ensure_ascii=False, indent=2)
    return render_text(digest)
