"""The bytes of a backup → a file that appears whole and checked, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from indexer.errors import BackupError
from indexer.restoring import Backup


def keep(chunks: Iterable[bytes], path: Path) -> int:
    """Write a backup, read it back, and only then let it take its place.

    Returns how many articles it has. Raises BackupError where the file can't be written,
    or what came is not whole.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        with Backup(draft) as backup:
            articles = backup.check()
        draft.replace(path)
    except OSError as error:
        raise BackupError(f"the backup {path} can't be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return articles
