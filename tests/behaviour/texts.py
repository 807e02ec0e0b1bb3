"""News of our own writing, as long as feeds have it, and the ways in which outlets print an agency's text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class News:
    """A headline over the beginning of a text."""

    slug: str
    title: str
    text: str


NEWS = [
    News(
        "ferry-engine-fire",
        "Passengers evacuated after engine fire on Kelding ferry",
        "More than two hundred passengers were taken off a ferry outside Kelding harbour on Thursday evening after a "
        "fire broke out in its engine room. The crew put out the flames within half an hour, the coastguard said. "
        "Four people were treated for smoke, and the vessel was towed to a repair yard where investigators are to "
        "look at a fuel line that had been replaced last month.",
    ),
    News(
        "orchestra-conductor",
        "Larkmere orchestra names its first woman conductor",
        "The symphony orchestra of Larkmere has chosen Ilse Brandvold as its principal conductor, the first woman in "
        "the post since the ensemble was founded. Brandvold, who trained as a cellist, will open her first season in "
        "September with works by composers from the region. The board praised her recordings of chamber music and "
        "said that ticket prices for students would be halved.",
    ),
    News(
        "wheat-rust",
        "Wheat rust spreads to farms in the eastern plains",
        "Agronomists have found a new strain of wheat rust on eleven farms in the eastern plains, the plant health "
        "office announced. The fungus survives the sprays that growers commonly use. Farmers are asked to burn "
        "stubble and to report orange spots on leaves. Millers do not expect a shortage of flour this year, but "
        "seed merchants have begun to buy resistant varieties abroad.",
    ),
    News(
        "chip-plant-delay",
        "Voltane delays opening of chip plant until next spring",
        "The semiconductor maker Voltane will open its factory near Quayside half a year later than planned. Its chief "
        "executive told shareholders that cleanroom equipment had been held up at sea and that electricians were "
        "hard to find. Orders from carmakers will be filled from older lines meanwhile. Shares of suppliers slid "
        "after the announcement, which analysts had partly expected.",
    ),
    News(
        "glacier-lake",
        "Glacier lake above Thornham drained to prevent flood",
        "Engineers have begun to pump water out of a lake that formed under a glacier above the village of Thornham. "
        "Satellite pictures had shown it growing by a third within a year. A siphon now leads the meltwater past the "
        "moraine, which geologists no longer trust. Residents keep packed bags at the door, and the school has moved "
        "its lessons to the sports hall on the other side of the valley.",
    ),
    News(
        "museum-theft",
        "Thieves take medieval coins from Selby museum in daylight",
        "Two men in overalls walked out of the Selby town museum with a tray of medieval coins on Sunday afternoon "
        "while visitors were watching a puppet show. An attendant took them for restorers. Detectives have published "
        "pictures from a camera at the bus stop and warned dealers. The silver pennies were dug up by a ploughman "
        "ninety years ago and are thought to be impossible to sell.",
    ),
    News(
        "night-trains",
        "Night trains to the coast return after eleven years",
        "The state railway brings sleeping cars back to the line between the capital and the southern coast. From June "
        "a train with forty cabins will leave at nine in the evening and arrive in time for breakfast. The operator "
        "bought used coaches and had them fitted with showers. Airlines had reduced their flights on the route, and a "
        "petition by commuters gathered a great many signatures.",
    ),
    News(
        "teachers-strike",
        "Teachers in Dunholt vote to strike over class sizes",
        "Nearly nine of ten members of the Dunholt teachers' union voted for a walkout beginning next Wednesday. They "
        "demand that no class has more than twenty-four pupils and that vacancies are filled before the summer. The "
        "education authority offered talks with a mediator and called the date irresponsible, because final "
        "examinations start in the same week. Parents are setting up a rota.",
    ),
    News(
        "heart-valve",
        "Surgeons implant heart valve grown from patient's own cells",
        "A hospital in Norcastle has for the first time given a patient a heart valve that was grown in the laboratory "
        "from her own tissue. The operation took six hours. Doctors hope that such implants will grow along with "
        "children, who today need a new prosthesis every few years. The woman, a retired bus driver, was walking in "
        "the corridor four days later. A trial with thirty volunteers is planned.",
    ),
    News(
        "beaver-dam",
        "Beaver dam saves village meadow from drying out",
        "What hydrologists could not achieve with sluices a family of beavers did in one winter: the wet meadow of "
        "Pendle holds its water again. Frogs and snipe have come back, and a farmer who lost a strip of pasture is to "
        "be compensated from a conservation fund. Rangers put pipes through the dam so that the footpath stays dry. "
        "The neighbouring parish would like to have beavers too.",
    ),
    News(
        "football-transfer",
        "Striker Okonedo leaves Ironford for record fee",
        "Ironford have sold their centre forward Daniel Okonedo to champions Redcliff Athletic for the highest sum a "
        "club of the second division ever received. The player, who came through the academy and scored nineteen times "
        "this season, signed until the end of the decade. Supporters gathered outside the ground with scarves. The "
        "manager said the money would pay for a new pitch and two defenders.",
    ),
    News(
        "data-leak",
        "Pharmacy chain admits leak of prescription records",
        "The pharmacy chain Medipoint has told customers that strangers had access to prescription records for several "
        "weeks. Names, addresses and medicines could be read through a faulty booking form, but no bank details. A "
        "student discovered the hole and reported it. The privacy commissioner has opened an inquiry and could impose "
        "a fine; lawyers are collecting complaints for a joint suit.",
    ),
    News(
        "bridge-toll",
        "Parliament scraps toll on the Galloway strait bridge",
        "Drivers will cross the Galloway strait without paying from the first of July. A majority in parliament voted "
        "to write off the remaining debt of the bridge company, as islanders had asked for decades. Hauliers expect "
        "cheaper groceries in the islands. The opposition called it a present before an election and pointed to "
        "hospitals that wait for repairs. The toll booths are to become a cafe.",
    ),
    News(
        "moon-probe",
        "Lunar probe Halcyon wakes up after frozen night",
        "Controllers have received a signal from the lunar lander Halcyon, two weeks after the sun set over its crater "
        "and its batteries were thought to be lost. The solar panels came back to life as soon as light reached them. "
        "A drill may now take the samples of dust for which the mission was built. Scientists in the control room "
        "opened the bottle that they had kept for the landing.",
    ),
]
"""Events that have nothing to do with each other."""

_PLACES = ("library", "swimming pool", "town hall", "market", "archive", "theatre", "cemetery", "museum cafe", "port")
NOTICES = [
    News(
        f"notice-{number}",
        f"Notice {number + 1}: opening hours of the {place} change",
        f"From next week the {place} keeps other hours; ask at the counter.",
    )
    for number, place in enumerate(_PLACES)
]
"""What stands in a feed before anything happens."""

WIRE = News(
    "dam-spillway",
    "Thousands leave homes below Marlow dam as spillway crumbles",
    "Authorities ordered some nine thousand people out of three valleys on Friday after engineers found that the "
    "concrete spillway of the Marlow dam was breaking away under the water of a week of rain. Buses took residents to "
    "schools and a disused barracks while soldiers filled the hole with rock dropped from helicopters. The reservoir "
    "stood forty centimetres below its crest in the evening and was still rising, the water board said. Its director, "
    "Tobias Renner, told reporters that the main wall was sound and that both outlet tunnels were open as far as they "
    "go. Farmers drove cattle along the motorway, which was closed to other traffic. Weather services expect the rain "
    "to ease on Sunday. The dam was finished in 1968 and supplies drinking water to the regional capital.",
)
"""An agency's report, as every outlet gets it."""

_NAMES = ("Harbour Gazette", "The Northern Post", "Valley Times", "Daily Courier", "City Mirror", "Evening Echo")
_HEADLINES = (
    "{0}",
    "UPDATE 1-{0}",
    "{0} - {1}",
    "{0} | {1}",
    "BREAKING: {0}",
    "Marlow dam: thousands leave homes as spillway crumbles",
    "Thousands evacuated below Marlow dam as spillway crumbles",
    "Spillway of Marlow dam crumbles, thousands leave homes",
)
_TAILS = ("", " Read more", " (Reporting by Lena Ostrow; Editing by Paul Finch)", " © 2026 {1}. All rights reserved.")


def as_printed(news: News, outlet: int) -> News:
    """The agency's text as outlet number so-and-so prints it: its own headline, opening, length and small print."""
    name = _NAMES[outlet % len(_NAMES)]
    headline = _HEADLINES[outlet % len(_HEADLINES)] if news is WIRE else _HEADLINES[outlet % 5]
    sentences = news.text.split(". ")
    kept = (len(sentences), 4, 5, len(sentences))[outlet % 4]
    text = ". ".join(sentences[:kept])
    if outlet % 7 == 3:  # cut off by length, in mid-sentence
        text = f"{text[:330].rsplit(' ', 1)[0]}…"
    if outlet % 3 == 1:
        text = f"MARLOW, March 14 (Reuters) - {text}"
    tail = _TAILS[outlet % len(_TAILS)]
    return News(f"{news.slug}-{outlet}", headline.format(news.title, name), f"{text}{tail}".replace("{1}", name))
