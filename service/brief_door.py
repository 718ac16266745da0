"""A way into the archive for a long job, open only while there is something to write.

Fetching a site takes hours, and other commands want the index meanwhile. Each visit
finds the service that owns the index, or opens it and lets go again; the models that
were loaded are kept from one visit to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from indexer.ownership import PATIENCE
from indexer.settings import ArchiveSettings
from service.client import OwnerClient
from service.door import open_door
from service.engine import Engine
from service.settings import ServiceSettings


class BriefDoor:
    """Visits to one archive, one at a time; the first makes the index where there is none."""

    def __init__(self, archive: ArchiveSettings, service: ServiceSettings) -> None:
        self._archive = archive
        self._service = service
        self._models_of: Engine | None = None

    @contextmanager
    def visit(self, *, patience: float = PATIENCE) -> Iterator[Engine | OwnerClient]:
        """The archive, held for as long as the block runs. Raises what opening a door raises."""
        door = open_door(self._archive, self._service, create=True, patience=patience)
        with closing(door):
            if isinstance(door, Engine):
                if self._models_of is not None:
                    door.adopt_models(self._models_of)
                self._models_of = door
            yield door

    def warm(self) -> None:
        """Load the embedding model while nothing is held; a service has its own.

        Else the first change would hold the index for as long as loading takes.
        """
        with self.visit() as door:
            model = door.status()["recipe"]["model"]
        if isinstance(door, Engine):
            door.models.embedder(model)
