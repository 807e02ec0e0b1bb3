"""A plan in words, for people, and as records, for programs.

Effects: none.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from monitor.channels.wording import clean_title
from monitor.model import Topic
from monitor.pipeline.planned import Load, Plan, PlannedStory, TopicChange
from monitor.text import plain_line, plural
from monitor.topics.compare import Change

OUTLET_CHARS_MAX = 60


def plan_lines(plan: Plan, say: Callable[[datetime], str]) -> Iterator[str]:
    """What changes, topic by topic, then all of it together; `say` writes a time as its reader has it."""
    if not plan.topics:
        yield "No topic changes."
        return
    yield f"{looked_at(plan)}{':' if plan.articles else '.'}"
    for topic in plan.topics:
        yield ""
        yield from topic_lines(topic, plan, say)
    yield ""
    yield from total_lines(plan)


def looked_at(plan: Plan) -> str:
    """By what the plan was made, without a stop at its end."""
    if not plan.articles:
        return "The archive holds no article of that time yet, so nothing can be said of stories"
    return f"By the {plural(plan.articles, 'article')} stored in the last {_say_span(plan.days)}"


def _say_span(days: float) -> str:
    if days >= 2:
        return f"{days:.0f} days"
    if days >= 2 / 24:
        return f"{days * 24:.0f} hours"
    return plural(max(round(days * 24 * 60), 1), "minute")


def topic_lines(topic: TopicChange, plan: Plan, say: Callable[[datetime], str]) -> Iterator[str]:
    """One topic: what is edited, what it gains and loses, and how often it is told."""
    yield f"{topic.key}: {what_changes(topic)}"
    if plan.articles:
        yield from (f"  {line}" for line in effect_lines(topic, plan))
    for sign, stories, count in (
        ("+", topic.added_stories, topic.added),
        ("-", topic.dropped_stories, topic.dropped),
    ):
        yield from (f"  {sign} {_say_story(one, say)}" for one in stories)
        if stories and count > len(stories):
            yield f"  {sign} and {count - len(stories):,} more"


def what_changes(topic: TopicChange) -> str:
    """What of a topic is edited."""
    if topic.change is Change.NEW:
        return f"new, {_how_told(topic.new)}"
    if topic.change is Change.REMOVED:
        return "removed; what it told stays in the archive"
    edited = ", ".join(topic.keys)
    if topic.change is Change.RENAMED:
        tail = f"; also edited: {edited}" if edited else ""
        if topic.is_sure:
            return f"renamed, was {topic.was}{tail}. What waits, marks and mutes go with it"
        return f"renamed, was {topic.was}{tail}. As it asks for other news, what waits, marks and mutes stay behind"
    return f"edited: {edited}"


def _how_told(topic: Topic | None) -> str:
    return f"{topic.schedule.text} on {', '.join(topic.channels) or 'no channel'}" if topic else ""


def effect_lines(topic: TopicChange, plan: Plan) -> Iterator[str]:
    """What that does to its stories and messages, a sentence each."""
    if topic.changes_nothing:
        yield "This changes nothing for the stored articles: the same stories, as often, in the same places."
        return
    if topic.change is Change.NEW:
        yield f"It would have found {_stories(topic.after)}."
    elif topic.change is Change.REMOVED:
        yield f"It found {_stories(topic.before)}, which nobody would be told by it."
    elif not topic.added and not topic.dropped:
        yield f"The same {_stories(topic.after)}."
    else:
        gain = f"{topic.added:,} more" if topic.added else ""
        loss = f"{topic.dropped:,} less" if topic.dropped else ""
        change = " and ".join(filter(None, (gain, loss)))
        yield f"{change}: {_stories(topic.after)} instead of {topic.before.stories:,}."
    yield from _rate_lines(topic, plan)
    if topic.old and topic.new and topic.old.channels != topic.new.channels:
        yield f"Told on {', '.join(topic.new.channels) or 'no channel'} instead of {', '.join(topic.old.channels)}."


def _stories(load: Load) -> str:
    silent = load.stories - load.told
    said = plural(load.stories, "story", "stories")
    return f"{said}, {silent:,} of them from before its feed was watched" if silent else said


def _rate_lines(topic: TopicChange, plan: Plan) -> Iterator[str]:
    if not plan.says_rates:
        yield "The archive is too young to say how many that is a day."
        return
    before, after = topic.old is not None, topic.new is not None
    told = _from_to(plan, topic.before.told, topic.after.told, before=before, after=after)
    messages = _from_to(plan, topic.before.messages, topic.after.messages, before=before, after=after)
    yield f"Stories to tell: {told} a day. Messages: {messages} a day{_by_schedule(topic)}."


def _by_schedule(topic: TopicChange) -> str:
    texts = [one.schedule.text for one in (topic.new, topic.old) if one]
    return f" ({' instead of '.join(dict.fromkeys(texts))})"


def _from_to(plan: Plan, was: int, will: int, *, before: bool = True, after: bool = True) -> str:
    if not before:
        return rate(plan, will)
    return f"{rate(plan, was)} -> {rate(plan, will) if after else 'none'}"


def rate(plan: Plan, count: int) -> str:
    """So many a day, in so few digits as say something: `0.3`, `4.1`, `120`."""
    per_day = plan.per_day(count)
    if per_day is None:
        return "?"
    if count and per_day < 0.05:
        return "less than 0.1"
    return f"{per_day:,.0f}" if per_day >= 20 else f"{per_day:.1f}"


def _say_story(story: PlannedStory, say: Callable[[datetime], str]) -> str:
    outlet = plain_line(story.outlet)[:OUTLET_CHARS_MAX]
    where = ", ".join(filter(None, (outlet, say(story.at))))
    silent = "; not told, it is from before its feed was watched" if story.is_silent else ""
    return f"{clean_title(story.title)} ({where}{silent})"


def total_lines(plan: Plan) -> Iterator[str]:
    """All topics together, and the channels whose messages change."""
    kept = f", {plan.unchanged:,} as before" if plan.unchanged else ""
    said = f"In all: {plural(len(plan.topics), 'topic')} touched{kept}"
    if plan.articles:
        said += f"; {plural(plan.added, 'story', 'stories')} more, {plan.dropped:,} less"
    if plan.says_rates:
        before, after = plan.messages
        said += f"; messages of these topics: {rate(plan, before)} -> {rate(plan, after)} a day"
    yield f"{said}."
    if plan.articles and plan.says_rates:
        for name, (was, will) in plan.channels.items():
            yield f"  {name}: {rate(plan, was)} -> {rate(plan, will)} a day by these topics"


def topic_record(topic: TopicChange, plan: Plan) -> dict[str, object]:
    """One topic for programs; a rate is null where the archive is too young to say one."""
    return {
        "topic": topic.key,
        "name": topic.name,
        "change": topic.change.value,
        "was": topic.was,
        "edited": list(topic.keys),
        "changes_nothing": topic.changes_nothing,
        "added": topic.added,
        "dropped": topic.dropped,
        "stories_before": topic.before.stories,
        "stories_after": topic.after.stories,
        "stories_per_day_before": plan.per_day(topic.before.told),
        "stories_per_day_after": plan.per_day(topic.after.told),
        "alerts_per_day_before": plan.per_day(topic.before.messages),
        "alerts_per_day_after": plan.per_day(topic.after.messages),
        "channels_before": list(topic.old.channels) if topic.old else [],
        "channels_after": list(topic.new.channels) if topic.new else [],
        "added_stories": _story_records(topic.added_stories),
        "dropped_stories": _story_records(topic.dropped_stories),
    }


def _story_records(stories: Sequence[PlannedStory]) -> list[dict[str, object]]:
    return [
        {
            "story": one.story_id,
            "article": one.article_id,
            "title": one.title,
            "url": one.url or None,
            "outlet": one.outlet,
            "seen": _time(one.at),
            "silent": one.is_silent,
        }
        for one in stories
    ]


def total_record(plan: Plan) -> dict[str, object]:
    """All topics together for programs."""
    before, after = plan.messages
    return {
        "total": True,
        "since": _time(plan.since),
        "until": _time(plan.until),
        "days": round(plan.days, 2),
        "articles": plan.articles,
        "judged": plan.judged,
        "topics": len(plan.topics),
        "unchanged": plan.unchanged,
        "added": plan.added,
        "dropped": plan.dropped,
        "alerts_per_day_before": plan.per_day(before),
        "alerts_per_day_after": plan.per_day(after),
        "channels": {
            name: {"alerts_per_day_before": plan.per_day(was), "alerts_per_day_after": plan.per_day(will)}
            for name, (was, will) in plan.channels.items()
        },
    }


def _time(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
