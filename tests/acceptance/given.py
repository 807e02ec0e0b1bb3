"""Pieces of configuration that several acceptance tests are given."""

from tests.fakes.slack import CHANNEL

FERRIES = '[topics.ferries]\nname = "Ferries"\nquery = "hydrofoil"\nschedule = "now"\nsettle = "0s"\n'
"""A topic that is told at once; its channels are still to be written behind it."""
CONSOLE = 'channels = ["console"]\n'
TELL = 'first_poll = "tell"'


def desk(url: str, name: str = "desk", channel: str = CHANNEL) -> str:
    """A Slack channel of the configuration."""
    lines = [
        f"[channels.{name}]",
        'kind = "slack"',
        f'channel = "{channel}"',
        'token_env = "SLACK_BOT_TOKEN"',
        f'api_url = "{url}"',
    ]
    return "\n".join(lines) + "\n"


def morning(port: int) -> str:
    """A mail channel with two recipients."""
    return (
        '[channels.morning]\nkind = "email"\nto = ["desk@example.org", "night@example.org"]\n'
        'from = "News monitor <monitor@example.org>"\n'
        f'smtp = {{ host = "127.0.0.1", port = {port}, security = "none" }}\n'
    )


def archive(url: str) -> str:
    """A webhook channel."""
    return f'[channels.archive]\nkind = "webhook"\nurl = "{url}"\nsecret_env = "HOOK_SECRET"\n'
