"""The daemon's listener: the site over what is in force, opened where the configuration says.

Effects: network (the listening address); those of `web`.
"""

from collections.abc import Callable

from monitor.app import App
from monitor.config.watch import Watcher
from monitor.gauges import Gauges, Sources
from monitor.logs import get_log
from monitor.readiness import Readiness
from monitor.web.answers import Answers
from monitor.web.app import Web
from monitor.web.desk import Desk
from monitor.web.hosts import is_loopback
from monitor.web.leave_page import render_leave
from monitor.web.readers import Readers
from monitor.web.site import build_site

log = get_log()

Health = Callable[[], tuple[bool, dict[str, object]]]


def open_web(app: App, watcher: Watcher, health: Health) -> Web | None:
    """The listener, or None where there is none configured or its place is taken, which is said."""
    address = app.in_force.loaded.settings.web.address
    if address is None:
        return None
    try:
        web = Web(build_site(answers_of(app, health, watcher), address[0], desk_of(app, watcher)), *address)
    except OSError as error:
        log.error("web.refused", listen=f"{address[0]}:{address[1]}", hint=f"{error.strerror}; change web.listen")
        return None
    if not is_loopback(address[0]) and not app.in_force.loaded.settings.web.is_guarded:
        log.warning("web.closed", hint="other machines see no page until [web.tokens] or [web.proxy] is set")
    log.info("web.opened", address="http://{}:{}/".format(*web.address))
    return web


def desk_of(app: App, watcher: Watcher) -> Desk:
    """What the page is answered from."""
    return Desk(app.store, app.clock, lambda: app.in_force, watcher, app.guard)


def answers_of(app: App, health: Health, watcher: Watcher) -> Answers:
    """What readers and machines ask."""
    readers = Readers(app.store, app.clock, lambda: app.in_force.topics)
    sources = Sources(lambda: app.in_force, watcher, app.free_bytes)
    return Answers(
        health,
        ready=Readiness(
            app.store,
            app.clock,
            watcher,
            app.check_room,
            health,
            is_distributed=lambda: app.in_force.loaded.settings.is_distributed,
        ).answer,
        metrics=Gauges(app.numbers.metrics, app.store, app.clock, sources).render,
        feed=readers.feed,
        look=readers.look,
        leave=readers.leave,
        leave_page=render_leave,
        public_url=lambda: app.in_force.loaded.settings.web.public_url or "",
    )
