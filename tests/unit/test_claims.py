"""The claim sets: every line fits its article, and no article is in both parts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

CLAIMS = Path(__file__).parents[1] / "data/claims"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CLAIMS / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("part", ["dev", "test"])
@pytest.mark.parametrize("corpus", ["seeds", "wikinews-de"])
def test_offsets_and_hashes_hold(part: str, corpus: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue("seeds")
    name = f"{part}.jsonl"
    if corpus == "wikinews-de":
        folder = request.getfixturevalue("shared") / "corpora/wikinews-de"
        name = f"{part}-wikinews.jsonl"
    for row in rows(name):
        with (folder / row["article"]).open(encoding="utf-8", newline="") as stream:
            text = stream.read()
        assert hashlib.sha256(text.encode()).hexdigest() == row["content_sha256"], row["id"]
        assert 0 <= row["start"] < row["end"] <= len(text), row["id"]
        assert text[row["start"] : row["end"]].strip() == text[row["start"] : row["end"]]
        assert row["claim"] not in text, row["id"]
        assert row["corpus"] == corpus
        if row["supported"]:
            assert row["start"] <= row["sentence_start"] < row["sentence_end"] <= row["end"]


def test_parts_share_no_article_and_both_verdicts_are_common() -> None:
    found = {
        part: rows(f"{part}.jsonl") + rows(f"{part}-wikinews.jsonl") for part in ("dev", "test")
    }
    articles = {part: {row["article"] for row in lines} for part, lines in found.items()}
    assert not articles["dev"] & articles["test"]
    for lines in found.values():
        assert len({row["id"] for row in lines}) == len(lines) >= 160
        assert 0.4 < sum(row["supported"] for row in lines) / len(lines) < 0.6
        assert all(row["supported"] == (row["kind"] == "supported") for row in lines)
