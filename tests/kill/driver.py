"""A sender in a process of its own that is killed at a given moment: `python -m tests.kill.driver`.

It reads a task a line on standard input, works on each in a child forked for it, and answers in lines: where the child
killed itself, or how many moments it passed; then how it ended. Forking saves the second that loading takes.

Effects: child processes, and what sending does.
"""

import json
import os
import sys
from typing import Any

from monitor.channels.base import Channel, Receipt
from monitor.channels.slack import SlackChannel
from monitor.clock import SystemClock
from monitor.model import ChannelName, Delivery
from monitor.outbox.deliver import Sender, SendRules
from monitor.storage.engine import open_engine
from monitor.storage.store import Store
from tests.fakes.slack import CHANNEL, TOKEN
from tests.kill.points import Points, say

LOOKS_MAX = 50


class BlindSlack(SlackChannel):
    """Slack with the asking taken out: what sending again on a guess would be."""

    def find(self, delivery: Delivery) -> Receipt | None:
        """Never finds anything."""
        return None


def a_channel(task: dict[str, Any]) -> Channel:
    """The channel that a task is about. It keeps no distance between posts: there is no rate to keep to here."""
    kind = BlindSlack if task.get("blind") else SlackChannel
    channel = kind("desk", CHANNEL, TOKEN, task["url"], timeout_s=1)
    channel.spacing_s = 0.0
    return channel


def work(task: dict[str, Any]) -> None:
    """Deliver until nothing is due, as one process would; the kill comes in between."""
    points = Points(int(task["kill_at"]))
    channel, rules = a_channel(task), SendRules(resend_unknown=bool(task.get("resend", True)))
    points.watch()
    store, clock = Store(open_engine(task["database"])), SystemClock()
    sender = Sender(store, clock, owner=f"process {os.getpid()}", jitter=lambda: 0.0)
    for _ in range(LOOKS_MAX):
        with store.read() as tx:
            due = tx.outbox.channels_due(clock.now())
        if ChannelName(channel.name) not in due:
            break
        sender.deliver_due(channel, rules)
    say({"passed": points.passed})


def main() -> None:
    """Work on tasks until there are no more."""
    a_channel({"url": "http://127.0.0.1:9/"})  # loads the certificates once, before there are children
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                work(task)
            except BaseException as error:  # the one place where a child says why it fell over
                say({"broke": repr(error)})
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say({"ended": os.waitstatus_to_exitcode(status)})


if __name__ == "__main__":
    main()
