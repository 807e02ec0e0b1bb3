"""A frozen mail as a reader sees it: its headers and its plain text.

Effects: none.
"""

import json
from email import message_from_string, policy

HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "List-Unsubscribe")


def mail_as_read(payload: str) -> str | None:
    """The headers that a mail program shows and the text part, or None where the payload is no mail of ours."""
    try:
        envelope = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(envelope, dict) or not {"sender", "recipient", "message"} <= envelope.keys():
        return None
    message = message_from_string(str(envelope["message"]), policy=policy.default)
    body = message.get_body(("plain",))
    head = [f"{name}: {message[name]}" for name in HEADERS if message[name]]
    if "To" not in message:
        head.insert(1, f"To: {envelope['recipient']}")
    text = str(body.get_content()) if body is not None else ""
    return "\n".join((*head, "", text.strip("\n"), ""))
