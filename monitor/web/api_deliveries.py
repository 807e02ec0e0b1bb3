"""Deliveries, for programs: the list, one with what it carries, try again, give up.

Effects: database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from monitor.storage.delivery_views import ListedDelivery
from monitor.views.deliveries import DeliveryPage, drop_delivery, read_deliveries, read_delivery, retry_delivery
from monitor.web.desk import Desk
from monitor.web.forms import EditorIn
from monitor.web.page_deliveries import payload_file
from monitor.web.pages import DeskIn
from monitor.web.paging import LIMIT, AfterIn, LimitIn, Paged
from monitor.web.person import PersonIn
from monitor.web.refusals import NotThere

router = APIRouter(tags=["deliveries"])

NumberIn = Annotated[int, Path(ge=1, le=10**17, description="The delivery's number.")]
ChannelIn = Annotated[str, Query(max_length=100, description="Only those of this channel.")]
StateIn = Annotated[
    str, Query(max_length=20, description="`waiting`, `sent`, `failed` (waits for a person) or `ended`.")
]


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """A delivery, without what it carries."""

    id: int
    topic: str | None
    channel: str
    kind: str
    """`digest`, `note` or `edit`."""
    digest: int | None
    recipient: str | None
    part: int
    stories: int
    state: str
    """`pending`, `leased`, `sent` or `dead`."""
    standing: str
    """`waiting`, `sent`, `failed` or `ended`."""
    attempt: int
    created_at: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    perhaps_sent: bool
    receipt: str | None
    reason: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class HeaderAnswer:
    """A header of a mail."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class WholeDelivery:
    """A delivery with what it says; a link by which a reader leaves is left out of that."""

    delivery: DeliveryAnswer
    form: str
    """`mail`, `slack`, `json` or `text`; `gone` where the retention removed it."""
    bytes: int
    headers: list[HeaderAnswer]
    text: str
    html: str
    link: str | None
    held_because: str | None
    of_the_same_digest: list[DeliveryAnswer]
    """Parts, notes and edits to the same place; at most 50."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was given up."""

    delivery: int
    parts_behind: int


@router.get("/deliveries")
def deliveries(
    desk: DeskIn, channel: ChannelIn = "", state: StateIn = "", limit: LimitIn = LIMIT, after: AfterIn = None
) -> Paged[DeliveryAnswer]:
    """What was sent, what waits and what failed; the newest first."""
    loaded = desk.force().loaded
    found = read_deliveries(desk.store, loaded, channel=channel, state=state, after=after or "", limit=limit)
    return Paged(items=list(map(_answer, found.items)), next=found.next)


@router.get("/deliveries/{number}")
def delivery(desk: DeskIn, number: NumberIn) -> WholeDelivery:
    """One of them, with what it says."""
    page = _find(desk, number)
    sent = page.sent
    return WholeDelivery(
        delivery=_answer(page.one),
        form=sent.form,
        bytes=len(sent.body),
        headers=[HeaderAnswer(name, value) for name, value in sent.headers],
        text=sent.text,
        html=sent.html,
        link=page.link,
        held_because=page.hold.error if page.hold else None,
        of_the_same_digest=list(map(_answer, page.kin)),
    )


@router.get("/deliveries/{number}/payload", response_class=Response)
def payload(desk: DeskIn, person: PersonIn, number: NumberIn) -> Response:
    """What goes over the line, to the byte; for a token that may edit: mails hold links to leave by."""
    return payload_file(_find(desk, number), person)


@router.post("/deliveries/{number}/retry")
def retry(desk: DeskIn, person: EditorIn, number: NumberIn) -> DeliveryAnswer:
    """Send it again at once, without asking the channel whether it arrived."""
    _find(desk, number)
    retry_delivery(desk.store, number, person.author, now=desk.clock.now())
    return _answer(_find(desk, number).one)


@router.post("/deliveries/{number}/drop")
def drop(desk: DeskIn, person: EditorIn, number: NumberIn) -> Dropped:
    """Give it up for good, and the parts of its message behind it."""
    _find(desk, number)
    return Dropped(number, drop_delivery(desk.store, number, person.author, now=desk.clock.now()))


def _find(desk: Desk, number: int) -> DeliveryPage:
    page = read_delivery(desk.store, desk.force().loaded, number)
    if page is None:
        raise NotThere(f"there is no delivery {number}", remedy="See /api/v1/deliveries.")
    return page


def _answer(one: ListedDelivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=one.id,
        topic=one.topic or None,
        channel=one.channel,
        kind=one.kind.value,
        digest=one.digest_id or None,
        recipient=one.lane or None,
        part=one.part,
        stories=one.stories,
        state=one.state.value,
        standing=one.standing,
        attempt=one.attempt,
        created_at=one.created_at,
        next_attempt_at=one.next_attempt_at if one.standing == "waiting" else None,
        settled_at=one.settled_at,
        perhaps_sent=one.perhaps_sent,
        receipt=one.receipt,
        reason=one.reason or None,
        error=one.error or None,
    )
