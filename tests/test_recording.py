"""What servers answer is recorded by the real daemon's parts, and what keeps it from being is told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from monitor.app import build_app
from monitor.clock import SystemClock
from monitor.config.load import load
from monitor.cycle import run_once
from monitor.feeds.recordings import Torn, recorded_days, visits_of
from monitor.feeds.replay import serve_recorded
from monitor.model import Fetched, Notice, NotModified
from monitor.topics.lexicon import load_lexicon
from monitor.watchman import Watchman
from tests.pipeline.polling import rss


class _NoUnits:
    """No unit of work is refused."""

    refusals: Mapping[str, str] = {}


def cycle(folder: Path) -> Notice:
    """One cycle of a process of its own; then a recording that is refused, and what is remembered of it."""
    app = build_app(load(folder, {}, load_lexicon()), SystemClock(), write=lambda _: None)
    try:
        run_once(app)
        app.recorder.close()
        app.recorder.refusal = "the disk is full"
        Watchman(app, _NoUnits()).look()
        with app.store.read() as tx:
            [need] = [one for one in tx.notices.open() if one.key == "raw"]
        return need
    finally:
        app.close()


def test_a_cycle_records_what_came_and_a_refusal_is_told_as_a_need(tmp_path: Path) -> None:
    """First the body, then that nothing changed; beside the database, and only where it is wanted."""
    with serve_recorded({"wire.xml": rss(1)}) as server:
        (tmp_path / "monitor.toml").write_text(
            f'[database]\nurl = "sqlite:///{tmp_path}/data/monitor.db"\n[operator]\ncanary = false\n'
            '[polling]\nallow_private_hosts = ["127.0.0.0/8"]\n[retention]\nraw_days = 2\n'
        )
        (tmp_path / "feeds.toml").write_text(f'[[feeds]]\nname = "Wire"\nurl = "{server.base_url}/wire.xml"\n')
        (tmp_path / "watchlist.toml").write_text('timezone = "UTC"\n')
        cycle(tmp_path)
        need = cycle(tmp_path)
    folder = tmp_path / "data" / "raw"
    [day] = recorded_days(folder)[:1]
    first, *others = visits_of(folder, day, Torn())
    assert abs((first.at - datetime.now(UTC)).total_seconds()) < 600
    assert isinstance(first.answer, Fetched)
    assert first.answer.body == rss(1)
    assert [type(one.answer) for one in others] == [NotModified]
    assert "the disk is full" in need.head
    assert "raw_days = 0" in need.remedy
