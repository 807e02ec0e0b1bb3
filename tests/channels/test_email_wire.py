"""What goes over the wire is to the byte what the standard library makes of the same message."""

from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.channels.email_wire import WIRE, quoted_printable, write_message

BOUNDARY = "=_0123456789abcdef"
PARTS = st.sampled_from(
    ["=", "==", " ", "\t", "\n", "\r\n", "\r", "-- ", "\n-- \n", "é", "人質", "\x00", "\x85", "<p>"]
)
BODIES = st.lists(st.one_of(PARTS, st.text(), st.integers(1, 90).map("a".__mul__))).map("".join)
# No line end that the library knows, of which some are not in Unicode's category of controls.
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def by_library(headers: dict[str, str], text: str, html: str) -> str:
    """The message by the library alone."""
    message = EmailMessage(policy=policy.SMTP)
    for name, value in headers.items():
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    message.make_alternative(boundary=BOUNDARY)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes(policy=WIRE).decode("ascii")


@settings(deadline=None)
@given(BODIES, BODIES, VALUES)
@example("", "-- \n", "")
@example("a\n-- \n-- \n", "\n-- ", "x" * 1_100)
@example(f"{'a' * 76}=\n{'a' * 75}=\n{'a' * 77}=", f"{'é' * 200}\n{'a' * 77} \n{'a' * 76}\t", "Jörg <j@example.org>")
def test_any_message_is_the_librarys_own(text: str, html: str, value: str) -> None:
    """Whatever stands in it, and wherever its lines end."""
    headers = {"From": "M <m@example.org>", "Subject": value, "X-News-Monitor-Delivery": value}
    written = write_message(headers, quoted_printable(text), quoted_printable(html), BOUNDARY)
    assert written == by_library(headers, text, html)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028"])
def test_no_value_breaks_out_of_its_header(end: str) -> None:
    """A line end in one is refused, as the library refuses it, and not written."""
    with pytest.raises(ValueError, match="Header values may not contain linefeed"):
        write_message({"Subject": f"a{end}Bcc: x@example.org"}, "", "", BOUNDARY)
