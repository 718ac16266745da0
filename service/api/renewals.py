"""Backup, restore and reindex, for the command line of the same index alone.

A renewal may take hours: it is started, and then asked how far it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.response import Stream

from indexer.backup import backup_chunks
from indexer.restoring import Backup
from service.api.admission import ADMIN, owner_only
from service.api.sizes import OPTIONS_BYTES
from service.engine import SCRATCH, Engine
from service.renewal import Progress, Renewed, drop_former, reindex, restore
from service.renewal_job import RenewalJob, RenewalStatus
from service.workers import Workers

_MEDIA_TYPE = "application/zip"


class ReindexOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the next generation is built with; null asks for what the one in use has."""

    model: str | None = None
    passage_tokens: int | None = None
    passage_overlap: int | None = None
    drop_old: bool = False


@get("/v1/backup", opt=ADMIN, guards=[owner_only], include_in_schema=False)
async def back_up(engine: NamedDependency[Engine]) -> Stream:
    """The whole archive as one file."""

    def chunks() -> Iterator[bytes]:
        with engine.reading() as archive:
            yield from backup_chunks(archive.store)

    return Stream(_in_threads(chunks()), media_type=_MEDIA_TYPE)


@post(
    "/v1/reindex",
    opt=ADMIN,
    guards=[owner_only],
    status_code=202,
    include_in_schema=False,
    request_max_body_size=OPTIONS_BYTES,
)
async def start_reindex(
    data: JSONBody[ReindexOptions],
    engine: NamedDependency[Engine],
    job: NamedDependency[RenewalJob],
) -> RenewalStatus:
    """Begin to index all articles anew."""
    asked = replace(
        engine.archive,
        model=data.model,
        passage_tokens=data.passage_tokens,
        passage_overlap=data.passage_overlap,
    )

    def work(progress: Progress, stopping: Event) -> Renewed:
        return reindex(engine, asked, progress, drop_old=data.drop_old, stopping=stopping)

    job.start(work)
    return job.status


@post(
    "/v1/restore",
    opt=ADMIN,
    guards=[owner_only],
    status_code=202,
    include_in_schema=False,
    request_max_body_size=None,  # it is written to the disk as it comes
)
async def start_restore(
    request: Request[Any, Any, Any],
    engine: NamedDependency[Engine],
    job: NamedDependency[RenewalJob],
    drop_old: FromQuery[bool] = False,
) -> RenewalStatus:
    """Take a backup, check it, and begin to put it back."""
    # Beside the index, where there is room for it if there is room for what it becomes.
    descriptor, name = tempfile.mkstemp(".zip", SCRATCH, engine.archive.index)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            async for chunk in request.stream():
                await to_thread.run_sync(stream.write, chunk)
        backup = await to_thread.run_sync(Backup, path)

        def work(progress: Progress, stopping: Event) -> Renewed:
            try:
                with backup:
                    return restore(engine, backup, progress, drop_old=drop_old, stopping=stopping)
            finally:
                path.unlink(missing_ok=True)

        try:
            await to_thread.run_sync(backup.check)
            job.start(work)
        except BaseException:
            backup.close()
            raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job.status


@get("/v1/renewal", opt=ADMIN, guards=[owner_only], include_in_schema=False)
async def renewal_status(job: NamedDependency[RenewalJob]) -> RenewalStatus:
    """How far the last reindex or restore is."""
    return job.status


@delete("/v1/former", opt=ADMIN, guards=[owner_only], status_code=200, include_in_schema=False)
async def drop(
    engine: NamedDependency[Engine], workers: NamedDependency[Workers]
) -> dict[str, list[str]]:
    """Remove the generations before the one in use."""
    return {"dropped": await workers.run(drop_former, engine)}


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, each made off the event loop."""
    while (chunk := await to_thread.run_sync(next, chunks, None)) is not None:
        yield chunk
