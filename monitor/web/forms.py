"""What a form brings: bounded, and only from a page of ours.

Effects: none.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends
from starlette.requests import ClientDisconnect, Request

from monitor.errors import MonitorError
from monitor.web.bodies import PASSED_OVER_MAX
from monitor.web.person import Person, person_of
from monitor.web.refusals import Refused

FORM_BYTES_MAX = 3_000_000
"""A watchlist of a thousand topics, percent-encoded."""
FIELDS_MAX = 1_000


class Form:
    """The fields by name."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def text(self, name: str, *, chars_max: int = 10_000) -> str:
        """One field, stripped; empty where it is not there. Raises MonitorError for one that is too long."""
        value = self.raw(name).strip()
        if len(value) > chars_max:
            raise MonitorError(f"`{name}` is too long: {len(value)} characters", remedy=f"Write at most {chars_max}.")
        return value

    def raw(self, name: str) -> str:
        """One field as it came, its line ends as files have them."""
        return next(iter(self._fields.get(name, ())), "").replace("\r\n", "\n")

    def every(self, name: str) -> tuple[str, ...]:
        """A field that may come several times."""
        return tuple(self._fields.get(name, ()))

    def is_set(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.text(name))

    def number(self, name: str) -> int:
        """A field that is a whole number. Raises MonitorError for what is none."""
        value = self.text(name, chars_max=20)
        if not value.isascii() or not value.isdigit():
            raise MonitorError(f"`{name}` is no number", remedy="Go back and choose again.")
        return int(value)


async def read_form(request: Request) -> Form:
    """The fields of a form of ours. Raises Refused for one that came from elsewhere, or from who may only read."""
    if not person_of(request).may_edit:
        raise Refused("this access may read and change nothing", remedy="Sign in with a token that may edit.")
    return await read_question(request)


async def read_question(request: Request) -> Form:
    """The fields of a form of ours that only asks: who may read may send it. Raises Refused for one of elsewhere."""
    person = person_of(request)
    form = Form(await read_fields(request))
    if not person.csrf or not hmac.compare_digest(form.text("csrf", chars_max=200).encode(), person.csrf.encode()):
        raise Refused("the form is too old, or of another page", remedy="Go back, load the page again and repeat it.")
    return form


async def read_fields(request: Request, bytes_max: int = FORM_BYTES_MAX) -> Mapping[str, Sequence[str]]:
    """The fields of any form. Raises Refused for what is none or is too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refused("a form is expected", remedy="Use the page's own buttons.")
    body, taken = bytearray(), 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken <= bytes_max:
                body += chunk
            elif taken > bytes_max * PASSED_OVER_MAX:
                break
    except ClientDisconnect as error:
        raise Refused("the form did not come whole", remedy="Send it again.") from error
    if taken > bytes_max:
        raise Refused("the form is too large", remedy=f"At most {bytes_max:,} bytes are read.")
    try:
        return parse_qs(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=FIELDS_MAX,
            errors="strict",
        )  # fmt: skip
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused("the form cannot be read", remedy="Use the page's own buttons.") from error


FormIn = Annotated[Form, Depends(read_form)]
AskFormIn = Annotated[Form, Depends(read_question)]
"""For what writes nothing."""


async def check_edit(request: Request) -> Person:
    """Who asks for a change by the API, where they may edit.

    A program's token is proof enough. A browser has to say what no page elsewhere can: that it sends JSON, and, where
    it is signed in, what its page carries for the header `X-CSRF`. Raises Refused.
    """
    person = person_of(request)
    if not person.may_edit:
        raise Refused("this token may read and change nothing", remedy='Use one with role = "edit", as a Bearer.')
    if person.is_program:
        return person
    return _check_browser(request, person)


async def check_question(request: Request) -> Person:
    """Who asks the API what something would change, with a body as an edit has: who may read may ask.

    A reader's token may be the password of a feed reader, which a browser sends by itself; so JSON is asked of it too.
    Raises Refused.
    """
    person = person_of(request)
    if person.is_program and person.may_edit:
        return person
    return _check_browser(request, person)


def _check_browser(request: Request, person: Person) -> Person:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "DELETE" and kind != "application/json":
        raise Refused("JSON is expected", remedy="Send it as Content-Type: application/json.")
    mark = request.headers.get("x-csrf", "")
    if not person.is_local and not person.is_program and not hmac.compare_digest(mark.encode(), person.csrf.encode()):
        raise Refused("a page elsewhere may have asked", remedy="Send a token, as Authorization: Bearer TOKEN.")
    return person


EditorIn = Annotated[Person, Depends(check_edit)]
AskerIn = Annotated[Person, Depends(check_question)]
