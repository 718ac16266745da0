"""The file that keys are kept in: read with suspicion, changed by one process at a time.

It holds hashes alone, and is still for its owner alone: who could write to it could let
themselves in. What a running service makes of a change is left to ``keyring.py``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from filelock import FileLock, Timeout

from indexer.errors import SettingsError
from indexer.generations import require_name
from service.access.key import Key
from service.errors import KeysError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PATIENCE_S = 10.0

Keys = dict[str, Key]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal[1]
    keys: list[Key]


def read_keys(path: Path) -> Keys:
    """The keys by their names.

    Raises KeysError where the file can't be read, is open to others, or is damaged.
    """
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read()
    except FileNotFoundError:
        raise KeysError(
            f"there is no keys file at {path}; make the first key with "
            f"'fundstelle keys add NAME --keys {path}'"
        ) from None
    except OSError as error:
        raise KeysError(f"the keys file {path} can't be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise KeysError(f"{path} is not a file that keys can be kept in")
    if mode & _OTHERS:
        raise KeysError(
            f"the keys file {path} can be read or written by others (mode "
            f"{stat.S_IMODE(mode):04o}); run 'chmod 600 {path}'"
        )
    try:
        listed = msgspec.json.decode(content, type=_File).keys
        for key in listed:
            require_name(key.archive)
    except (msgspec.MsgspecError, UnicodeDecodeError, SettingsError) as error:
        raise KeysError(
            f"the keys file {path} is damaged: {error}; put back a copy of it, or move it away "
            "and make keys anew"
        ) from error
    keys = {key.name: key for key in listed}
    if len(keys) < len(listed):
        raise KeysError(f"the keys file {path} is damaged: two of its keys have the same name")
    return keys


@contextmanager
def changing(path: Path) -> Iterator[Keys]:
    """The keys, to be changed in place; written in one step when the block ends without an error.

    A file that is not there yet has none. Raises what ``read_keys`` raises, and KeysError where
    the file can't be written.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise KeysError(f"another command is changing {path}; try again") from None
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        keys = read_keys(path) if path.exists() else {}
        yield keys
        try:
            _write(path, msgspec.json.format(msgspec.json.encode(_File(1, [*keys.values()]))))
        except OSError as error:
            raise _not_written(path, error) from error
    finally:
        lock.release()


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)  # by a process that was killed right here
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _not_written(path: Path, error: OSError) -> KeysError:
    return KeysError(
        f"the keys file {path} can't be written: {error.strerror}; name one in a folder that can "
        "be, with --keys FILE or FUNDSTELLE_KEYS"
    )
