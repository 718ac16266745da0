"""A real site on this machine, and fetchers that may read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.sources.web.cache import PageCache
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.settings import WebSettings
from tests.web_servers import Site, running_site

FetcherFor = Callable[..., Fetcher]


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def other_site() -> Iterator[Site]:
    """A machine that nobody has allowed."""
    with running_site("127.0.0.2") as running:
        yield running


@pytest.fixture
def fetcher_for(tmp_path: Path) -> Iterator[FetcherFor]:
    """Makes fetchers with one cache, quick and allowed to read from 127.0.0.1."""
    made = []

    def make(*, cache: Path | None = tmp_path / "web.sqlite3", **given: Any) -> Fetcher:
        settings = {"allow_private_hosts": ("127.0.0.1",), "delay": 0.0, "timeout": 5.0}
        made.append(Fetcher(WebSettings(**(settings | given)), PageCache(cache), back_off=0.01))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()


@pytest.fixture
def fetcher(fetcher_for: FetcherFor) -> Fetcher:
    return fetcher_for()
