"""The commands that read sources into an archive: index, watch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from indexer import sources
from indexer.errors import DiskFull, SettingsError, SourceError
from indexer.ownership import PATIENCE
from indexer.report import Report
from indexer.sources import Source
from indexer.sources.web.settings import WebSettings
from indexer.sources.web.source import WebSource, read_list
from service import terminal
from service.brief_door import BriefDoor
from service.exit_status import ExitStatus
from service.given import Environment, print_json, settings
from service.updating import Updating

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
