"""What all tests share: a clean environment, the one loaded model, and where things lie."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from platformdirs import user_cache_path

from indexer.embedding import Embedder
from indexer.models import DEFAULT_MODEL
from indexer.settings import PREFIX
from tests.keyed_service import keyed
from tests.models import other_model
from tests.services import _shared_cache, http, running_service, seed_index

__all__ = [
    "_shared_cache",
    "http",
    "keyed",
    "other_model",
    "running_service",
    "seed_index",
]

_REPOSITORY = Path(__file__).parents[1]
_KEPT = f"{PREFIX}TEST_"

# Examples may take as long as they like: the first loads what the others use, and machines
# are busy. Tests that are about time measure it themselves.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the model is marked ``model``, so that ``make check`` loads none."""
    for item in items:
        if "embedder" in getattr(item, "fixturenames", ()):
            item.add_marker("model")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Tests, and the processes they start, see no ``FUNDSTELLE_*`` but ``FUNDSTELLE_TEST_*``."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(PREFIX) and not n.startswith(_KEPT)]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_service_outlives_the_tests() -> Iterator[None]:
    """A test that fails may leave its service behind, to slow down all that come after (Linux)."""
    yield
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            parent = process.joinpath("stat").read_text("utf-8").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"service.cli" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where models are built and kept: the user's cache, or ``FUNDSTELLE_TEST_CACHE``."""
    return Path(os.environ.get(f"{_KEPT}CACHE") or user_cache_path("fundstelle"))


@pytest.fixture(scope="session")
def embedder(cache: Path) -> Embedder:
    """The default model, loaded once in a session."""
    return Embedder(DEFAULT_MODEL, cache)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ``../shared``: real articles and questions, not part of the project."""
    folder = _REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: it lies beside the project on development machines")
    return folder


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The project's own small archive."""
    return _REPOSITORY / "seeds"
