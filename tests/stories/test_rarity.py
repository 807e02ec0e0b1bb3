"""How telling words are is the same before and after a restart."""

from monitor.stories.rarity import Rarity


def test_counts_written_down_are_all_that_was_known() -> None:
    """Words of a single article too: half of all words are such, and the next article that has one is weighed by it."""
    rarity = Rarity({1: 900, 2: 3})
    rarity.learn([1, 7])
    rarity.learn([1, 8, 9])
    again = Rarity({})
    assert again.load(rarity.dump())
    assert (again.articles, [again.idf(term) for term in (1, 2, 7, 8, 9, 10)]) == (
        rarity.articles,
        [rarity.idf(term) for term in (1, 2, 7, 8, 9, 10)],
    )


def test_what_is_undone_is_not_written_down() -> None:
    """A batch that failed leaves neither counts nor words behind."""
    rarity = Rarity({})
    rarity.learn([7])
    before = rarity.dump()
    try:
        with rarity.trial():
            rarity.learn([7, 8])
            raise RuntimeError
    except RuntimeError:
        pass
    assert rarity.dump() == before
