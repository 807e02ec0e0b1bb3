"""What people hold back: which things are not told now, and which articles are no reason to tell.

A muted thing waits: its open articles are taken by no digest, and are told when the mute ends or is lifted. An article
of a muted feed, or one that holds a muted term, is no reason to tell a thing; where there is no other, the thing waits.

Effects: none.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from monitor.model import Article, ChannelName, Mute, MuteKind, StoryCandidate, StoryId, TopicKey
from monitor.words import words


class Unmuted(Struct, frozen=True):
    """The things of a digest, as far as they are to be told, and what is held back of them."""

    candidates: tuple[StoryCandidate, ...]
    """All of them; the articles that a mute silences are silent in it."""
    muted: Mapping[StoryId, Mute]
    """The things that are not told now, each with the mute that ends last."""
    topic: Mute | None = None
    """The mute of the whole topic, where there is one."""


def apply_mutes(
    candidates: Sequence[StoryCandidate],
    mutes: Sequence[Mute],
    *,
    topic: TopicKey,
    channel: ChannelName,
    story_of: Mapping[StoryId, StoryId],
) -> Unmuted:
    """What the mutes in force leave of a digest of the topic on the channel.

    `story_of` gives the story of things that are not stories themselves.
    """
    mine = [mute for mute in mutes if mute.channel in (None, channel)]
    if not mine:
        return Unmuted(tuple(candidates), {})
    topics = [mute for mute in mine if mute.kind is MuteKind.TOPIC and mute.value == topic]
    stories = {int(mute.value): mute for mute in _longest_last(mine) if mute.kind is MuteKind.STORY}
    articles = [mute for mute in mine if mute.kind in (MuteKind.FEED, MuteKind.TERM)]
    whole = max(topics, key=lambda mute: mute.until, default=None)
    left, muted = [], {}
    for candidate in candidates:
        story = story_of.get(candidate.story_id, candidate.story_id)
        silenced, by = _silence(candidate, articles)
        left.append(silenced)
        mute = whole or stories.get(int(story)) or by
        if mute is not None:
            muted[candidate.story_id] = mute
    return Unmuted(tuple(left), muted, whole)


def mute_of(
    mutes: Sequence[Mute], *, topic: TopicKey, channel: ChannelName, story: StoryId | None, article: Article
) -> Mute | None:
    """The mute that keeps a channel from hearing more of an article it was told of, the one that ends last."""
    mine = [mute for mute in mutes if mute.channel in (None, channel)]
    holding = [
        mute
        for mute in mine
        if (mute.kind is MuteKind.TOPIC and mute.value == topic)
        or (mute.kind is MuteKind.STORY and story is not None and int(mute.value) == story)
        or (mute.kind in (MuteKind.FEED, MuteKind.TERM) and _speaks_of(mute, article))
    ]
    return max(holding, key=lambda mute: mute.until, default=None)


def held_words(mute: Mute) -> str:
    """Why a thing is held, in words."""
    what = {MuteKind.FEED: f'feed "{mute.value}"', MuteKind.TERM: f'"{mute.value}"'}.get(mute.kind, mute.kind.value)
    because = f": {mute.reason}" if mute.reason else ""
    return f"{what} is muted until {mute.until:%Y-%m-%d %H:%M} UTC by {mute.by}{because}"


def _silence(candidate: StoryCandidate, mutes: Sequence[Mute]) -> tuple[StoryCandidate, Mute | None]:
    """The thing without the reasons that a mute takes away; with the mute, where none is left."""
    if not mutes:
        return candidate, None
    members, by = [], None
    for member in candidate.members:
        mute = None
        if member.match is not None and not member.silent:
            mute = next((one for one in mutes if _speaks_of(one, member.article)), None)
        by = mute or by
        members.append(member if mute is None else replace(member, silent=True))
    if by is None:
        return candidate, None
    if any(member.match is not None and not member.silent for member in members):
        return replace(candidate, members=tuple(members)), None
    return candidate, by  # as it was: when the mute ends it is told as if it came then


def _speaks_of(mute: Mute, article: Article) -> bool:
    if mute.kind is MuteKind.FEED:
        return article.feed == mute.value
    term = " ".join(words(mute.value))
    return bool(term) and f" {term} " in f" {' '.join(words(f'{article.title} {article.text}'))} "


def _longest_last(mutes: Sequence[Mute]) -> list[Mute]:
    return sorted(mutes, key=lambda mute: mute.until)
