"""A frozen mail is shown as its reader sees it."""

import json

from monitor.channels.email import EmailChannel
from monitor.channels.email_reading import mail_as_read
from tests.fakes.digests import a_digest


def test_a_mail_is_shown_with_its_headers_and_its_text() -> None:
    """Decoded, without the envelope, the HTML and the words of the wire."""
    digest, sender = a_digest(), "News monitor <monitor@example.org>"
    [payload] = EmailChannel("morning", ("desk@example.org",), sender, "127.0.0.1", 25, "none").render(digest, "key")
    shown = mail_as_read(payload.body)
    assert shown is not None
    head, _, text = shown.partition("\n\n")
    assert "To: desk@example.org" in head
    assert "Subject: " in head
    assert digest.stories[0].lead.title.split()[0] in text
    assert "<html" not in shown
    assert "Content-Transfer-Encoding" not in shown


def test_what_is_no_mail_is_none() -> None:
    """Other channels' texts stay as they are."""
    for payload in ("", "plain", "[1]", json.dumps({"blocks": []})):
        assert mail_as_read(payload) is None
