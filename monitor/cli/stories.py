"""`monitor stories`: what belongs together, why, and where it was told; a person's corrections.

Effects: database, prints.
"""

import argparse
from collections.abc import Iterator

from monitor.cli.arguments import age
from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time, shown_moments
from monitor.cli.opening import find_topic, load_config, login_name, opened_store
from monitor.cli.stories_below import list_below
from monitor.clock import SystemClock
from monitor.dossier import Dossier, Outline, find_dossier, list_stories
from monitor.model import ArticleId, Relation, StoryId
from monitor.pipeline.corrections import Corrected, merge_stories, split_story
from monitor.storage.articles import StoredArticle
from monitor.storage.digests import SPLIT_REASON, SentRecord
from monitor.storage.store import Store
from monitor.text import plain_line, plural
from monitor.urls import publisher_of
from monitor.views.corrected import change_record, change_words, part_words, telling_record

EXAMPLE = """monitor stories list --topic hostage-negotiations --since 24h
  monitor stories list --below hostage-negotiations
  monitor stories show 4711
  monitor stories merge 4711 4802 --reason "one attack, two headlines"
  monitor stories split 4711 4790 4795 --reason "another ship\""""
LIMIT = 20
"""Stories shown unless more are asked for: a screen or two."""
LIMIT_MAX = 10_000
_GONE = "(its articles are past the retention)"
_STORY_HELP = "number of a story, as `stories list` and `explain` show it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="list|show|merge|split", required=True)
    _add_list(actions)
    showing = _add(actions, "show", "all of one story: its articles in time, why they are one, who was told", "4711")
    showing.add_argument("id", metavar="ID", type=_number, help="number of a story, a merged one too, or of an article")
    showing.add_argument("--json", action="store_true", help="one object")
    merging = _add(
        actions,
        "merge",
        "make one story of two; the older one's number stays, and nothing is told by it",
        '4711 4802 --reason "one attack, two headlines"',
    )
    merging.add_argument("one", metavar="STORY", type=_number, help=_STORY_HELP)
    merging.add_argument("other", metavar="STORY", type=_number, help="another, in any order")
    splitting = _add(
        actions,
        "split",
        "give articles of a story a story of their own; both stay told where it was told, and nothing is told by it",
        '4711 4790 4795 --reason "another ship"',
    )
    splitting.add_argument("story", metavar="STORY", type=_number, help=_STORY_HELP)
    splitting.add_argument(
        "articles",
        metavar="ARTICLE",
        type=_number,
        nargs="+",
        help="numbers of its articles; the first print of a text takes its copies along, a copy may go alone",
    )
    for correcting in (merging, splitting):
        correcting.add_argument("--reason", metavar="TEXT", default="", help="why, for whoever looks at the story")
        correcting.add_argument("--by", metavar="NAME", help="who says so (default: the login name)")
        correcting.add_argument("--json", action="store_true", help="one object")


def _add_list(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = _add(actions, "list", "the newest stories", "--topic hostage-negotiations --since 24h")
    listing.add_argument("--topic", metavar="TOPIC", help="those that answer a topic, by its key or name")
    listing.add_argument(
        "--below", metavar="TOPIC", help="only those that its budget (`at_most`) kept from being told, best score first"
    )
    listing.add_argument("--since", metavar="AGE", type=age, help="how far back, as in 90m, 24h or 30d")
    listing.add_argument(
        "--limit", metavar="N", type=_limit, default=LIMIT, help=f"stories shown at most (default: {LIMIT})"
    )
    listing.add_argument("--json", action="store_true", help="one object per line")


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, said: str, example: str
) -> argparse.ArgumentParser:
    return actions.add_parser(
        name,
        help=said,
        description=f"{said[0].upper()}{said[1:]}.",
        epilog=f"example:\n  monitor stories {name} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1 << 63:
        raise argparse.ArgumentTypeError(f"{plain_line(text)[:40]!r} is not a number of a story or an article")
    return int(text)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= LIMIT_MAX:
        raise argparse.ArgumentTypeError(f"{plain_line(text)[:40]!r} is not a whole number from 1 to {LIMIT_MAX:,}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """List, show or correct. Raises MonitorError for a story, article or topic that is not there."""
    loaded = load_config(args)
    now = SystemClock().now()
    topic = find_topic(loaded, args.topic).key if args.action == "list" and args.topic else None
    below = find_topic(loaded, args.below) if args.action == "list" and args.below else None
    with opened_store(loaded) as store:
        if below is not None:
            list_below(store, loaded, below, args.since, args.limit, now, as_json=args.json)
        elif args.action == "list":
            since = now - args.since if args.since is not None else None
            _list(list_stories(store, since=since, topic=topic, limit=args.limit), args)
        elif args.action == "show":
            found = find_dossier(store, args.id)
            if args.json:
                write_line(_record(found))
            else:
                print("\n".join(_lines(found, args.id)))
        else:
            _correct(store, args)
    return 0


def _correct(store: Store, args: argparse.Namespace) -> None:
    by = args.by if args.by is not None else login_name()
    now = SystemClock().now()
    if args.action == "merge":
        one, other = StoryId(args.one), StoryId(args.other)
        done = merge_stories(store, one, other, by=by, reason=args.reason, now=now)
    else:
        articles = [ArticleId(number) for number in args.articles]
        done = split_story(store, StoryId(args.story), articles, by=by, reason=args.reason, now=now)
    if args.json:
        write_line({**change_record(done.change), "along": list(done.along), "article_count": done.articles})
    else:
        print("\n".join(_done_lines(done)))


def _done_lines(done: Corrected) -> Iterator[str]:
    yield change_words(done.change, shown_moments())
    if done.along:
        copies = ", ".join(map(str, done.along))
        yield f"  With it went the {'copy' if len(done.along) == 1 else 'copies'} of its text: {copies}."
    yield f"  Story {done.change.story_id} has {plural(done.articles, 'article')} now. Nothing is told by this."


# --- list -----------------------------------------------------------------------------------------------------------


def _list(outlines: list[Outline], args: argparse.Namespace) -> None:
    for outline in outlines:
        if args.json:
            write_line(_outline_record(outline))
        else:
            print("\n".join(_outline_lines(outline)))
    if not args.json:
        more = " There may be more (--limit N)." if len(outlines) == args.limit else ""
        print(f"{plural(len(outlines), 'story', 'stories')}.{more}" if outlines else "There is no such story.")


def _outline_lines(outline: Outline) -> Iterator[str]:
    story = outline.story
    channels = sorted({telling.channel for telling in outline.tellings})
    told = f"told on {', '.join(channels)}" if channels else "not told"
    title = f'"{plain_line(outline.title)}"' if outline.title else _GONE
    yield f"{story.id:>8}  {title}"
    yield f"          {say_time(story.last_article_at)}  {_counts(outline)}; {told}"


def _counts(outline: Outline) -> str:
    if not outline.publishers:
        return plural(outline.story.article_count, "article")
    return (
        f"{plural(outline.story.article_count, 'article')}, {plural(outline.publishers, 'publisher')}, "
        f"{plural(outline.independent, 'independent text')}"
    )


def _outline_record(outline: Outline) -> dict[str, object]:
    story = outline.story
    return {
        "story": story.id,
        "title": outline.title or None,
        "url": outline.url or None,
        "created_at": format_time(story.created_at),
        "last_article_at": format_time(story.last_article_at),
        "articles": story.article_count,
        "publishers": outline.publishers,
        "independent_texts": outline.independent,
        "topics": dict(outline.topics),
        "told": list(map(telling_record, outline.tellings)),
    }


# --- show -----------------------------------------------------------------------------------------------------------


def _lines(found: Dossier, wanted: int) -> Iterator[str]:
    outline, story = found.outline, found.outline.story
    yield f"Story {story.id}: {plain_line(outline.title) or _GONE}"
    if wanted in found.merged:
        yield f"  story {wanted} was merged into it"
    elif wanted != story.id:
        yield f"  article {wanted} stands in it"
    yield f"  {_counts(outline)}"
    yield f"  from {say_time(story.created_at)} to {say_time(story.last_article_at)}"
    for topic, count in outline.topics.items():
        yield f"  {plural(count, 'article')} for {topic}"
    yield "Articles"
    for member in found.members:
        yield from _member_lines(member)
    gone = story.article_count - len(found.members)
    if gone > 0:
        yield f"  {plural(gone, 'article')} more, past the retention"
    yield "Told"
    if not outline.tellings:
        yield "  to no channel"
    for telling in outline.tellings:
        yield f"  {_telling_words(telling, found)}"
    for held in found.held:
        when = f"{held.digest.topic}, {say_time(held.digest.closed_at)}"
        part = part_words(held.story_id, story.id)
        yield f"  {held.channel}: not told in digest {held.digest.id} ({when}){part}: {held.reason}"
    if found.changes:
        yield "Changed by hand"
        for change in found.changes:
            yield f"  {change_words(change, shown_moments())}"


def _member_lines(member: StoredArticle) -> Iterator[str]:
    article = member.article
    publisher = publisher_of(article.url, "")
    where = f" ({plain_line(publisher)})" if publisher and publisher != article.outlet else ""
    origin = f", text by {plain_line(article.origin)}" if article.origin else ""
    yield f"  {say_time(article.seen_at)}  {article.id:>8}  {_standing(member)}"
    yield f"      {plain_line(article.title)}"
    yield f"      {plain_line(article.outlet)}{where}{origin}  {plain_line(article.url)}".rstrip()
    if member.evidence:
        yield f"      because: {plain_line(member.evidence)}"


def _standing(member: StoredArticle) -> str:
    if member.relation is Relation.NEW:
        return "new"
    of = f" of {member.copy_of}" if member.copy_of is not None else ""
    if member.relation is Relation.COPY:
        return f"copy{of}"
    return f"report{of}, {'quiet: counted, not shown' if member.quiet else 'shown'}"


def _telling_words(telling: SentRecord, found: Dossier) -> str:
    part = part_words(telling.story_id, found.outline.story.id)
    when = f"{say_time(telling.told_at)} in digest {telling.digest_id} ({telling.topic}){part}"
    if telling.reason.startswith(SPLIT_REASON):
        return f"{telling.channel}: counts as told since {say_time(telling.told_at)}{part}: {telling.reason}"
    if (telling.digest_id, telling.channel) not in found.delivered:
        return f"{telling.channel}: put in line {when}, not delivered yet: {telling.reason}"
    again = "told again" if telling.reason.startswith("update") else "told"  # a merge numbers first tellings on
    return f"{telling.channel}: {again} {when}: {telling.reason}"


def _record(found: Dossier) -> dict[str, object]:
    outline = _outline_record(found.outline)
    outline["told"] = [
        {**telling_record(one), "delivered": (one.digest_id, one.channel) in found.delivered}
        for one in found.outline.tellings
    ]
    return {
        **outline,
        "merged": list(found.merged),
        "members": list(map(_member_record, found.members)),
        "held_back": [
            {
                "channel": held.channel,
                "key": held.story_id,
                "digest": held.digest.id,
                "topic": held.digest.topic,
                "at": format_time(held.digest.closed_at),
                "reason": held.reason,
            }
            for held in found.held
        ],
        "changes": list(map(change_record, found.changes)),
    }


def _member_record(member: StoredArticle) -> dict[str, object]:
    article = member.article
    return {
        "article": article.id,
        "title": article.title,
        "url": article.url,
        "outlet": article.outlet,
        "publisher": publisher_of(article.url, article.outlet),
        "origin": article.origin or None,
        "published": format_time(article.published_at),
        "seen": format_time(article.seen_at),
        "relation": member.relation.value,
        "of": member.copy_of,
        "text": member.text_id,
        "quiet": member.quiet,
        "evidence": member.evidence or None,
    }
