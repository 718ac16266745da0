"""Every file below a folder, in the order of its path.

Hidden entries are passed over, and so are links that lead back into what is
walked anyway: each article is reached by one name and no loop can hang the run.
Which of the files can be read is left to ``files``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from indexer.errors import SourceError


def walk(root: Path) -> Iterator[str | SourceError]:
    """Paths of files relative to ``root``, with ``/``, sorted by code point.

    A folder that can't be listed is yielded as a SourceError.
    """
    entered = {root.resolve()}
    # A stack in place of recursion: paths may be deeper than Python's own. Folders
    # end in "/", which also makes them sort as their files' paths do.
    pending = [""]
    while pending:
        name = pending.pop()
        if name and not name.endswith("/"):
            yield name
            continue
        try:
            children = _children(root, name, entered)
        except OSError as error:
            where = name.rstrip("/") or str(root)
            yield SourceError(where, f"the folder can't be listed: {error.strerror}")
        else:
            pending.extend(sorted(children, reverse=True))


def _children(root: Path, name: str, entered: set[Path]) -> list[str]:
    children = []
    with os.scandir(root / name) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                target = Path(entry.path)
                mode = _mode(target)
                # A link to nothing is kept as a file: reading it says what is wrong.
                if mode is None or stat.S_ISREG(mode):
                    children.append(f"{name}{entry.name}")
                elif stat.S_ISDIR(mode) and _leads_elsewhere(target.resolve(), entered):
                    children.append(f"{name}{entry.name}/")
            elif entry.is_dir():
                children.append(f"{name}{entry.name}/")
            elif entry.is_file():  # a pipe or a device would never end
                children.append(f"{name}{entry.name}")
    return children


def _leads_elsewhere(target: Path, entered: set[Path]) -> bool:
    """True, and remembered, for a folder that is not walked by another name already."""
    for folder in entered:
        if target == folder or folder in target.parents or target in folder.parents:
            return False
    entered.add(target)
    return True


def _mode(path: Path) -> int | None:
    """What kind of file a link leads to; None if it leads nowhere."""
    try:
        return path.stat().st_mode
    except OSError:
        return None
