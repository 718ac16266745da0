"""What every file of a folder holds, to tell whether anything was touched."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 by path, of all files below a folder."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
