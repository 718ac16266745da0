"""Indexing on a cluster: articles are read and prepared by Ray Data, and written here.

Reading is spread over the cluster's processors, embedding over a pool of actors
with a model each, on GPUs where there are any. What comes back keeps its order and
goes through the same ``Indexer`` as in one process, so the outcome is the same, a
killed run goes on where it stopped, and what did not change is not embedded. Ray
hands out no more than this process has written; a step whose worker dies is done
again elsewhere.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from types import TracebackType
from typing import Any, Self

from indexer.article import Article
from indexer.distributed_steps import (
    KnownVersions,
    Prepare,
    packed,
    read,
    unpacked,
    unpacked_points,
)
from indexer.errors import SettingsError, SourceError
from indexer.passages import PassageSettings
from indexer.recipe import Recipe
from indexer.settings import ArchiveSettings
from indexer.sources import Item, Source
from indexer.sources.files import names, read_named
from indexer.sources.source import is_utf8
from indexer.store import PassagePoint

_LOCAL = "local"
_BATCH = 64
_FILES_A_TASK = 64
_STORE_BYTES = 256 * 1024 * 1024  # of a local cluster; a batch of passages is about 1 MB


class Cluster:
    """A connection to a Ray cluster, or one started on this machine; closed at the end.

    Raises SettingsError where Ray is not installed or the cluster can't be reached.
    """

    def __init__(self, settings: ArchiveSettings) -> None:
        self._settings = settings
        self._ray = _ray()
        try:
            if settings.ray in (None, _LOCAL):
                self._ray.init(
                    address=_LOCAL,
                    # Logical ones: with every one of them taken by an embedder nothing is read.
                    num_cpus=max(os.cpu_count() or 1, settings.ray_embedders + 1),
                    include_dashboard=False,
                    object_store_memory=_STORE_BYTES,
                    log_to_driver=False,
                    logging_level="ERROR",
                )
            else:
                self._ray.init(address=settings.ray, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise SettingsError(
                f"the Ray cluster at {settings.ray!r} can't be used: {error}; start one with "
                "ray start --head, or leave the address out for one on this machine"
            ) from error

    def __enter__(self) -> Self:
        # Ray tells of retries on standard output, where ours is for results.
        self._redirected = redirect_stdout(sys.stderr)
        self._redirected.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ray.shutdown()
        self._redirected.__exit__(kind, error, trace)

    def prepare(
        self, source: Source, recipe: Recipe, versions: Iterable[tuple[str, str]]
    ) -> PreparedItems:
        """The items of a source, prepared but for those whose id and version are given.

        The source has to be files that every node of the cluster sees under the same path.
        """
        import ray.data

        _quiet(ray.data.DataContext.get_current())
        rows = [_row(source.root, found) for found in names(source)]
        if not rows:
            return PreparedItems(())
        passages = PassageSettings(recipe.passage_tokens, recipe.passage_overlap)
        known = KnownVersions(versions)
        gpus, embedders = self._embedders()
        blocks = max(len(rows) // _FILES_A_TASK, min(len(rows), 2 * embedders))
        prepared = (
            ray.data.from_items(rows, override_num_blocks=blocks)
            .flat_map(read)
            .map_batches(
                Prepare,
                fn_constructor_args=(self._settings, recipe.model, passages, known),
                batch_size=_BATCH,
                batch_format="numpy",
                compute=ray.data.ActorPoolStrategy(size=embedders),
                num_gpus=gpus,
                num_cpus=1,
            )
        )
        return PreparedItems(prepared.iter_rows())

    def _embedders(self) -> tuple[int, int]:
        """GPUs of an embedder, and how many there are."""
        resources: dict[str, float] = self._ray.cluster_resources()
        gpus = int(resources.get("GPU", 0))
        # One processor is left to read files with.
        fit = gpus or max(1, int(resources.get("CPU", 1)) - 1)
        return min(gpus, 1), self._settings.ray_embedders or fit


class PreparedItems:
    """Items in the order of their files; what was prepared of an article is asked for once."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows = rows
        self._ready: dict[tuple[str, str], bytes] = {}

    def __iter__(self) -> Iterator[Item]:
        for row in self._rows:
            item = unpacked(row["item"])
            if isinstance(item, Article) and row["points"]:
                self._ready[item.id, item.version] = row["points"]
            yield item

    def passages(self, article: Article) -> list[PassagePoint] | None:
        """The passages of an article that was just yielded, None where it was not prepared."""
        content = self._ready.pop((article.id, article.version), b"")
        return unpacked_points(article, content)


def _row(root: str, found: str | SourceError) -> dict[str, Any]:
    """One file to read. What is no name that a table could hold is an error already."""
    if isinstance(found, str) and is_utf8(found):
        return {"root": root, "file": found, "item": b""}
    (item,) = read_named(root, found) if isinstance(found, str) else (found,)
    return {"root": root, "file": "", "item": packed(item)}


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise SettingsError(
            "indexing on a cluster needs Ray: pip install 'fundstelle[ray]'"
        ) from error
    return ray


def _quiet(context: Any) -> None:
    """Order is kept, so that what is reported and what wins is as in one process."""
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
