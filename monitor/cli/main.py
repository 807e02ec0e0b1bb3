"""The command `monitor`: finds the command asked for, runs it, turns errors into words and an exit code.

Exit codes: 0 done, 1 the command's own "no" (each says what in its help), 2 wrong use or a faulty configuration.

Effects: reads arguments and the watchlist's time zone, writes to standard error; the rest is the command's.
"""

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from monitor import __version__
from monitor.cli.moments import show_times_of
from monitor.cli.summaries import COMMANDS
from monitor.clock import SystemClock
from monitor.errors import ConfigError, MonitorError

EXIT_NO = 1
EXIT_USAGE = 2


def load_command(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f"monitor.cli.{name}")


def build_parser(wanted: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line: of all commands the name and what it is for, those wanted whole, each with its example."""
    parser = argparse.ArgumentParser(
        prog="monitor",
        description="Watches news feeds for your topics and tells each story once.",
        epilog="Try `monitor demo` first: a digest in under a minute, no network, no token.",
    )
    parser.add_argument("--version", action="version", version=f"news-monitor {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        if name not in wanted:
            commands.add_parser(name, help=summary)
            continue
        module = load_command(name)
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument(
            "--config",
            metavar="DIR",
            default=os.environ.get("MONITOR_CONFIG", "config"),
            help="folder with monitor.toml, feeds.toml and watchlist.toml (default: $MONITOR_CONFIG, else config)",
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
        _share_config(sub)
    return parser


def _share_config(parser: argparse.ArgumentParser) -> None:
    """Let `--config` stand behind an action too: `monitor feeds list --config DIR`."""
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        for one in dict[str, argparse.ArgumentParser](action.choices or {}).values():
            one.add_argument("--config", metavar="DIR", default=argparse.SUPPRESS, help="as for the command itself")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Every expected error becomes a sentence on standard error."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # What is loaded now stays to the end: looking through it for garbage while it loads, and ever after, is a sixth
    # of the time a start takes (measured).
    gc.disable()
    parser = build_parser([word for word in words if word in COMMANDS][:1])
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 10, 10)  # the default looks again after 700 objects: a fourteenth of a cold round
    args = parser.parse_args(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Half a surrogate pair, which JSON can spell and UTF-8 cannot, leaves as the escape it came as.
        sys.stdout.reconfigure(errors="backslashreplace")
    show_times_of(Path(args.config), SystemClock().now())
    try:
        code = args.run(args)
        sys.stdout.flush()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except MonitorError as error:
        print(f"monitor {args.command}: {error}", file=sys.stderr)
        return EXIT_NO
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output left, as `head` does: nothing to say, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return int(code)


def run_main() -> None:
    """The entry point of the `monitor` command."""
    sys.exit(main())
