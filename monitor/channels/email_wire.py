"""A message as it goes over the wire, from its headers and what it says as text and as HTML.

It is to the byte what the standard library's `EmailMessage` makes of the same, which alone takes more than half of what
a mail may (`python -m bench delivery`): the library folds the headers, so that nothing breaks out of one, and only what
stands around the bodies is written here.

Effects: none.
"""

import re
from collections.abc import Mapping
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from functools import lru_cache

_class_of = lru_cache(maxsize=64)(HeaderRegistry().__getitem__)  # the library makes one anew for each header it meets
# The policy that messages are built with folds at 78 and would encode a longer address in a header, which kills
# one-click unsubscription; this one, used only to write the bytes, leaves headers whole. Bodies have short lines.
WIRE = policy.SMTP.clone(max_line_length=998, header_factory=lambda name, value: _class_of(name)(name, value))
_BODY_LINE_MAX = 78  # the library's
_SIGNATURE = "\n-- \n"  # the one line of ours that ends with a blank
_HEADERS_REMEMBERED = 512  # a few hundred bytes each
_NOT_PLAIN = re.compile(r"[^\n\t -~]+")
# What is left of a line where it fits, else as much as leaves room for the soft break; no `=3D` is parted.
_PIECE = re.compile(rf".{{1,{_BODY_LINE_MAX}}}+$|.{{{_BODY_LINE_MAX - 3},{_BODY_LINE_MAX - 1}}}(?<!=)(?<!=.)")


def write_message(headers: Mapping[str, str], text: str, html: str, boundary: str) -> str:
    """The whole message, ASCII with CRLF line ends; `text` and `html` are as `quoted_printable` gives them.

    Raises `ValueError` for a header with a line end in it. The boundary may stand in neither body.
    """
    head = "".join(folded_header(name, value) for name, value in headers.items())
    return (
        f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
        f'--{boundary}\r\nContent-Type: text/plain; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{text}\r\n"
        f'--{boundary}\r\nContent-Type: text/html; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n\r\n{html}\r\n"
        f"--{boundary}--\r\n"
    )


@lru_cache(maxsize=_HEADERS_REMEMBERED)  # most of a message's headers are those of the one before
def folded_header(name: str, value: str) -> str:
    """The header's lines as the library folds them, with their ends; `ValueError` for a line end in the value."""
    return str(WIRE.fold(*WIRE.header_store_parse(name, value)))


@lru_cache(maxsize=4)  # of a digest's recipients, those without a way out of their own get the same two bodies
def quoted_printable(text: str) -> str:
    """The body as the library encodes it, with CRLF line ends; ends with one."""
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    body = body if body.endswith("\n") else body + "\n"
    body = body.replace("=", "=3D").replace(_SIGNATURE, "\n--=20\n")
    if " \n" in body or "\t\n" in body:
        return _by_library(text)
    lines = _NOT_PLAIN.sub(_quoted, body).split("\n")
    return "\r\n".join([line if len(line) <= _BODY_LINE_MAX else "=\r\n".join(_PIECE.findall(line)) for line in lines])


def _quoted(found: re.Match[str]) -> str:
    return "=" + found[0].encode().hex("=").upper()


def _by_library(text: str) -> str:
    part = EmailMessage(policy=policy.SMTP)
    part.set_content(text, cte="quoted-printable")
    return str(part.get_payload()).replace("\n", "\r\n")
