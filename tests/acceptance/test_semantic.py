"""The extra `semantic`: an article that means a topic without its words is told, by the very way all others go."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor.feeds.replay import Replay, serve_recorded
from monitor.topics.vectors import find_model
from tests.acceptance.given import CONSOLE
from tests.acceptance.news import Written, write_rss
from tests.acceptance.program import Place
from tests.pipeline.given import TOWNS

pytestmark = pytest.mark.skipif(find_model() is None, reason="the extra `semantic` is not installed")

TOPIC = f'[topics.talks]\nname = "Hostage negotiations"\nschedule = "now"\nsettle = "0s"\n{CONSOLE}'
HAPPENED = (
    "The council of {} raises the tax on parking|The budget of the town has a hole, said the treasurer at the meeting.",
    "Storm floods cellars in {}|Rain fell all night, and the fire brigade pumped water out of sixty houses.",
    "{} win the cup final after penalties|The striker scored twice, and the goalkeeper held three shots of the rivals.",
    "Court in {} sentences a bank clerk for fraud|The judge spoke of greed. The lawyers will appeal to a higher court.",
    "New hospital wing opens in {}|Doctors and nurses moved forty beds. The minister of health cut the ribbon.",
    "Museum of {} shows paintings from the attic|The artist was forgotten for a century; critics praise her colours.",
    "Strike stops the trains to {}|The union asks for more pay. Commuters waited for buses in the cold.",
    "Talks on a trade treaty stall in {}|Ministers could not agree on tariffs for steel and on the price of grain.",
    "Software firm of {} buys a rival|Shares rose by a tenth. Engineers of both work on chips for telephones.",
    "Scientists near {} find bones of a bear|The cave is older than the river. A radar showed the skull under stones.",
    "Voters in {} choose a mayor on Sunday|Four candidates spoke in the market hall. The polls give none a majority.",
    "Police in {} search for a stolen bus|Seen on the motorway at night. They suspect a driver without papers.",
)


def happened(number: int) -> Written:
    """News of the day, each of another town or about something else."""
    title, _, text = HAPPENED[number % 12].format(TOWNS[number // 12]).partition("|")
    return Written(title, text, f"https://wire.example/{number}")


BASELINE = [happened(number) for number in range(210)]
FREED = Written(
    "Envoys hope to bring the hostages home",
    "Two envoys met the kidnappers again. They offered a ransom for the hostages, and the families wait for word.",
    "https://wire.example/freed",
)
PAY = Written(
    "Bakers end their pay negotiations",
    "The union of the bakers took three per cent. Negotiations about shorter hours begin in spring.",
    "https://wire.example/pay",
)


@contextmanager
def wire(place: Place, matching: str = "") -> Iterator[Replay]:
    """A feed that was read once, with a background of news about nothing."""
    with serve_recorded({"/wire.xml": write_rss("Wire", BASELINE)}) as replay:
        place.configure({"Wire": replay.url_of("/wire.xml")}, TOPIC, channels=matching)
        # Twice, in case that a busy machine does not get through the background at once.
        assert place.once().deliveries == place.once().deliveries == []
        replay.replace("/wire.xml", write_rss("Wire", [FREED, PAY, *BASELINE]))
        yield replay


def test_it_is_told_once_and_says_by_what(place: Place) -> None:
    """One cycle polls, reads and tells; the next tells nothing; explain and doctor show the model's part."""
    with wire(place):
        first, again = place.once(), place.once()
    shown, doctor = place.run("explain", FREED.link), place.run("doctor")

    assert [(d["topic"], d["stories"], d["state"]) for d in first.deliveries] == [("talks", 1, "sent")]
    assert FREED.title in first.err
    assert PAY.title not in first.err
    assert again.deliveries == []
    assert "by meaning: z " in shown.out
    assert "would not match" not in shown.out
    assert "212 articles read" in doctor.out


def test_the_stage_takes_its_input_for_a_background(place: Place) -> None:
    """`monitor match` over a file answers as the daemon does; too short a file, or a word, and it judges by words."""
    file = place.folder / "articles.jsonl"

    def matched(*articles: Written, option: str = "--json") -> list[str]:
        lines = [json.dumps({"id": one.link, "title": one.title, "text": one.text}) for one in articles]
        file.write_text("\n".join(lines), encoding="utf-8")
        ended = place.run("match", "--topic", "Hostage negotiations", "--json", option, str(file))
        assert ended.code == 0
        return [record["article"] for record in ended.records]

    place.config.mkdir()
    assert matched(FREED, PAY, *BASELINE) == [FREED.link]
    assert matched(FREED, PAY, *BASELINE, option="--no-semantic") == []
    assert matched(FREED, PAY, *BASELINE[:50]) == []


def test_switched_off_it_is_a_near_miss_as_without_the_extra(place: Place) -> None:
    """What only the model can say is not said."""
    with wire(place, "[matching]\nsemantic = false\n"):
        second = place.once()
    assert second.deliveries == []
    assert "by meaning" not in place.run("explain", FREED.link).out


def test_the_daemon_tells_it_within_seconds(place: Place) -> None:
    """The same, while it runs."""
    with wire(place), place.daemon() as daemon:
        daemon.log.wait("meanings.read", "matches=1")
        daemon.out.wait(FREED.title)
        assert daemon.stop() == 0
