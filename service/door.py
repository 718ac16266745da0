"""Whom a command works through: the owner of the index where there is one, else itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from indexer.errors import IndexLocked
from indexer.ownership import PATIENCE, Owner
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.settings import ServiceSettings

if TYPE_CHECKING:
    from service.client import OwnerClient

_STEP_S = 0.25


def open_door(
    archive: ArchiveSettings,
    service: ServiceSettings,
    *,
    create: bool = False,
    any_recipe: bool = False,
    patience: float = PATIENCE,
) -> Engine | OwnerClient:
    """An Engine, or a client of the service that owns the index.

    ``create`` and ``any_recipe`` are an Engine's. A holder that is no service is waited for
    ``patience`` seconds. Raises IndexLocked after that, and what opening an Engine raises.
    """
    if archive.qdrant_url:
        return Engine(archive, service, create=create, any_recipe=any_recipe)
    deadline = time.monotonic() + patience
    while True:
        # Asked anew each time: the holder may be a service that is just starting.
        client = _client(archive, create=create)
        if client is not None:
            try:
                if not any_recipe:
                    client.require_recipe(archive)
            except BaseException:
                client.close()
                raise
            return client
        try:
            return Engine(archive, service, create=create, any_recipe=any_recipe, patience=_STEP_S)
        except IndexLocked:
            if time.monotonic() >= deadline:
                raise


def _client(archive: ArchiveSettings, *, create: bool) -> OwnerClient | None:
    if Owner.read(archive.index) is None:
        return None
    from service.client import OwnerClient  # here, as a command that works alone would wait for it

    return OwnerClient.find(archive, create=create)
