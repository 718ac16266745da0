"""Backups with bytes that nobody wrote: each is refused as damaged, or is whole after all."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.backup import MANIFEST, backup_chunks
from indexer.errors import BackupError
from indexer.restoring import Backup
from indexer.stores.edge import EdgeStore
from tests.attack.mutations import mutated
from tests.contract.test_store import RECIPE, dated_archive

_BOUNDED = settings(
    deadline=timedelta(seconds=20),
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole one."""
    folder = tmp_path_factory.mktemp("store") / "1"
    EdgeStore.create(folder, RECIPE)
    store = EdgeStore(folder)
    try:
        dated_archive(store)
        return b"".join(backup_chunks(store))
    finally:
        store.close()


def _read(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with contextlib.suppress(BackupError), Backup(path) as opened:
        opened.check()


def test_a_file_that_was_changed(backup: bytes, tmp_path: Path) -> None:
    path = tmp_path / "backup.zip"
    _read(path, backup)

    @_BOUNDED
    @given(mutated(backup))
    def attack(data: bytes) -> None:
        _read(path, data)

    attack()


@pytest.mark.parametrize(
    ("member", "found", "put"),
    [
        pytest.param("fundstelle-backup.json", b'"format"', b'"\xfff":1,"format"', id="header"),
        pytest.param("fundstelle-backup.json", b":320", b':"320"', id="a-recipe-of-texts"),
        pytest.param("000001/articles.jsonl", b'"id":"', b'"id":"\xff', id="id-not-UTF-8"),
        pytest.param(
            "000001/articles.jsonl", b'"body_start":0', b'"body_start":999', id="offset-beyond"
        ),
        pytest.param("000001/articles.jsonl", b'"2025-', b'"2025x', id="no-date"),
        pytest.param("000001/dense.npy", b"(6, 8), }", b"(6, 8), \x00", id="array-header"),
    ],
)
def test_what_was_not_noticed_once(
    backup: bytes, tmp_path: Path, member: str, found: bytes, put: bytes
) -> None:
    members = _members(backup)
    assert found in members[member]
    members[member] = members[member].replace(found, put)
    path = tmp_path / "backup.zip"
    path.write_bytes(_signed(members))
    with pytest.raises(BackupError, match="is damaged"), Backup(path) as opened:
        opened.check()


def _members(backup: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(backup)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _signed(members: dict[str, bytes]) -> bytes:
    """A backup of these, with checksums that fit them where its manifest can be read."""
    changed = dict(members)
    with contextlib.suppress(ValueError, TypeError, KeyError):
        manifest = json.loads(changed[MANIFEST])
        for member in manifest["sha256"]:
            manifest["sha256"][member] = hashlib.sha256(changed[member]).hexdigest()
        changed[MANIFEST] = json.dumps(manifest).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in changed.items():
            archive.writestr(member, content)
    return buffer.getvalue()


def test_members_that_were_changed_by_someone_who_knows_the_format(
    backup: bytes, tmp_path: Path
) -> None:
    members = _members(backup)
    path = tmp_path / "backup.zip"

    @_BOUNDED
    @given(st.data())
    def attack(data: st.DataObject) -> None:
        changed = dict(members)
        name = data.draw(st.sampled_from(sorted(changed)))
        changed[name] = data.draw(mutated(changed[name]))
        _read(path, _signed(changed))

    attack()
