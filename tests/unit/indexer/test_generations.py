"""Generations: the folder of an index, and what a kill at each step of making one leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.errors import IndexNotFound, SettingsError, StoreError
from indexer.generations import (
    archive_folder,
    current_generation,
    drop_generation,
    new_generation,
    next_generation,
    old_generations,
    switch_generation,
    unfinished_generations,
)


def lay_out(folder: Path) -> None:
    (folder / "shard").mkdir(parents=True)
    (folder / "shard" / "points").write_text("whole", "utf-8")


def add(index: Path, archive: str = "default") -> Path:
    made = new_generation(index, archive, lay_out)
    switch_generation(made)
    return made


def contents(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_a_generation_is_current_once_it_is_added(tmp_path: Path) -> None:
    made = add(tmp_path / "new" / "index")
    assert made == tmp_path / "new" / "index" / "default" / "1"
    assert current_generation(tmp_path / "new" / "index", "default") == made
    assert contents(made.parent) == ["1", "1/shard", "1/shard/points", "current"]


def test_archives_lie_beside_each_other(tmp_path: Path) -> None:
    first, second = add(tmp_path, "eins"), add(tmp_path, "zwei")
    assert first != second
    assert current_generation(tmp_path, "eins") == first
    assert current_generation(tmp_path, "zwei") == second


def test_no_index_is_said_with_advice(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="fundstelle index PATH"):
        current_generation(tmp_path, "default")
    assert contents(tmp_path) == []


def test_the_next_generation_is_beside_the_current_one_until_it_is_switched_to(
    tmp_path: Path,
) -> None:
    first = add(tmp_path)
    assert next_generation(tmp_path, "default") == tmp_path / "default" / "2"
    second = new_generation(tmp_path, "default", lay_out)
    assert (current_generation(tmp_path, "default"), second.name) == (first, "2")
    assert unfinished_generations(tmp_path, "default") == [second]
    switch_generation(second)
    assert current_generation(tmp_path, "default") == second
    assert old_generations(tmp_path, "default") == [first]
    assert unfinished_generations(tmp_path, "default") == []
    drop_generation(first)
    assert contents(tmp_path / "default") == ["2", "2/shard", "2/shard/points", "current"]
    assert add(tmp_path).name == "3"


def test_one_that_was_left_unfinished_makes_way_for_the_next(tmp_path: Path) -> None:
    add(tmp_path)
    (new_generation(tmp_path, "default", lay_out) / "stale").write_text("stale", "utf-8")
    again = new_generation(tmp_path, "default", lay_out)
    assert (again.name, (again / "stale").exists()) == ("2", False)


def test_generations_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for _ in range(11):
        add(tmp_path)
    assert [g.name for g in old_generations(tmp_path, "default")] == [str(i) for i in range(1, 11)]


def test_what_can_not_be_dropped_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be removed"):
        drop_generation(add(tmp_path) / "no-such")


# What a kill leaves


def killed_while_laying_out(folder: Path) -> None:
    draft = folder / ".draft" / "shard"
    draft.mkdir(parents=True)
    (draft / "half").write_text("half", "utf-8")


def killed_before_current(folder: Path) -> None:
    (folder / "1" / "shard").mkdir(parents=True)
    (folder / "1" / "shard" / "stale").write_text("stale", "utf-8")


def killed_before_current_was_moved(folder: Path) -> None:
    killed_before_current(folder)
    (folder / ".current").write_text("", "utf-8")


def killed_at_once(folder: Path) -> None:
    folder.mkdir()


@pytest.mark.parametrize(
    "killed",
    [
        killed_at_once,
        killed_while_laying_out,
        killed_before_current,
        killed_before_current_was_moved,
    ],
)
def test_a_kill_while_it_is_made_leaves_none_and_is_made_good(
    tmp_path: Path, killed: Callable[[Path], None]
) -> None:
    killed(tmp_path / "default")
    with pytest.raises(IndexNotFound):
        current_generation(tmp_path, "default")
    made = add(tmp_path)
    assert current_generation(tmp_path, "default") == made
    assert contents(tmp_path / "default") == ["1", "1/shard", "1/shard/points", "current"]


@pytest.mark.parametrize("step", ["laying out", "laid out"])
def test_a_failure_while_it_is_made_leaves_none(tmp_path: Path, step: str) -> None:
    def fail(folder: Path) -> None:
        if step == "laid out":
            lay_out(folder)
        raise OSError("disk full")

    with pytest.raises(StoreError, match=r"can't be made.*disk full"):
        new_generation(tmp_path, "default", fail)
    with pytest.raises(IndexNotFound):
        current_generation(tmp_path, "default")
    made = add(tmp_path)
    assert current_generation(tmp_path, "default") == made


@pytest.mark.parametrize(
    "named",
    [b"2", b"", b"..", b"../default/1", b".draft", b"1/shard", b"/", b"1\n2", b"\xff\xfe1"],
    ids=repr,
)
def test_current_that_names_no_generation_is_an_error_with_advice(
    tmp_path: Path, named: bytes
) -> None:
    add(tmp_path)
    current = tmp_path / "default" / "current"
    current.write_bytes(named)
    with pytest.raises(StoreError, match=r"restore a backup|index again") as caught:
        current_generation(tmp_path, "default")
    assert not isinstance(caught.value, IndexNotFound)
    assert str(current) in str(caught.value)


def test_a_line_end_after_the_generation_is_no_harm(tmp_path: Path) -> None:
    made = add(tmp_path)
    (tmp_path / "default" / "current").write_bytes(b"1\r\n")
    assert current_generation(tmp_path, "default") == made


def test_a_file_in_place_of_the_folder_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("", "utf-8")
    with pytest.raises(StoreError, match="index"):
        current_generation(tmp_path / "index", "default")
    with pytest.raises(StoreError, match=r"can't be (made|read)"):
        add(tmp_path / "index")


@pytest.mark.parametrize("name", ["a", "A-1_b", "2025", "x" * 64])
def test_names_of_archives(tmp_path: Path, name: str) -> None:
    assert archive_folder(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "-a", "_a", ".a", "a.b", "ä", "a b", "a\n", "x" * 65],
    ids=repr,
)
def test_bad_names_of_archives(tmp_path: Path, name: str) -> None:
    for use in (archive_folder, current_generation, add):
        with pytest.raises(SettingsError, match="letters, digits"):
            use(tmp_path, name)
    assert contents(tmp_path) == []
