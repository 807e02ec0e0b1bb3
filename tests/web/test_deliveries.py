"""What was sent, to the byte; what waits is sent again or given up."""

import json
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser

from monitor.model import ChannelName, DeliveryId, DigestId, TopicKey
from monitor.storage.outbox import NewDelivery
from monitor.views.sent import hide_leaving, read_sent
from tests.web.browser import photograph, served
from tests.web.newsroom import Newsroom
from tests.web.payloads import PAYLOADS

TOKEN = "a-token-of-43-letters-that-takes-a-reader-o"


def a_mail() -> str:
    """As the mail channel freezes one, its HTML as hostile as no code of ours would write it."""
    message = EmailMessage()
    message["From"], message["To"] = "News monitor <monitor@example.org>", "anna@example.org"
    message["Subject"] = "Hostage negotiations: 3 stories"
    message["List-Unsubscribe"] = f"<https://news.example.org/unsubscribe/{TOKEN}>"
    message.set_content(f"Talks resume.\n\nLeave this list: https://news.example.org/unsubscribe/{TOKEN}\n")
    leave = f'<a href="https://news.example.org/unsubscribe/{TOKEN}">leave</a>'
    message.add_alternative("<h1>Talks resume</h1>" + "".join(PAYLOADS[:9]) + leave, subtype="html")
    envelope = {"sender": "monitor@example.org", "recipient": "anna@example.org", "message": message.as_string()}
    return json.dumps(envelope)


def put_in_line(room: Newsroom, payload: str, channel: str = "morning") -> DeliveryId:
    """A delivery that carries this."""
    new = NewDelivery(
        DigestId(0), TopicKey("floods"), ChannelName(channel), f"k-{channel}", 1, 3, payload, lane="anna@example.org"
    )
    with room.app.store.write() as tx:
        [number] = tx.outbox.add([new], room.clock.now(), due_at=room.clock.now())
    return number


def test_the_list_is_paged_and_filtered(shown_newsroom: Newsroom) -> None:
    """By channel and state, on the page and by the API; a state or place of nobody is said."""
    client = shown_newsroom.client
    page = client.get("/deliveries").text
    assert page.index(">16</a>") < page.index(">15</a>")
    assert "Attacks on Gulf shipping: 2 stories" in page
    waiting = client.get("/deliveries?channel=archive&state=waiting").text
    assert ">16</a>" in waiting
    assert ">15</a>" not in waiting
    assert "No delivery is like that" in client.get("/deliveries?channel=nobody").text
    first = client.get("/api/v1/deliveries?limit=10").json()
    rest = client.get(f"/api/v1/deliveries?limit=10&after={first['next']}").json()
    assert [one["id"] for one in first["items"] + rest["items"]] == list(range(16, 0, -1))
    assert rest["next"] is None
    standings = {one["standing"] for one in first["items"]}
    assert standings == {"sent", "waiting", "ended"}
    for query in ("state=odd", "after=x", "after=-1"):
        assert client.get(f"/deliveries?{query}").status_code == 400
        assert client.get(f"/api/v1/deliveries?{query}").json()["remedy"]


def test_one_is_shown_and_saved_to_the_byte(shown_newsroom: Newsroom) -> None:
    """Its way, what it says, and the very bytes as a file that no browser opens."""
    client = shown_newsroom.client
    with shown_newsroom.app.store.read() as tx:
        payload = tx.outbox.payload_of(DeliveryId(13)) or ""
    page = client.get("/deliveries/13")
    assert "Hostage negotiations" in page.text
    assert "&#34;stories&#34;" in page.text
    file = client.get("/deliveries/13/payload")
    assert file.content == payload.encode()
    assert file.headers["content-disposition"] == 'attachment; filename="delivery-13.json"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    whole = client.get("/api/v1/deliveries/13").json()
    assert (whole["form"], whole["bytes"]) == ("json", len(payload.encode()))
    assert client.get("/api/v1/deliveries/13/payload").content == payload.encode()
    for path in ("/deliveries/99", "/deliveries/99/payload", "/deliveries/13/html"):
        assert client.get(path).status_code == 404, path
    assert client.get("/deliveries/x").status_code == client.get("/api/v1/deliveries/0").status_code == 422
    assert "hook.example" not in page.text + client.get("/deliveries").text + client.get("/").text


def test_it_is_sent_again_or_given_up(newsroom: Newsroom) -> None:
    """By a form of ours alone; what was sent is neither."""
    client, csrf = newsroom.client, {"csrf": ""}
    assert client.post("/deliveries/13/drop", data=csrf).status_code == 403
    page = client.get("/deliveries/13").text
    csrf["csrf"] = page.partition('name="csrf" value="')[2].partition('"')[0]
    dropped = client.post("/deliveries/13/drop", data=csrf)
    assert "It was given up." in dropped.text
    assert client.get("/api/v1/deliveries/13").json()["delivery"]["reason"] == "dropped"
    retried = client.post("/deliveries/13/retry", data=csrf)
    assert "in line again" in retried.text
    assert client.get("/api/v1/deliveries/13").json()["delivery"]["standing"] == "waiting"
    assert client.post("/deliveries/1/retry", data=csrf).status_code == 400
    assert client.post("/api/v1/deliveries/13/drop", json={}).json() == {"delivery": 13, "parts_behind": 0}
    assert client.post("/api/v1/deliveries/13/retry", json={}).json()["standing"] == "waiting"
    assert client.post("/api/v1/deliveries/1/drop", json={}).status_code == 400
    assert client.post("/api/v1/deliveries/99/drop", json={}).status_code == 404
    with newsroom.app.store.write() as tx:
        tx.outbox.drop(DeliveryId(13), newsroom.clock.now())
        tx.outbox.forget(newsroom.clock.forward(days=90), among=[DeliveryId(13)])
    assert "past the retention" in client.get("/deliveries/13").text
    assert client.get("/deliveries/13/payload").status_code == 404
    assert client.post("/deliveries/13/retry", data=csrf).status_code == 400


def test_a_mail_is_shown_in_a_frame_where_nothing_runs(newsroom: Newsroom, browser: Browser) -> None:
    """Its headers, its text, its HTML; nothing by which somebody could take its reader off the list."""
    number = put_in_line(newsroom, a_mail())
    with served(newsroom) as address:
        page = browser.new_page()  # its console says what was blocked, which fails a page of ours
        said: list[str] = []
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/deliveries/{number}")
        frame = page.frame_locator("iframe.mail")
        assert frame.locator("h1").inner_text() == "Talks resume"
        assert TOKEN not in page.content() + frame.locator("html").inner_html()
        assert "Hostage negotiations: 3 stories" in page.locator("dl.headers").inner_text()
        photograph(page, "delivery-mail")
        page.close()
    assert any("sandboxed" in words for words in said)
    answer = newsroom.client.get(f"/deliveries/{number}/html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    file = newsroom.client.get(f"/deliveries/{number}/payload")
    assert TOKEN.encode() in file.content
    assert file.headers["content-type"] == "application/octet-stream"


def test_what_feeds_write_is_words_in_deliveries_too(shown_hostile_newsroom: Newsroom) -> None:
    """In lists, in what was sent, in errors."""
    client = shown_hostile_newsroom.client
    numbers = [one["id"] for one in client.get("/api/v1/deliveries").json()["items"]]
    pages = [client.get(path).text for path in ("/deliveries", *(f"/deliveries/{number}" for number in numbers))]
    assert any("alert(1)" in page for page in pages), "they are there, as words"
    for page in pages:
        assert not [payload for payload in PAYLOADS if payload in page]


@pytest.mark.parametrize(
    ("payload", "form"),
    [("", "gone"), ("plain words", "text"), ('{"blocks": []}', "slack"), ('{"title": "x"}', "json"), ("[1]", "json")],
)
def test_what_a_payload_is_shows_by_itself(payload: str, form: str) -> None:
    """Its channel may be gone; the bytes are those that were frozen."""
    sent = read_sent(payload)
    assert sent.form == form
    assert sent.body == payload.encode()


def test_links_to_leave_are_cut() -> None:
    """Whatever stands around them."""
    assert hide_leaving(f"<https://n.example/unsubscribe/{TOKEN}>, x") == "<https://n.example/unsubscribe/…>, x"
