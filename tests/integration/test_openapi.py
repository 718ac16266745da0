"""The OpenAPI document holds: schemathesis attacks each operation over HTTP, with every check.

It sends what the document allows and what it forbids, without keys and with wrong ones, by methods
that are not there, and holds each answer to the document. What no check can say here stands in
``schemathesis.toml``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.access.scope import Scope
from tests.keyed_service import OTHER, KeyedService, add_key
from tests.services import defects

pytestmark = pytest.mark.model

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_HOOKS = _CONFIG.with_name("schemathesis_hooks.py")


def _attacked(keyed: KeyedService, tmp_path: Path, name: str, *arguments: str) -> str:
    """Run it against an archive of its own; the report. Fails where any check did."""
    secret = add_key(keyed.file, name, Scope.ADMIN, name)
    sent = {"authorization": f"Bearer {secret}"}
    address = keyed.service.address
    httpx.post(f"{address}/v1/articles", json=[OTHER], headers=sent, trust_env=False, timeout=120)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run"]
    command += [
        f"{address}/schema/openapi.json",
        "--header",
        f"Authorization: {sent['authorization']}",
    ]
    command += ["--checks", "all", "--continue-on-failure", "--no-color"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(_HOOKS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    log = keyed.service.log.read_text("utf-8")
    assert defects(log) == []
    return done.stdout


def test_every_operation_is_what_the_document_says(keyed: KeyedService, tmp_path: Path) -> None:
    report = _attacked(
        *(keyed, tmp_path, "attacked"),
        *("--phases", "fuzzing", "--max-examples", "6", "--seed", "1", "--no-shrink"),
    )
    assert "Operations:" in report


@pytest.mark.long
def test_every_operation_under_a_long_attack(keyed: KeyedService, tmp_path: Path) -> None:
    _attacked(keyed, tmp_path, "attacked-long", "--max-examples", "100")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/articles", "GET, OPTIONS, POST"),
        ("/v1/articles/x", "DELETE, GET, OPTIONS"),
        ("/v1/feedback", "GET, OPTIONS, POST"),
        ("/v1/chat/completions", "OPTIONS, POST"),
        ("/v1/messages", "OPTIONS, POST"),
        ("/v1/backup", "GET, OPTIONS"),
    ],
)
def test_what_a_path_allows(keyed: KeyedService, path: str, methods: str) -> None:
    with keyed.client(None) as http:
        told = http.options(path)
    assert (told.status_code, told.headers["allow"]) == (204, methods)
