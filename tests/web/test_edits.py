"""An edit of a file from the page: whose it was is known once it is in force."""

from monitor.config.edit import add_feed
from monitor.model.feeds import FeedSpec
from monitor.storage.revisions import body_hash
from monitor.web.edits import noting_edit
from monitor.web.person import Person
from tests.web.newsroom import Newsroom


def test_an_edit_is_noted_with_its_author_and_looked_at(newsroom: Newsroom) -> None:
    """Before the file is written; and the next look takes it."""
    desk = newsroom.client.app.state.desk  # type: ignore[attr-defined]  # the site hangs it there
    feed = FeedSpec(name="Ferry News", url="https://ferries.example/rss")
    add_feed(newsroom.folder, feed, note=noting_edit(desk, Person("anna", may_edit=True), "a feed more", planned=True))
    change = newsroom.watcher.look()
    assert change is not None
    assert change.feeds_added == ("Ferry News",)
    with newsroom.app.store.read() as tx:
        edit = tx.revisions.edit_of(body_hash((newsroom.folder / "feeds.toml").read_bytes()))
    assert edit is not None
    assert (edit.author, edit.note, edit.planned, edit.replay_s) == ("web:anna", "a feed more", True, 0)
    assert edit.at == newsroom.clock.now()
