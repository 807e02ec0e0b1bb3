"""Which articles part when a person splits a story, and what each of them is afterwards.

Effects: none.
"""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import ArticleId, Relation, StoryId


class Member(Struct, frozen=True):
    """An article of a story, as far as a split asks."""

    id: ArticleId
    text_id: ArticleId
    """The first article of the same text: its own id for a text of its own."""
    relation: Relation
    of: ArticleId | None = None
    """The article it is a copy or a report of."""
    quiet: bool = False


class Split(Struct, frozen=True):
    """How a story parts."""

    new_id: StoryId
    """Of the part that goes: its smallest article id."""
    moved: tuple[Member, ...]
    """The articles that go, as they are afterwards, by id."""
    changed: tuple[Member, ...]
    """Those that are something else now, on either side."""
    along: tuple[ArticleId, ...]
    """Copies that were not named and went with the text they are copies of."""
    texts: tuple[tuple[ArticleId, ArticleId], ...] = ()
    """Texts that parted from another: that other's id and the new one's."""


def plan_split(story_id: StoryId, members: Iterable[Member], named: Collection[ArticleId]) -> Split | None:
    """Part the articles named from the rest of their story; None where nothing would be left, or nothing is named.

    The first article of a text takes its copies along; a copy named without it goes alone, and is a text of its own
    from then on. The part with the article whose id is the story's keeps that id, else the rest does. A report that
    was not shown because it is so like an article of the other part is shown from now on. Every article stays in
    exactly one of the two parts.
    """
    everyone = sorted(members, key=lambda one: one.id)
    chosen = {one.id for one in everyone if one.id in named}
    along = {one.id for one in everyone if one.text_id in chosen} - chosen
    first = [one for one in everyone if one.id in chosen | along]
    rest = [one for one in everyone if one.id not in chosen | along]
    if not first or not rest:
        return None
    first_goes = ArticleId(story_id) not in chosen
    first, rest = _after(first, rest, goes=first_goes), _after(rest, first, goes=not first_goes)
    going = first if first_goes else rest
    opener = going[0]
    going[0] = replace(opener, relation=Relation.NEW, quiet=False)
    before = {one.id: one for one in everyone}
    changed = [one for one in (*first, *rest) if one != before[one.id]]
    texts = {(before[one.id].text_id, one.text_id) for one in changed if one.text_id != before[one.id].text_id}
    return Split(StoryId(opener.id), tuple(going), tuple(changed), tuple(sorted(along)), tuple(sorted(texts)))


def _after(part: Sequence[Member], others: Sequence[Member], *, goes: bool) -> list[Member]:
    """The articles of one part, by id, without what tied them to the other.

    A text whose first article is with the other part is another text here; where that one is past the retention and
    both have copies, it stays with the part that stays.
    """
    here = {one.id for one in part}
    there = {one.id for one in others}
    texts_there = {one.text_id for one in others} if goes else there
    texts: dict[ArticleId, ArticleId] = {}
    after = []
    for one in part:
        if one.text_id not in here and one.text_id in texts_there:
            text_id = texts.setdefault(one.text_id, one.id)
            relation = Relation.REPORT if text_id == one.id else one.relation
            after.append(replace(one, text_id=text_id, relation=relation))
        else:
            after.append(replace(one, quiet=one.quiet and one.of not in there))
    return after
