"""A shared door for each archive that is asked for."""

from __future__ import annotations

from dataclasses import replace

from indexer.settings import ArchiveSettings
from service.settings import ServiceSettings
from service.shared_door import SharedDoor


class SharedDoors:
    """Doors to the archives of one index, for use on one event loop.

    Only one archive of a folder is held at a time, by whoever is asking; a service that owns
    the folder (``fundstelle serve``) has all of them open at once.
    """

    def __init__(self, archive: ArchiveSettings, service: ServiceSettings) -> None:
        self._archive = archive
        self._service = service
        self._doors: dict[str, SharedDoor] = {}

    def of(self, archive: str | None) -> SharedDoor:
        """The door to an archive, None for the one of the settings."""
        name = archive or self._archive.archive
        if name not in self._doors:
            self._doors[name] = SharedDoor(replace(self._archive, archive=name), self._service)
        return self._doors[name]

    async def close(self) -> None:
        """Let go of all of them."""
        for door in self._doors.values():
            await door.close()
