"""Where a Slack message can be opened: its address, made of the workspace's host, the channel and the message's time.

Effects: none.
"""

import re

_TS = re.compile(r"(\d{6,12})\.(\d{6})")


def message_link(workspace: str | None, channel: str, ts: str | None) -> str | None:
    """The address of a message; None where the workspace is not known or this is no message's `ts`.

    Without the workspace's own host an address leads nowhere, and one that may be wrong is worse than none.
    """
    found = _TS.fullmatch(ts or "")
    if not workspace or not channel or found is None:
        return None
    return f"https://{workspace}/archives/{channel}/p{found[1]}{found[2]}"
