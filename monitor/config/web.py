"""The shape of `[web]`: where the page listens, by which names it is asked for, and who may open it.

Effects: none.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from monitor.config.section import Section, exactly_one
from monitor.config.values import (
    FileName,
    HeaderName,
    HttpsUrl,
    Line,
    Listen,
    TokenKey,
    ValueFault,
    VariableName,
    shown,
    split_listen,
)

TOKENS_MAX = 50
"""Each is compared at every request that brings one."""
Role = Literal["edit", "read"]


def _check_network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueFault(f'is {shown(text)}. Write an address or a network, as in "10.0.0.0/8".') from None
    return text


def _check_name(text: str) -> str:
    if not text or text != text.strip().lower() or any(sign in text for sign in "/:@ "):
        raise ValueFault(f'is {shown(text)}. Write the name alone, in small letters, as in "monitor.example.org".')
    return text


class TokenSection(Section):
    """A token that opens the page and the API."""

    token_env: VariableName | None = None
    token_file: FileName | None = None
    role: Role = "edit"
    """Whether it may change anything."""

    @model_validator(mode="after")
    def _check(self) -> "TokenSection":
        exactly_one(self, "token", is_needed=True)
        return self


class ProxySection(Section):
    """A proxy that signs people in and says who they are."""

    header: HeaderName = "X-Remote-User"
    sources: list[Annotated[str, AfterValidator(_check_network)]] = Field(
        alias="from", min_length=1, max_length=50, examples=['["10.0.0.0/8"]']
    )
    """Where it connects from; the header is believed from nowhere else."""
    role: Role = "read"
    """Of everybody it lets in."""
    editors: list[Line] = Field(default=[], max_length=1_000)
    """Those who may also edit, by name."""

    @model_validator(mode="after")
    def _check(self) -> "ProxySection":
        if self.editors and self.role == "edit":
            raise ValueFault('stands beside role = "edit", which lets everybody edit. Keep one of them.', key="editors")
        return self

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where it connects from."""
        return tuple(ip_network(text, strict=False) for text in self.sources)


class WebSection(Section):
    """The page, the API and the topics' Atom feeds."""

    listen: Listen = "127.0.0.1:8080"
    names: list[Annotated[str, AfterValidator(_check_name)]] = Field(default=[], max_length=50)
    """Names by which the page may be asked for, beside those of loopback."""
    public_url: HttpsUrl | None = Field(default=None, examples=['"https://news.example.org"'])
    """Where readers reach the page from outside; with it mails can be unsubscribed from with one click."""
    tokens: dict[TokenKey, TokenSection] = Field(default={}, max_length=TOKENS_MAX)
    proxy: ProxySection | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port; None where there is no page."""
        return split_listen(self.listen)

    @property
    def is_guarded(self) -> bool:
        """Whether anybody can sign in: then everybody has to, on loopback too."""
        return bool(self.tokens) or self.proxy is not None
