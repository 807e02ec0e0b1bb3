"""`monitor mark`: say which matches were useful; the topic learns from it.

Effects: database, prints.
"""

import argparse

from monitor.cli.lines import format_time, write_line
from monitor.cli.moments import say_time
from monitor.cli.opening import find_topic, load_config, login_name, opened_store
from monitor.clock import SystemClock
from monitor.config.load import Loaded
from monitor.model import LearnedWord, TopicKey, TopicMark, Verdict
from monitor.pipeline.marks import Marked, learned_of, lift_mark, mark_article
from monitor.storage.marks import LISTED_MAX
from monitor.storage.store import Store
from monitor.text import plural
from monitor.topics.feedback import MARKS_MAX, MARKS_MIN, POINTS_ALL, POINTS_WORD
from monitor.topics.match import CompiledTopic

EXAMPLE = "monitor mark useful https://example.org/news/talks-resume hostage-negotiations; monitor mark terms hostages"
VERDICTS = {"useful": Verdict.USEFUL, "not-relevant": Verdict.NOT_RELEVANT}
_ARTICLE_HELP = "address of an article, or its number"
_TOPIC_HELP = "key or name of a topic"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="useful|not-relevant|lift|list|terms", required=True)
    for action, said in (
        ("useful", "the article belongs to the topic, whether or not it matched"),
        ("not-relevant", "the article does not belong to the topic"),
    ):
        marking = actions.add_parser(action, help=said, description=f"Mark an article: {said}.")
        marking.add_argument("article", metavar="URL|ID", help=_ARTICLE_HELP)
        marking.add_argument("topic", metavar="TOPIC", help=_TOPIC_HELP)
        marking.add_argument("--by", metavar="NAME", help="who says so (default: the login name)")
        marking.add_argument("--note", metavar="TEXT", default="", help="why, for whoever reads the list")
    lifting = actions.add_parser("lift", help="take a mark back", description="Take a mark back.")
    lifting.add_argument("article", metavar="URL|ID", help=_ARTICLE_HELP)
    lifting.add_argument("topic", metavar="TOPIC", help=_TOPIC_HELP)
    listing = actions.add_parser("list", help="the marks, the newest first", description="The marks, the newest first.")
    listing.add_argument("topic", metavar="TOPIC", nargs="?", help=_TOPIC_HELP)
    listing.add_argument("--json", action="store_true", help="one object per line")
    learned = "what a topic has learned from its marks"
    terms = actions.add_parser("terms", help=learned, description=f"Show {learned}.")
    terms.add_argument("topic", metavar="TOPIC", help=_TOPIC_HELP)
    terms.add_argument("--json", action="store_true", help="one object")


def run(args: argparse.Namespace) -> int:
    """Mark, lift, list, or show what was learned. Raises MonitorError for an article or topic that is not there."""
    loaded = load_config(args)
    with opened_store(loaded) as store:
        if args.action in VERDICTS:
            _mark(store, loaded, args)
        elif args.action == "lift":
            mark = lift_mark(store, args.article.strip(), _find_key(store, loaded, args.topic))
            print(f'no longer marked under {mark.topic}: "{mark.title}" (it was {mark.verdict.value})')
        elif args.action == "list":
            _list(store, _find_key(store, loaded, args.topic) if args.topic else None, as_json=args.json)
        else:
            _show_terms(store, loaded, find_topic(loaded, args.topic).key, as_json=args.json)
    return 0


def _find_key(store: Store, loaded: Loaded, wanted: str) -> TopicKey:
    """A topic of the watchlist, or one that left it and still has marks."""
    with store.read() as tx:
        gone = wanted in tx.marks.topics()
    return TopicKey(wanted) if gone else find_topic(loaded, wanted).key


def _mark(store: Store, loaded: Loaded, args: argparse.Namespace) -> None:
    topic = find_topic(loaded, args.topic)
    by = args.by if args.by is not None else login_name()
    marked = mark_article(
        store,
        loaded.compiled.lexicon,
        args.article.strip(),
        topic.key,
        VERDICTS[args.action],
        by=by,
        note=args.note,
        now=SystemClock().now(),
    )
    print("\n".join(_say_marked(marked)))
    with store.read() as tx:
        counts = _count(tx.marks.newest(topic.key, MARKS_MAX))
        learned = learned_of(tx, _compiled(loaded, topic.key), loaded.compiled.lexicon)
    print(f"  {_say_counts(counts)}. {_say_learned(learned, counts)}")
    if not topic.feedback:
        print("  The topic has feedback = false: the mark is kept, and moves no score.")


def _say_marked(marked: Marked) -> list[str]:
    mark, before = marked.mark, marked.before
    lines = [f'{mark.verdict.value} for {mark.topic}: "{mark.title}" (article {mark.article_id})']
    if before is not None and before == mark:
        by = f" by {mark.by}" if mark.by else ""
        lines.append(f"  It was marked so before, {say_time(mark.at)}{by}; nothing changed.")
    elif before is not None and before.verdict is not mark.verdict:
        lines.append(f"  In place of: {before.verdict.value}, {say_time(before.at)}.")
    if not marked.did_match and mark.verdict is Verdict.USEFUL:
        lines.append("  It did not match this topic; its words teach all the same. To be sure of its like, keep it in")
        lines.append(f"  `must_match`: monitor explain {mark.article_id} --keep-as must_match {mark.topic}")
    return lines


def _say_counts(counts: tuple[int, int]) -> str:
    return f"{counts[0]} useful and {counts[1]} not relevant so far"


def _say_learned(learned: tuple[LearnedWord, ...], counts: tuple[int, int]) -> str:
    if counts[0] < MARKS_MIN:
        return f"Nothing is learned before {MARKS_MIN} are useful."
    if not learned:
        return "No word tells them apart yet."
    parts = []
    for verb, sign in (("raises", 1), ("lowers", -1)):
        some = [one.word for one in learned if one.points * sign > 0]
        if some:
            parts.append(f"{verb}: {', '.join(some)}")
    return f"Learned: {'; '.join(parts)}."


def _count(marks: list[TopicMark]) -> tuple[int, int]:
    useful = sum(mark.verdict is Verdict.USEFUL for mark in marks)
    return useful, len(marks) - useful


def _list(store: Store, topic: TopicKey | None, *, as_json: bool) -> None:
    with store.read() as tx:
        marks = tx.marks.newest(topic)
    for mark in marks:
        if as_json:
            write_line(_mark_record(mark))
            continue
        by = f" by {mark.by}" if mark.by else ""
        print(f'{say_time(mark.at)}  {mark.verdict.value:12}  {mark.topic}: {mark.article_id} "{mark.title}"{by}')
        if mark.note:
            print(f"    {mark.note}")
    if not as_json:
        print("Nothing is marked." if not marks else f"{plural(len(marks), 'mark')}.")
        if len(marks) == LISTED_MAX:
            print("There may be older ones.")


def _show_terms(store: Store, loaded: Loaded, key: TopicKey, *, as_json: bool) -> None:
    compiled = _compiled(loaded, key)
    with store.read() as tx:
        counts = _count(tx.marks.newest(key, MARKS_MAX))
        learned = learned_of(tx, compiled, loaded.compiled.lexicon)
    if as_json:
        record: dict[str, object] = {
            "topic": key,
            "feedback": compiled.topic.feedback,
            "useful": counts[0],
            "not_relevant": counts[1],
        }
        for name, sign in (("raises", 1), ("lowers", -1)):
            record[name] = [_word_record(one) for one in learned if one.points * sign > 0]
        write_line(record)
        return
    print(f"{key}: {compiled.topic.name}")
    print(f"  {_say_counts(counts)}. {_say_learned(learned, counts)}")
    for one in learned:
        useful, rest = f"{one.useful} of {counts[0]} useful", f"{one.not_relevant} of {counts[1]} not relevant"
        print(f"  {one.points:+}  {one.word}: in {useful}, {rest}")
    if learned:
        print(f"  Each that an article holds moves its score by so many points (at most {POINTS_WORD}), all together")
        print(f"  by at most {POINTS_ALL}." + (" What the query finds stays the same." if compiled.query else ""))
    if not compiled.topic.feedback:
        print("  The topic has feedback = false: none of it counts.")


def _compiled(loaded: Loaded, key: TopicKey) -> CompiledTopic:
    return next(one for one in loaded.compiled.topics if one.topic.key == key)


def _word_record(one: LearnedWord) -> dict[str, object]:
    return {"word": one.word, "points": one.points, "useful": one.useful, "not_relevant": one.not_relevant}


def _mark_record(mark: TopicMark) -> dict[str, object]:
    return {
        "topic": mark.topic,
        "article": mark.article_id,
        "title": mark.title,
        "mark": mark.verdict.value,
        "at": format_time(mark.at),
        "by": mark.by or None,
        "note": mark.note or None,
    }
