"""Walking: sorted, complete, and never round in circles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import SourceError
from indexer.sources.walk import walk


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_order_is_that_of_the_paths(tmp_path: Path) -> None:
    names = ["a/b.txt", "a.txt", "a-b.txt", "a/b/c.txt", "B.txt", "z.txt", "ä.txt"]
    touch(tmp_path, *names)
    assert list(walk(tmp_path)) == sorted(names)


@given(
    st.sets(st.lists(st.sampled_from(["a", "b", "a-", "a0"]), min_size=1, max_size=3).map("/".join))
)
def test_every_file_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, folders: set[str]
) -> None:
    root = tmp_path_factory.mktemp("walk")
    names = [f"{folder}/x.txt" for folder in folders]
    touch(root, *names)
    assert list(walk(root)) == sorted(names)


def test_hidden_entries_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, ".a.txt", ".git/b.txt", "c/.d.txt", "c/e.txt")
    assert list(walk(tmp_path)) == ["c/e.txt"]


def test_a_hidden_root_is_walked_when_named(tmp_path: Path) -> None:
    touch(tmp_path, ".archive/a.txt")
    assert list(walk(tmp_path / ".archive")) == ["a.txt"]


def test_links_back_into_the_tree_are_no_loops(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(tmp_path, "beside.txt", "root/a/x.txt", "root/b/y.txt")
    (root / "a" / "self").symlink_to(".")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "b").symlink_to("../b")
    (root / "b" / "a").symlink_to("../a")
    (root / "b" / "above").symlink_to(tmp_path)
    assert list(walk(root)) == ["a/x.txt", "b/y.txt"]


def test_a_folder_elsewhere_is_entered_once(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(tmp_path, "root/a.txt", "elsewhere/b.txt", "elsewhere/inner/c.txt")
    (root / "one").symlink_to(tmp_path / "elsewhere")
    (root / "two").symlink_to(tmp_path / "elsewhere")
    (root / "three").symlink_to(tmp_path / "elsewhere" / "inner")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "home").symlink_to(root)
    assert list(walk(root)) == ["a.txt", "one/b.txt", "one/inner/c.txt"]


def test_links_to_files_are_files(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    (tmp_path / "b.txt").symlink_to("a.txt")
    (tmp_path / "c.txt").symlink_to("missing")
    (tmp_path / "d.txt").symlink_to("d.txt")
    (tmp_path / "e.txt").symlink_to("x" * 300)  # longer than a name can be
    assert list(walk(tmp_path)) == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]


def test_pipes_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "b.txt")
    (tmp_path / "c.txt").symlink_to("b.txt")
    assert list(walk(tmp_path)) == ["a.txt"]


def test_folders_deeper_than_python_recurses(tmp_path: Path) -> None:
    folders = [tmp_path]
    for _ in range(1050):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    (folders[-1] / "a.txt").touch()
    try:
        assert list(walk(tmp_path)) == ["d/" * 1050 + "a.txt"]
    finally:  # pytest's own cleaning recurses
        (folders[-1] / "a.txt").unlink()
        for folder in reversed(folders[1:]):
            folder.rmdir()


def test_a_folder_that_can_t_be_listed_is_named_and_the_rest_is_walked(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", "c.txt")
    (tmp_path / "b").mkdir()
    found = walk(tmp_path)
    assert next(found) == "a.txt"
    (tmp_path / "b").rmdir()  # gone between listing and entering
    error, last = found
    assert isinstance(error, SourceError)
    assert str(error) == "b: the folder can't be listed: No such file or directory"
    assert last == "c.txt"
