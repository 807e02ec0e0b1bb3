"""`monitor preview`: the digest that would be sent, in every medium, unsent."""

import json

import pytest

from tests.cli.newsroom import Newsroom
from tests.pipeline.given import an_entry

HOSTILE = 'Mayor frees hostage <script>alert("x")</script> & <!channel>'


@pytest.mark.parametrize("medium", ["text", "html", "slack", "json"])
def test_every_medium_shows_the_stories(newsroom: Newsroom, medium: str) -> None:
    """Also what stood in the feed at its first reading; hostile titles are text in each."""
    newsroom.read_first(an_entry(1), an_entry(2, title=HOSTILE))
    shown = newsroom.run("preview", "hostages", "--since", "3h", "--as", medium)
    assert shown.code == 0
    assert "Mayor of Bellmoor" in shown.out
    if medium == "html":
        assert "<script>" not in shown.out
    if medium in ("slack", "json"):
        assert json.loads(shown.out)
    assert newsroom.run("outbox", "list", "--all").out.startswith("The outbox is empty")


def test_a_topic_is_found_by_its_name_too(newsroom: Newsroom) -> None:
    """`hostages` and `Hostages` are the same; a topic that is not there is refused with those that are."""
    newsroom.read_first(an_entry(1))
    assert newsroom.run("preview", "HOSTAGES").code == 0
    refused = newsroom.run("preview", "elections")
    assert refused.code == 1
    assert 'there is no topic "elections". The watchlist has: hostages, shipping.' in refused.err


def test_nothing_to_show_is_said(newsroom: Newsroom) -> None:
    """Nothing on standard output, a sentence on the other; a span that is none is wrong use."""
    newsroom.read_first(an_entry(1))
    shown = newsroom.run("preview", "shipping", "--since", "2d")
    assert (shown.code, shown.out) == (0, "")
    assert 'Nothing in the last 2d answers "Tanker attacks".' in shown.err
    assert newsroom.run("preview", "hostages", "--since", "soon").code == 2
