"""The history of the configuration on its pages: listed, compared, and a file written back."""

from tests.web.newsroom import Newsroom
from tests.web.test_watchlist import WIDER, send, take


def test_each_configuration_is_listed_and_compared(newsroom: Newsroom) -> None:
    """Who, why, what changed in words, and the lines, whose signs are read without colour."""
    send(newsroom, "apply", WIDER, note="too much rain")
    take(newsroom)
    client = newsroom.client
    listed = client.get("/watchlist/revisions").text
    assert "too much rain" in listed
    assert "1 topic edited (floods)" in listed
    assert "local, on the page" in listed
    with newsroom.app.store.read() as tx:
        head, before, *_ = tx.revisions.listed()
    one = client.get(f"/watchlist/revisions/{head.id}").text
    assert '<td class="sign">−</td><td class="text">level = &#34;broad&#34;</td>' in one
    assert '<td class="sign">+</td><td class="text">level = &#34;strict&#34;  # fewer, please</td>' in one
    older = client.get(f"/watchlist/revisions/{before.id}").text
    assert f"/watchlist?revision={before.id}" in older
    assert "Nothing differs" in client.get(f"/watchlist/revisions/{head.id}?against={head.id}").text
    assert client.get("/watchlist/revisions/999").status_code == 404
    assert client.get("/watchlist/revisions?after=1").status_code == 200


def test_feeds_are_shown_without_passwords_and_written_back(newsroom: Newsroom) -> None:
    """The file itself with the lines that are faulty; monitor.toml is on no page."""
    path = newsroom.folder / "feeds.toml"
    before = path.read_text(encoding="utf-8")
    more = '\n[[feeds]]\nname = "Paid"\nurl = "https://paid.example/rss?key=opensesame"\n'
    path.write_text(before + more, encoding="utf-8")
    take(newsroom)
    take(newsroom)
    shown = newsroom.client.get("/watchlist/feeds").text
    assert "https://paid.example/rss?…" in shown
    assert "opensesame" not in shown
    with newsroom.app.store.read() as tx:
        head, first, *_ = tx.revisions.listed()
    compared = newsroom.client.get(f"/watchlist/revisions/{head.id}").text
    assert "https://paid.example/rss?…" in compared
    assert "opensesame" not in compared
    answer = newsroom.client.post(f"/watchlist/revisions/{first.id}/feeds", data={"csrf": newsroom.csrf()})
    assert "Written back" in answer.text
    assert path.read_text(encoding="utf-8") == before
    faulty = before.replace("[[feeds]]\nname", "[[feeds]]\nnane", 1).replace("//outlet1", "//anna:opensesame@outlet1")
    path.write_text(faulty, encoding="utf-8")
    take(newsroom)
    take(newsroom)
    page = newsroom.client.get("/watchlist/feeds").text
    assert "unknown key" in page
    assert '<tr id="line-2" class="went">' in page
    assert "outlet1.example" in page
    assert "opensesame" not in page
    assert "hook.example" not in page
