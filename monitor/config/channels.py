"""The shape of `[channels.NAME]`: every kind of channel with its keys.

Effects: none.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from monitor.config.section import Section, exactly_one
from monitor.config.values import (
    ApiUrl,
    BudgetText,
    Duration,
    FileName,
    MailAddress,
    SlackChannelId,
    SlackHost,
    Url,
    ValueFault,
    VariableName,
)


class ChannelSection(Section):
    """What every channel has."""

    max_age_s: Annotated[Duration, Field(ge=60, le=2_592_000)] = Field(default=86_400, alias="max_age")
    """A delivery that could not be made for this long is given up: yesterday's news is no news."""
    stories_max: int = Field(default=10, ge=1, le=50)
    """Stories told in full in one digest; the rest is counted."""
    per_hour_max: int = Field(default=20, ge=1, le=1_000)
    """Messages told at once in an hour; what comes beyond is gathered into the next."""
    at_most: BudgetText | None = None
    """How much may be told on it, over all its topics together."""


class ConsoleSettings(ChannelSection):
    """Standard output."""

    kind: Literal["console"]


class SlackSettings(ChannelSection):
    """A Slack channel, through a bot's token."""

    kind: Literal["slack"]
    channel: SlackChannelId = Field(examples=['"C0123456789"'])
    token_env: VariableName | None = None
    token_file: FileName | None = None
    app_token_env: VariableName | None = None
    app_token_file: FileName | None = None
    """The token of the app itself, for buttons and `/watch`; without it messages carry links alone."""
    api_url: ApiUrl = "https://slack.com/api/"
    workspace: SlackHost | None = None
    """The workspace's own host, for links to messages in `monitor explain`."""
    on_unknown: Literal["resend", "hold"] = "resend"
    """Where the bot may not read the history, so that nobody can say whether a message arrived."""

    @model_validator(mode="after")
    def _check(self) -> "SlackSettings":
        exactly_one(self, "token", is_needed=True)
        exactly_one(self, "app_token", is_needed=False)
        return self


class SmtpSection(Section):
    """The mail server that takes our messages."""

    host: str = Field(min_length=1, examples=['"mail.example.org"'])
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_env: VariableName | None = None
    password_file: FileName | None = None

    @model_validator(mode="after")
    def _check(self) -> "SmtpSection":
        exactly_one(self, "password", is_needed=bool(self.username), needed_for=" beside username")
        if not self.username and (self.password_env or self.password_file):
            raise ValueFault(
                "username is missing beside the password. Add it, or take the password away.", is_whole=True
            )
        return self


class EmailSettings(ChannelSection):
    """Mail, one message per recipient."""

    kind: Literal["email"]
    to: list[MailAddress] = Field(min_length=1, max_length=100, examples=['["desk@example.org"]'])
    sender: MailAddress = Field(alias="from", examples=['"News monitor <monitor@example.org>"'])
    smtp: SmtpSection = Field(examples=['{ host = "mail.example.org" }'])
    on_unknown: Literal["resend", "hold"] = "resend"


class WebhookSettings(ChannelSection):
    """A signed POST to an address of your own."""

    kind: Literal["webhook"]
    url: Url = Field(examples=['"https://example.org/hook"'])
    secret_env: VariableName | None = None
    secret_file: FileName | None = None
    on_unknown: Literal["resend", "hold"] = "resend"

    @model_validator(mode="after")
    def _check(self) -> "WebhookSettings":
        exactly_one(self, "secret", is_needed=True)
        return self


class AppriseSettings(ChannelSection):
    """Anything that the extra `apprise` speaks to, as plain text."""

    kind: Literal["apprise"]
    url_env: VariableName | None = None
    url_file: FileName | None = None
    """The address as apprise writes it; it holds secrets, so it never stands in the file."""
    on_unknown: Literal["resend", "hold"] = "resend"

    @model_validator(mode="after")
    def _check(self) -> "AppriseSettings":
        exactly_one(self, "url", is_needed=True)
        return self


ChannelSettings = Annotated[
    ConsoleSettings | SlackSettings | EmailSettings | WebhookSettings | AppriseSettings, Field(discriminator="kind")
]
CHANNEL_KINDS: dict[str, type[ChannelSection]] = {
    "console": ConsoleSettings,
    "slack": SlackSettings,
    "email": EmailSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}
