"""Which module may import what: the architecture, held to by reading the code.

Every import counts: inside a function and under ``TYPE_CHECKING`` too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("indexer", "service", "training")

_TORCH = ("indexer/models.py", "indexer/embedding.py", "service/reader.py", "training/")
_STORES = ("indexer/stores/", "indexer/lexical.py")

#: Packages, and the only places (files, or folders with ``/``) that import them.
ONLY_IN = {
    "qdrant_client": _STORES,
    "qdrant_edge": _STORES,
    "tiktoken": ("indexer/tokens.py",),
    "torch": _TORCH,
    "sentence_transformers": _TORCH,
    "transformers": _TORCH,
    "onnx": ("indexer/graph.py",),
    "onnxruntime": ("indexer/graph_session.py",),
    "datasketch": ("indexer/signature.py",),
    "pypdf": ("indexer/sources/pdf_lines.py",),
    "sentencex": ("indexer/sentence_ends.py",),
    "trafilatura": ("indexer/sources/",),
    "mcp": ("service/mcp.py",),
    "openai": ("service/writing/generation.py",),
    "httpx2": ("service/writing/generation.py",),
    "jinja2": ("service/web/",),
    "opentelemetry": ("service/telemetry/tracing.py", "service/telemetry/otlp.py"),
    "prometheus_client": ("service/telemetry/metrics.py", "service/telemetry/index_size.py"),
    "ray": ("indexer/distributed.py",),
    "service": ("service/", "training/"),
    "training": ("training/",),
    # The environment is read once, where the program begins.
    "os.environ": ("service/cli.py", "service/asgi.py"),
}
_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The top packages that a module imports, and ``os.environ`` where it uses that."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
            if node.module == "os" and _ENVIRONMENT & {alias.name for alias in node.names}:
                yield "os.environ"
        elif isinstance(node, ast.Attribute) and node.attr in _ENVIRONMENT:
            yield "os.environ"
        elif isinstance(node, ast.Call) and _called(node.func) in {"import_module", "__import__"}:
            # Naming a module in a string is no way around this.
            yield from (
                a.value.partition(".")[0]
                for a in node.args[:1]
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def allowed(place: str, where: Iterable[str]) -> bool:
    return any(place.startswith(w) if w.endswith("/") else place == w for w in where)


def violations(root: Path) -> list[str]:
    """Every import that stands where it must not, as ``file: package``."""
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            names = set(imported(ast.parse(path.read_text("utf-8"))))
            found += [
                f"{place}: {name}"
                for name in sorted(names & set(ONLY_IN))
                if not allowed(place, ONLY_IN[name])
            ]
    return found


def test_every_import_stands_where_it_may() -> None:
    assert violations(REPOSITORY) == []


def test_the_places_are_there_and_use_what_they_may() -> None:
    """A rule about a file that was renamed would hold for nothing."""
    for package in (
        "qdrant_edge",
        "tiktoken",
        "sentencex",
        "trafilatura",
        "torch",
        "onnx",
        "onnxruntime",
    ):
        users = {
            path.relative_to(REPOSITORY).as_posix()
            for folder in FOLDERS
            for path in (REPOSITORY / folder).rglob("*.py")
            if package in set(imported(ast.parse(path.read_text("utf-8"))))
        }
        assert users, package
        assert all(allowed(user, ONLY_IN[package]) for user in users)


@pytest.mark.parametrize(
    ("place", "code", "package"),
    [
        ("indexer/new.py", "import service", "service"),
        ("indexer/new.py", "from service.answer import Answer", "service"),
        ("indexer/stores/new.py", "import service.app as app", "service"),
        ("indexer/new.py", "def f() -> None:\n    import qdrant_edge", "qdrant_edge"),
        (
            "service/new.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import qdrant_client.models",
            "qdrant_client",
        ),
        ("service/api/new.py", "from torch import nn", "torch"),
        ("service/windows.py", "import json, torch.nn", "torch"),
        ("service/reader_graph.py", "import onnxruntime", "onnxruntime"),
        ("indexer/graphs.py", "from onnx import helper", "onnx"),
        ("indexer/new.py", "import importlib\nimportlib.import_module('torch.nn')", "torch"),
        ("indexer/passages.py", "try:\n    import tiktoken\nfinally:\n    pass", "tiktoken"),
        ("indexer/sentences.py", "from sentencex import segment", "sentencex"),
        ("indexer/article.py", "class A:\n    import trafilatura", "trafilatura"),
        ("service/settings.py", "import os\nX = os.environ['A']", "os.environ"),
        ("service/settings.py", "import os as o\nX = o.getenv('A')", "os.environ"),
        ("indexer/settings.py", "from os import environ as e", "os.environ"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, place: str, code: str, package: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(code, "utf-8")
    assert violations(tmp_path) == [f"{place}: {package}"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("indexer/stores/new.py", "import qdrant_client, qdrant_edge"),
        ("indexer/lexical.py", "import qdrant_edge"),
        ("service/new.py", "import indexer.store\nfrom service.answer import Answer"),
        ("service/reader.py", "def f() -> None:\n    import torch"),
        ("training/new.py", "import torch, service.reader, indexer.article"),
        ("service/cli.py", "import os\nX = os.environ"),
        ("indexer/new.py", "import os\nX = os.getpid()\nY = 'import torch'  # import torch"),
        ("indexer/new.py", "import torchlike\nfrom . import service"),
    ],
)
def test_what_is_allowed_is_not_found(tmp_path: Path, place: str, code: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(code, "utf-8")
    assert violations(tmp_path) == []
