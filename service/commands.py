"""What each command does. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from indexer import sources
from indexer.errors import DiskFull, SettingsError, SourceError
from indexer.ownership import PATIENCE
from indexer.points import METADATA
from indexer.report import Report
from indexer.sources import Source
from indexer.sources.source import is_utf8
from indexer.sources.web.settings import WebSettings
from indexer.sources.web.source import WebSource, read_list
from service import terminal
from service.answer import Answer
from service.asking import Asker
from service.brief_door import BriefDoor
from service.door import open_door
from service.engine import Engine
from service.errors import EvaluationError, QuestionError
from service.evaluation import parse_questions
from service.exit_status import ExitStatus
from service.given import Environment, archive_settings, print_json, settings
from service.question import Question, parse_question
from service.settings import ServiceSettings, refuse_unknown
from service.updating import Updating
from service.workers import Workers

_MCP_PORT = 8001
# What was fetched for hours waits this long for its turn to be written, in seconds.
_PATIENCE_S = 300.0


def index(given: argparse.Namespace, environment: Environment) -> int:
    """Read sources into the archive, and with ``--prune`` remove what they lost."""
    files, web, unreadable = _sources(given)
    if given.prune and any(source.path is None for source in files):
        raise SettingsError("--prune needs files or folders: nobody knows what - had before")
    archive, service = settings(given, environment)
    door = BriefDoor(archive, service)
    total = 0 if web else sum(map(sources.count, files))
    report = Report(skipped=unreadable)
    with terminal.Progress(total) as progress:
        updating = Updating(
            door,
            archive,
            WebSettings.from_environment(environment),
            prune=given.prune,
            patience=_PATIENCE_S if web else PATIENCE,
            on_progress=progress.show,
        )
        updating.files(files, report)
        updating.web(web, report)
        try:
            updating.finish()
        except DiskFull as error:  # all is in, and found, if not as fast
            print(f"not optimised: {error}", file=sys.stderr)
    terminal.show_skipped(report.skipped)
    terminal.show_passed_over(sum(map(sources.passed_over, files)))
    if given.json:
        print_json(report.to_json())
    else:
        terminal.show_report(report)
    return ExitStatus.SKIPPED if report.skipped else ExitStatus.DONE


def watch(given: argparse.Namespace, environment: Environment) -> int:
    """Keep sources up to date, until stopped."""
    from service.watching import Watching, until_signalled

    files, web, unreadable = _sources(given)
    if any(source.path is None for source in files):
        raise SettingsError("- can be read once only; watch files, folders and addresses")
    archive, service = settings(given, environment)
    with until_signalled() as stopping:
        watching = Watching(
            BriefDoor(archive, service),
            archive,
            WebSettings.from_environment(environment),
            interval=given.interval,
            prune=given.prune,
            tell=terminal.tell_as_json if given.json else terminal.tell,
            stopping=stopping,
        )
        watching.skipped(unreadable)
        watching.run([*files, *web], once=given.once)
    return ExitStatus.SKIPPED if given.once and watching.has_skipped else ExitStatus.DONE


def ask(given: argparse.Namespace, environment: Environment) -> int:
    """Answer one question."""
    question = _question(given, mode=given.mode)
    with closing(open_door(*settings(given, environment))) as door:
        answer = (
            asyncio.run(_ask(door, question)) if isinstance(door, Engine) else door.answer(question)
        )
    if given.json:
        print_json(msgspec.to_builtins(answer))
    else:
        terminal.show_answer(answer)
    return ExitStatus.DONE


def search(given: argparse.Namespace, environment: Environment) -> int:
    """Find the nearest passages."""
    question = _question(given, searching=True)
    with closing(open_door(*settings(given, environment))) as door:
        found, timings = door.search(question, rerank=given.rerank)
    if given.json:
        print_json({"results": msgspec.to_builtins(found), "timings_ms": timings})
    else:
        terminal.show_passages(found)
    return ExitStatus.DONE


def status(given: argparse.Namespace, environment: Environment) -> int:
    """Show what the archive holds."""
    with closing(open_door(*settings(given, environment))) as door:
        found = door.status()
    if given.json:
        print_json(found)
    else:
        terminal.show_status(found)
    return ExitStatus.DONE


def remove(given: argparse.Namespace, environment: Environment) -> int:
    """Remove articles by their ids."""
    for article_id in given.ids:
        if not is_utf8(article_id):
            raise QuestionError("id", f"{article_id!r} is not UTF-8, as every id is")
    with closing(open_door(*settings(given, environment))) as door:
        outcome = door.remove(given.ids)
    if given.json:
        print_json(outcome)
    else:
        terminal.show_removed(outcome)
    return ExitStatus.DONE


def evaluate(given: argparse.Namespace, environment: Environment) -> int:
    """Measure the answers to a question file."""
    try:
        content = Path(given.file).read_bytes()
    except OSError as error:
        raise EvaluationError(f"{given.file}: can't be read: {error.strerror}") from error
    questions = parse_questions(content.splitlines(), given.file)
    with closing(open_door(*settings(given, environment))) as door:
        if isinstance(door, Engine):
            with terminal.Progress(len(questions)) as progress:
                figures = door.evaluate(questions, progress.advance_to).to_json()
        else:
            figures = door.evaluate(content)
    if given.json:
        print_json(figures)
    else:
        terminal.show_figures(figures)
    return ExitStatus.DONE


def serve(given: argparse.Namespace, environment: Environment) -> int:
    """Answer over HTTP until stopped."""
    from service.serve import serve as serve_until_stopped

    refuse_unknown(environment)
    service = ServiceSettings.from_environment(
        environment, host=given.host, port=given.port, keys=given.keys
    )
    serve_until_stopped(archive_settings(given, environment), service)
    return ExitStatus.DONE


def mcp(given: argparse.Namespace, environment: Environment) -> int:
    """Let models use the archive over the Model Context Protocol, until stopped."""
    from service.mcp import serve_http, serve_stdio

    if (given.host, given.port, given.keys) != (None, None, None) and not given.http:
        raise SettingsError("--host, --port and --keys are for --http")
    refuse_unknown(environment)
    archive = archive_settings(given, environment)
    service = ServiceSettings.from_environment(environment, keys=given.keys)
    if given.http:
        port = _MCP_PORT if given.port is None else given.port
        serve_http(archive, service, host=given.host or "127.0.0.1", port=port)
    else:
        serve_stdio(archive, service)
    return ExitStatus.DONE


def _question(
    given: argparse.Namespace, *, mode: str = "auto", searching: bool = False
) -> Question:
    return parse_question(
        given.text,
        mode=mode,
        top_k=given.top_k,
        published_after=given.after,
        published_before=given.before,
        language=given.language,
        metadata={name: getattr(given, name) for name in METADATA},
        group=given.group,
        dates=given.dates,
        searching=searching,
    )


async def _ask(engine: Engine, question: Question) -> Answer:
    asker = Asker(engine, Workers(engine.service.workers), engine.service)
    try:
        return await asker.answer(question)
    finally:
        await asker.close()


def _sources(
    given: argparse.Namespace,
) -> tuple[list[Source], list[WebSource], list[SourceError]]:
    """Files and addresses that were named, and the lines of a list that are no addresses."""
    named = sources.resolve(given.paths)
    unreadable = []
    if given.urls is not None:
        if given.urls == "-" and "-" in given.paths:
            raise SettingsError("standard input can't be both an article and a list of addresses")
        for found in _listed(given.urls):
            if isinstance(found, SourceError):
                unreadable.append(found)
            else:
                named.append(found)
    elif not named:
        raise SettingsError("name a file, a folder or an address, or a list of them with --urls")
    files = [source for source in named if isinstance(source, Source)]
    web = [source for source in named if isinstance(source, WebSource)]
    return files, list(dict.fromkeys(web)), unreadable


def _listed(name: str) -> list[WebSource | SourceError]:
    if name == "-":
        return read_list(sys.stdin.buffer, "-")
    try:
        with Path(name).open("rb") as lines:
            return read_list(lines, name)
    except OSError as error:
        raise SourceError(name, f"can't be read: {error.strerror}") from error
