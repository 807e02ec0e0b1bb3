"""The sockets to Slack that the configuration in force asks for: one per app, opened and closed as it changes.

Effects: network, threads.
"""

import threading
import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from monitor.app import App
from monitor.channels.slack_listener import Hearing, SlackListener
from monitor.config.channels import SlackSettings
from monitor.config.load import Loaded
from monitor.errors import ConfigError
from monitor.logs import get_log
from monitor.model import ChannelName
from monitor.slack_desk import SlackDesk

log = get_log()

STOP_S = 5.0
"""How long a stop waits for a listener: what it has receipted by then is done, as a rule."""


class _Key(Struct, frozen=True):
    """What makes two channels listen on one socket. Never shown: it holds the token."""

    token: str
    api_url: str

    def __repr__(self) -> str:
        return f"_Key({self.api_url!r})"


class _Open(Struct):
    listener: SlackListener
    names: tuple[ChannelName, ...]


class Listening:
    """Every listener of the daemon. May be used from any thread."""

    def __init__(self, app: App, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """`is_wanted` says whether it is this process that listens: Slack hands each word to one socket of an app."""
        self._app = app
        self._is_wanted = is_wanted
        self._open: dict[_Key, _Open] = {}
        self._changing = threading.Lock()
        self._is_over = False

    def take(self, loaded: Loaded) -> None:
        """Listen as this configuration asks, and no more to what it does not name; after a stop, to nobody.

        Waits for nobody, never raises.
        """
        with self._changing:
            if not self._is_over:
                self._take(_wanted(loaded) if self._is_wanted() else {})

    def hearing(self) -> Mapping[ChannelName, Hearing]:
        """How each channel that listens is heard."""
        return {name: one.listener.hearing() for one in list(self._open.values()) for name in one.names}

    def stop(self, within_s: float = STOP_S) -> None:
        """Hear nothing any more; bounded in time, whatever Slack does."""
        until = time.monotonic() + within_s
        with self._changing:
            self._is_over = True
            listeners = [one.listener for one in self._open.values()]
            self._open = {}
        stopping = [
            threading.Thread(target=listener.stop, args=(within_s,), name="slack-stop", daemon=True)
            for listener in listeners
        ]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join(max(0.0, until - time.monotonic()))

    def _take(self, wanted: Mapping[_Key, tuple[ChannelName, ...]]) -> None:
        for key in [key for key in self._open if key not in wanted]:
            gone = self._open.pop(key)
            threading.Thread(target=gone.listener.stop, args=(STOP_S,), name="slack-stop", daemon=True).start()
        for key, names in wanted.items():
            if key in self._open:
                self._open[key].names = names
                continue
            try:
                self._open[key] = self._start(key, names)
            except ConfigError as error:
                log.error("slack.not_listening", channels=",".join(names), reason=error.what, hint=error.remedy)

    def _start(self, key: _Key, names: tuple[ChannelName, ...]) -> _Open:
        app = self._app
        opened: list[_Open] = []
        desk = SlackDesk(app.store, app.clock, lambda: app.in_force, lambda: opened[0].names if opened else names)
        opened.append(_Open(SlackListener(key.token, desk, key.api_url), names))
        opened[0].listener.start()
        return opened[0]


def _wanted(loaded: Loaded) -> dict[_Key, tuple[ChannelName, ...]]:
    found: dict[_Key, tuple[ChannelName, ...]] = {}
    for name, token in loaded.app_tokens.items():
        settings = loaded.settings.channels.get(name)
        if isinstance(settings, SlackSettings):
            key = _Key(token.reveal().strip(), settings.api_url)
            found[key] = (*found.get(key, ()), name)
    return found
