"""Sources: what paths mean, checked before anything is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.errors import SourceError
from indexer.sources import Source, resolve
from indexer.sources.source import printable


def test_a_folder_is_its_own_root(tmp_path: Path) -> None:
    assert resolve([str(tmp_path)]) == [Source(str(tmp_path), None, tmp_path)]


def test_a_file_lies_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    assert resolve([str(path)]) == [Source(str(tmp_path), "a.txt", path)]


def test_standard_input() -> None:
    assert resolve(["-"]) == [Source("-", None, None)]


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [source.root for source in resolve([".", "a", "a/"])] == [
        str(tmp_path),
        str(tmp_path / "a"),
    ]
    assert [source.root for source in resolve(["a/.."])] == [str(tmp_path)]


def test_each_is_read_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    paths = [str(tmp_path / "b"), str(tmp_path / "a"), f"{tmp_path}/b/", "-", "-"]
    assert [source.root for source in resolve(paths)] == [
        str(tmp_path / "b"),
        str(tmp_path / "a"),
        "-",
    ]


def test_a_link_to_a_folder_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "release-1").mkdir()
    (tmp_path / "current").symlink_to("release-1")
    assert resolve([str(tmp_path / "current")])[0].root == str(tmp_path / "current")


def test_dots_after_a_link_mean_what_the_file_system_means(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "inner")
    assert resolve([f"{tmp_path}/link/.."])[0].root == str(tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["missing", "a.txt/inner", "x" * 300, "nul\0"])
def test_one_missing_path_stops_everything(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(SourceError) as caught:
        resolve([str(tmp_path), f"{tmp_path}/{name}"])
    assert caught.value.source == f"{tmp_path}/{name}"


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing: does not exist$"):
        resolve([str(tmp_path / "missing")])


def test_an_empty_path_is_not_the_current_folder() -> None:
    with pytest.raises(SourceError, match="an empty path names nothing"):
        resolve([""])


def test_a_pipe_is_refused_before_it_can_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        resolve([str(tmp_path / "pipe.txt")])


def test_a_folder_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/F\xe4hre"
    os.mkdir(folder)  # noqa: PTH102 - a Path can't be made of bytes
    with pytest.raises(SourceError, match=r"F\\xe4hre: lies in a folder whose name is not UTF-8"):
        resolve([os.fsdecode(folder)])


def test_bytes_that_are_not_utf_8_are_shown() -> None:
    assert printable("F\udce4hre ü") == "F\\xe4hre ü"
