"""The commands that keep an archive: backup, restore, reindex."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from indexer.backup import backup_chunks
from indexer.backup_file import keep
from indexer.restoring import Backup
from service import terminal
from service.door import open_door
from service.engine import Engine
from service.exit_status import ExitStatus
from service.given import Environment, print_json, settings
from service.renewal import Renewed, drop_former
from service.renewal import reindex as reindex_archive
from service.renewal import restore as restore_archive


def backup(given: argparse.Namespace, environment: Environment) -> int:
    """Write the whole archive to one file."""
    path = Path(given.file)
    archive, service = settings(given, environment)
    with closing(open_door(archive, service, any_recipe=True)) as door:
        if isinstance(door, Engine):
            with door.reading() as current:
                total = current.store.status().articles
                with terminal.Progress(total) as progress:
                    chunks = backup_chunks(current.store, progress.advance_to)
                    articles = keep(chunks, path)
        else:
            articles = door.back_up(path)
    size = path.stat().st_size
    if given.json:
        print_json({"file": str(path), "articles": articles, "bytes": size})
    else:
        terminal.show_backup(path, articles, size)
    return ExitStatus.DONE


def restore(given: argparse.Namespace, environment: Environment) -> int:
    """Put an archive back from a file."""
    path = Path(given.file)
    archive, service = settings(given, environment)
    with Backup(path) as found:
        found.check()  # before anything is opened or sent
        with closing(open_door(archive, service, create=True, any_recipe=True)) as door:
            renewed = _with_progress(
                partial(restore_archive, door, found)
                if isinstance(door, Engine)
                else partial(door.restore, path),
                drop_old=given.drop_old,
            )
    return _show(given, renewed)


def reindex(given: argparse.Namespace, environment: Environment) -> int:
    """Index all articles anew beside the index in use and switch to that, or drop the former."""
    archive, service = settings(given, environment)
    changes = (given.model, given.passage_tokens, given.passage_overlap)
    # What is asked for is for the next generation; the one in use has a recipe of its own.
    current = replace(archive, model=None, passage_tokens=None, passage_overlap=None)
    with closing(open_door(current, service, any_recipe=True)) as door:
        if given.drop_old and changes == (None, None, None):
            dropped = drop_former(door) if isinstance(door, Engine) else door.drop_former()
            if given.json:
                print_json({"dropped": dropped})
            else:
                terminal.show_dropped(dropped)
            return ExitStatus.DONE
        renewed = _with_progress(
            partial(reindex_archive, door, archive)
            if isinstance(door, Engine)
            else partial(door.reindex, archive),
            drop_old=given.drop_old,
        )
    return _show(given, renewed)


def _with_progress(work: Callable[..., Renewed], *, drop_old: bool) -> Renewed:
    with terminal.Progress(0) as progress:
        return work(progress.advance_to, drop_old=drop_old)


def _show(given: argparse.Namespace, renewed: Renewed) -> int:
    if given.json:
        print_json(msgspec.to_builtins(renewed))
    else:
        terminal.show_renewed(renewed)
    return ExitStatus.DONE
