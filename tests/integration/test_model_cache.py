"""Models that are damaged, deleted, or built by two at once: the answers are the same as ever.

A cache of a test's own, whose files are links to those of the others; the command line and the
service are real processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexer.embedding import Embedder
from indexer.errors import ModelError
from indexer.graphs import fast_precision
from indexer.models import DEFAULT_MODEL, MODELS
from service import adapter
from service.reader import ADAPTER
from tests.integration.conftest import Finished, defects, run, start
from tests.services import COMMAND

pytestmark = pytest.mark.model

QUESTION = "Who is excluded from the talks?"


@pytest.fixture
def models(cache: Path, tmp_path: Path, embedder: Embedder) -> Path:
    """A cache of links; ``embedder`` has built what they lead to."""
    return Path(shutil.copytree(cache / MODELS, tmp_path / "cache" / MODELS, copy_function=os.link))


def damaged(path: Path) -> None:
    """Turn a few bits over in a copy; size and time are what they were."""
    stamps, data = path.stat(), bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data), len(data) // 7):
        data[at] ^= 0x11
    path.unlink()
    path.write_bytes(data)
    os.utime(path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """All of it but how long it took."""
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_a_service_builds_damaged_models_again_and_needs_none_of_the_files_after(
    models: Path, seed_copy: Path, tmp_path: Path, http: httpx.Client
) -> None:
    asked = {"question": QUESTION}
    expected = said(http.post("/v1/questions", json=asked).json())
    precision = fast_precision()
    damaged(next(models.glob(f"{DEFAULT_MODEL}-{precision}-*/model.onnx")))
    truncated(next(models.glob(f"reader-*-{precision}-*/model.onnx")))
    shutil.rmtree(next(models.glob("*-tokenizer-*/tokenizer.json")).parent)
    env = {"FUNDSTELLE_CACHE": str(models.parent)}
    service = start(seed_copy, tmp_path / "log", ready=True, env=env)
    with httpx.Client(base_url=service.address, trust_env=False, timeout=60) as client:
        assert said(client.post("/v1/questions", json=asked).json()) == expected
        shutil.rmtree(models)
        assert said(client.post("/v1/questions", json=asked).json()) == expected
        article = [{"id": "new", "text": "Der Rat tagt am Montag in Bremen."}]
        assert client.post("/v1/articles", json=article).json()["articles"]["added"] == 1
    assert service.stop() == 0
    log = service.log.read_text("utf-8")
    assert log.count("was damaged and is built again") == 2
    assert defects(log) == []


@pytest.mark.long
def test_two_commands_that_find_no_models_build_them_once_and_answer_alike(
    seed_index: tuple[Path, Finished], tmp_path: Path
) -> None:
    env = {"FUNDSTELLE_CACHE": str(tmp_path / "cache")}
    expected = said(run("ask", QUESTION, "--json", "--index", _copy(seed_index, tmp_path)).json)
    both = [
        subprocess.Popen(
            [*COMMAND, "ask", QUESTION, "--json", "--index", str(_copy(seed_index, tmp_path))],
            env=os.environ | env,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=300)[0]) for process in both]
    assert [said(answer) for answer in answers] == [expected] * 2
    assert not list((tmp_path / "cache" / MODELS).glob(".building-*"))


def _copy(seed_index: tuple[Path, Finished], folder: Path) -> Path:
    number = len(list(folder.glob("index-*")))
    return Path(shutil.copytree(seed_index[0], folder / f"index-{number}"))


def test_an_adapter_with_one_wrong_bit_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copy(ADAPTER, tmp_path / "adapter.safetensors"))
    adapter.require_own(copy)
    data = bytearray(copy.read_bytes())
    data[-5] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ModelError, match="is missing or altered; run: pip install"):
        adapter.require_own(copy)
    copy.unlink()
    with pytest.raises(ModelError, match="is missing or altered; run: pip install"):
        adapter.require_own(copy)
