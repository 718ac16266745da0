"""What commands do that ask, look, remove and serve.

Results go to standard output, everything else to standard error. Those that read sources
are in ``intake.py``, those that keep an archive in ``upkeep.py``.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import closing
from pathlib import Path

import msgspec

from indexer.errors import SettingsError
from indexer.points import METADATA
from indexer.sources.source import is_utf8
from service import terminal
from service.answer import Answer
from service.asking import Asker
from service.door import open_door
from service.engine import Engine
from service.errors import EvaluationError, QuestionError
from service.evaluation import parse_questions
from service.exit_status import ExitStatus
from service.given import Environment, archive_settings, print_json, settings
from service.question import Question, parse_question
from service.settings import ServiceSettings, refuse_unknown
from service.workers import Workers

_MCP_PORT = 8001


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
