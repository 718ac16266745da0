"""The command line: arguments in, exit status out.

Only argparse is imported before it is known what is asked, so that ``--help`` is
quick. What the verbs do is in ``commands.py``, how it looks in ``terminal.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from service.exit_status import ExitStatus

#: Where the verbs are that don't stand in commands.py.
_MODULES = {
    **dict.fromkeys(("index", "watch"), "intake"),
    **dict.fromkeys(("backup", "restore", "reindex"), "upkeep"),
    "keys": "keys",
}
_EPILOG = """\
exit status: 0 done (an unanswerable question too), 1 failed, 2 usage, 3 index in
use or of another recipe, 4 done but some input was skipped. Every option is also
an environment variable, listed in docs/settings.md.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = _parser().parse_args(arguments)
    from indexer.errors import (
        FundstelleError,
        IndexLocked,
        RecipeMismatch,
        SettingsError,
    )
    from service.errors import KeysError, QuestionError

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or Ray tells its makers of each run
    try:
        verbs = import_module(f"service.{_MODULES.get(given.command, 'commands')}")
        status: int = getattr(verbs, given.command)(given, os.environ)
    except (SettingsError, QuestionError, KeysError) as error:
        return _tell(error, ExitStatus.USAGE)
    except (IndexLocked, RecipeMismatch) as error:
        return _tell(error, ExitStatus.UNAVAILABLE)
    except FundstelleError as error:
        return _tell(error, ExitStatus.FAILED)
    except KeyboardInterrupt:
        return _tell("interrupted; what was confirmed is kept", ExitStatus.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away, as head(1) does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    return status


def _tell(message: object, status: int) -> int:
    print(f"fundstelle: {message}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fundstelle",
        description="Ask a news archive; every answer points at the characters that say so.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    index = _command(commands, "index", "read articles into the archive")
    _source_arguments(index)
    index.add_argument("--prune", action="store_true", help="remove what the source lost")
    _recipe(index)
    index.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="prepare articles on a Ray cluster (one on this machine)",
    )

    watch = _command(commands, "watch", "keep the archive up to date with its sources")
    _source_arguments(watch)
    watch.add_argument("--prune", action="store_true", help="remove what the sources lost")
    watch.add_argument(
        "--interval", type=_seconds, metavar="TIME", help="between two readings: 90s, 15m, 2h (15m)"
    )
    watch.add_argument("--once", action="store_true", help="read everything once, then end")

    ask = _command(commands, "ask", "answer a question")
    ask.add_argument("text", metavar="QUESTION")
    ask.add_argument("--mode", default="auto", choices=("extractive", "generative", "auto"))
    _filters(ask)

    search = _command(commands, "search", "find the nearest passages")
    search.add_argument("text", metavar="QUERY")
    search.add_argument("--rerank", action="store_true", help="let the reader order them")
    _filters(search)

    _command(commands, "status", "show what the archive holds")

    remove = _command(commands, "remove", "remove articles")
    remove.add_argument("ids", nargs="+", metavar="ID")

    backup = _command(commands, "backup", "write the whole archive to one file")
    backup.add_argument("file", metavar="FILE", help="where to; replaced once it is complete")

    restore = _command(commands, "restore", "put an archive back from a backup")
    restore.add_argument("file", metavar="FILE", help="what 'fundstelle backup' wrote")
    restore.add_argument("--drop-old", action="store_true", help="remove what was there before")

    reindex = _command(
        commands, "reindex", "index all articles anew beside the index in use, then switch to it"
    )
    _recipe(reindex)
    reindex.add_argument(
        "--drop-old",
        action="store_true",
        help="remove what was in use before; alone, without indexing anew",
    )

    evaluate = _command(commands, "eval", "measure the answers to a question file")
    evaluate.set_defaults(command="evaluate")
    evaluate.add_argument("file", metavar="FILE", help="questions, one JSON object a line")

    serve = _command(commands, "serve", "answer over HTTP")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (8000; 0 takes a free one)")

    mcp = _command(commands, "mcp", "let models use the archive (Model Context Protocol)")
    mcp.add_argument("--http", action="store_true", help="over HTTP, not standard input and output")
    mcp.add_argument("--host", help="address to listen on (127.0.0.1)")
    mcp.add_argument("--port", type=int, help="port to listen on (8001; 0 takes a free one)")
    for server in (serve, mcp):
        server.add_argument("--keys", type=Path, metavar="FILE", help="ask for keys of this file")

    _keys(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
    command.add_argument("--index", type=Path, metavar="DIR", help="folder of the index")
    command.add_argument("--archive", metavar="NAME", help="archive in it (default)")
    command.add_argument("--qdrant", metavar="URL", help="use a Qdrant server instead")
    if name not in ("serve", "mcp"):
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return command


def _keys(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    summary = "make, list, rotate and remove API keys"
    keys = commands.add_parser("keys", help=summary, description=summary.capitalize() + ".")
    verbs = keys.add_subparsers(dest="verb", required=True, metavar="VERB")

    add = _command(verbs, "add", "make a key and show it, once")
    add.add_argument("name", metavar="NAME", help="who it is for")
    add.add_argument(
        "--scope",
        default="read",
        choices=("read", "write", "admin", "metrics"),
        help="what it allows (read)",
    )
    add.add_argument(
        "--expires", metavar="TIME", help="how long it opens: 12h, 90d, or its last day 2027-01-31"
    )
    add.add_argument(
        "--rate",
        type=_count,
        metavar="N",
        help="most requests a minute (as FUNDSTELLE_RATE; 0: any)",
    )

    listed = _command(verbs, "list", "show the keys, but not their text")

    remove = _command(verbs, "remove", "let keys open nothing from now on")
    remove.add_argument("names", nargs="+", metavar="NAME")

    rotate = _command(verbs, "rotate", "give a key another text and show it, once")
    rotate.add_argument("name", metavar="NAME")
    rotate.add_argument(
        "--grace", default="24h", metavar="TIME", help="how long the former text still opens (24h)"
    )
    for verb in (add, listed, remove, rotate):
        verb.add_argument("--keys", type=Path, metavar="FILE", help="file that keys are kept in")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("it must be 0 or more")
    return number


def _source_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths", nargs="*", metavar="SOURCE", help="file, folder, address, or - for stdin"
    )
    command.add_argument(
        "--urls", metavar="FILE", help="list of addresses, one a line; - for stdin"
    )


def _seconds(text: str) -> float:
    """Reads a stretch of time: a number with s, m, h or d behind it."""
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:].lower(), 0)
    try:
        value = float(text[:-1]) * factor
    except ValueError:
        value = 0.0
    if not 1 <= value <= 366 * 86400:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time from a second to a year; write 90s, 15m, 2h or 1d"
        )
    return value


def _recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", metavar="NAME", help="sentence-transformers name or folder")
    command.add_argument("--passage-tokens", type=int, metavar="N", help="most tokens of a passage")
    command.add_argument("--passage-overlap", type=int, metavar="N", help="tokens shared by two")


def _filters(command: argparse.ArgumentParser) -> None:
    command.add_argument("--top-k", type=int, default=5, metavar="N", help="passages to show (5)")
    command.add_argument("--after", metavar="DATE", help="published on this day or later")
    command.add_argument("--before", metavar="DATE", help="published on this day or earlier")
    command.add_argument("--language", metavar="CODES", help="of the articles: de or de,fr")
    command.add_argument("--outlet", metavar="NAME", help="published by it")
    command.add_argument("--author", metavar="NAME", help="written by them")
    command.add_argument("--section", metavar="NAME", help="from this section")
    command.add_argument("--tag", dest="tags", metavar="TAG", help="with this tag")
    command.add_argument(
        "--group",
        action=argparse.BooleanOptionalAction,
        help="show copies of a story as one (default), or each for itself",
    )
    command.add_argument(
        "--dates",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="heed the time that the question names (default), or not",
    )


if __name__ == "__main__":
    sys.exit(main())
