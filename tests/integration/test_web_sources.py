"""Feeds and pages through the command line: indexed, cited, watched and removed."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.article_segment import article_segment
from tests.integration.conftest import Finished, Service, run
from tests.services import COMMAND
from tests.web_servers import Answer, Site, item, page, rss, running_site

pytestmark = pytest.mark.model

Command = Callable[..., Finished]
MILL = (
    "Die Mühle von Tarnow mahlt seit Montag wieder, weil der Bach genug Wasser führt.\n"
    "Müllerin Edda Quandt hatte das Rad im Winter von Hand erneuert."
)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """A site that may be read from."""
    monkeypatch.setenv("FUNDSTELLE_ALLOW_PRIVATE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("FUNDSTELLE_WEB_DELAY", "0")
    monkeypatch.setenv("FUNDSTELLE_WEB_CACHE", str(tmp_path / "web.sqlite3"))
    with running_site() as running:
        running.pages["/feed"] = rss(item("/mill"), item("/gone"))
        running.pages["/mill"] = Answer(page("Die Mühle mahlt", MILL), etag='"1"')
        running.pages["/gone"] = Answer(page("Bald fort", "Ein kurzer Bericht über den Bach."))
        yield running


@pytest.fixture
def through_service(running_service: Service, site: Site) -> Iterator[Service]:
    """The running service, without what a test has added to it."""
    yield running_service
    with httpx.Client(base_url=running_service.address, trust_env=False) as http:
        found = http.get("/v1/articles", params={"source_root": site.address}).json()["articles"]
        ids = [article["article_id"] for article in found]
    if ids:
        assert run("remove", *ids, "--index", running_service.index).status == 0


def counts(done: Finished) -> tuple[int, int, int, int, int]:
    found = done.json["articles"]
    return tuple(found[k] for k in ("added", "updated", "unchanged", "removed", "skipped"))  # type: ignore[return-value]


def test_a_feed_through_the_service(
    command: Command, through_service: Service, site: Site, http: httpx.Client
) -> None:
    given = (site.url("/feed"), "--json", "--index", through_service.index)
    assert counts(command("index", *given)) == (2, 0, 0, 0, 0)
    assert counts(command("index", *given)) == (0, 0, 2, 0, 0)

    asked = command("ask", "Wer hat das Rad der Mühle erneuert?", *given[1:]).json
    source = asked["citations"][0]["source"]
    assert source["article_id"] == source["url"] == site.url("/mill")
    path = article_segment(source["article_id"])
    article = http.get(f"/v1/articles/{path}").json()
    assert article["text"] == f"Die Mühle mahlt\n{MILL}"
    assert article["text"][source["start"] : source["end"]] == source["quote"]
    assert article["source_root"] == site.address

    site.pages["/mill"] = Answer(page("Die Mühle mahlt", f"{MILL}\nNun ruht sie."), etag='"2"')
    del site.pages["/gone"]
    done = command("index", *given)
    assert (done.status, counts(done)) == (4, (0, 1, 0, 0, 1))
    assert done.json["skipped"] == [
        {"source": site.url("/gone"), "line": None, "reason": "is not there (status 404)"}
    ]
    site.pages["/feed"] = rss()  # what drops off a feed stays
    assert counts(command("index", *given, "--prune")) == (0, 0, 0, 1, 0)
    assert http.get(f"/v1/articles/{path}").json()["text"].endswith("Nun ruht sie.")


def test_an_article_of_another_source_is_not_replaced(
    command: Command, through_service: Service, site: Site, tmp_path: Path
) -> None:
    where = ("--json", "--index", through_service.index)
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"id": site.url("/mill"), "text": "Aus der Datei."}), "utf-8")
    assert counts(command("index", site.url("/mill"), *where)) == (1, 0, 0, 0, 0)
    done = command("index", lines, *where)
    assert counts(done) == (0, 0, 0, 0, 1)
    assert f"already taken by {site.url('/mill')};" in done.json["skipped"][0]["reason"]
    assert command("remove", site.url("/mill"), *where).json["removed"] == 1
    assert counts(command("index", lines, *where)) == (1, 0, 0, 0, 0)
    done = command("index", site.url("/mill"), *where)
    assert counts(done) == (0, 0, 0, 0, 1)
    assert str(lines) in done.json["skipped"][0]["reason"]
    assert command("remove", site.url("/mill"), *where).json["removed"] == 1


def test_a_list_of_addresses(
    command: Command, through_service: Service, site: Site, tmp_path: Path
) -> None:
    where = ("--json", "--index", through_service.index)
    file = tmp_path / "addresses.txt"
    file.write_text(f"# pages\n{site.url('/mill')}\nno address\n{site.url('/none')}\n", "utf-8")
    done = command("index", "--urls", file, *where)
    assert (done.status, counts(done)) == (4, (1, 0, 0, 0, 2))
    assert [s["line"] for s in done.json["skipped"]] == [3, None]
    listed = run(
        "index",
        *("--urls", "-", *where),
        stdin=site.url("/mill").encode(),
        env={"FUNDSTELLE_WEB_CACHE": str(tmp_path / "other.sqlite3")},
    )
    assert (listed.status, counts(listed)) == (0, (0, 0, 1, 0, 0))


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (["ftp://127.0.0.1/a"], 1, "only addresses with http:// and https://"),
        (["http://["], 1, "no web address"),
        (["http://me:sehrgeheim@bote.example:0/"], 1, "no web address"),
        ([], 2, "name a file, a folder or an address"),
        (["--urls", "/none/at/all"], 1, "can't be read"),
        (["-", "--urls", "-"], 2, "standard input"),
    ],
)
def test_what_is_named_wrongly_is_told_before_anything_is_read(
    command: Command, tmp_path: Path, given: list[str], status: int, said: str
) -> None:
    for verb in ("index", "watch"):
        done = command(verb, *given, "--index", tmp_path / "none")
        assert (done.status, done.out) == (status, "")
        assert said in done.err
        assert "sehrgeheim" not in done.err
        assert not (tmp_path / "none").exists()


def test_a_private_host_is_refused_unless_allowed(
    command: Command, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FUNDSTELLE_ALLOW_PRIVATE_HOSTS")
    done = command("index", site.url("/mill"), "--json", "--index", tmp_path / "index")
    assert (done.status, counts(done)) == (4, (0, 0, 0, 0, 1))
    assert "FUNDSTELLE_ALLOW_PRIVATE_HOSTS" in done.err
    assert site.asked == []


@pytest.mark.parametrize("interval", ["5", "0s", "x", "-1m", "9999d", "nan"])
def test_an_interval_that_is_none(command: Command, interval: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command("watch", "seeds", f"--interval={interval}")
    assert ended.value.code == 2


class Watcher:
    """``fundstelle watch --json`` in a process of its own, and the events it tells."""

    def __init__(self, *given: str | Path, cache: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", "--json", *map(str, given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"FUNDSTELLE_CACHE": str(cache)},
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def next(self, seconds: float = 200) -> tuple[str, str]:
        """The next event and what it is about."""
        event = self._events.get(timeout=seconds)
        assert event["at"].endswith("+00:00")
        return event["event"], event.get("article_id") or event.get("source") or event["reason"]

    def silent(self, seconds: float) -> bool:
        """Whether nothing is told for so long."""
        try:
            self._events.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        with self.process.stdout, self.process.stderr:
            assert b"Traceback" not in self.process.stderr.read()
        return status


def test_watching_through_the_service(through_service: Service, site: Site, cache: Path) -> None:
    watcher = Watcher(
        site.url("/feed"), "--interval", "1s", "--index", through_service.index, cache=cache
    )
    try:
        assert {watcher.next(), watcher.next()} == {
            ("added", site.url("/mill")),
            ("added", site.url("/gone")),
        }
        assert watcher.silent(2.5)  # nothing has changed
        site.pages["/feed"] = Answer(status=500)  # what fails is told once, and got over
        assert watcher.next() == ("skipped", site.url("/feed"))
        site.pages["/mill"] = Answer(page("Die Mühle mahlt", f"{MILL}\nNun ruht sie."))
        site.pages["/feed"] = rss(item("/mill"))
        assert watcher.next() == ("updated", site.url("/mill"))
    finally:
        assert watcher.stop(signal.SIGINT) == 0


@pytest.mark.long
def test_watching_without_a_service_leaves_the_index_to_others(
    seed_copy: Path, site: Site, seeds: Path, tmp_path: Path, cache: Path
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text("Die Fähre fährt wieder.", "utf-8")
    watcher = Watcher(
        *(folder, site.url("/mill"), "--prune", "--interval", "1s", "--index", seed_copy),
        cache=cache,
    )
    try:
        assert watcher.next() == ("added", "a.txt")
        assert watcher.next() == ("added", site.url("/mill"))
        assert run("status", "--json", "--index", seed_copy).json["articles"] == 20
        (folder / "b.txt").write_bytes(b"\xff")
        assert watcher.next() == ("skipped", "b.txt")
        (folder / "b.txt").write_text("Der Bach führt genug Wasser.", "utf-8")
        assert watcher.next() == ("added", "b.txt")
        (folder / "b.txt").write_bytes(b"\xff")  # it was over, so this is news
        assert watcher.next() == ("skipped", "b.txt")
        (folder / "b.txt").write_text("Der Bach führt kein Wasser.", "utf-8")
        assert watcher.next() == ("updated", "b.txt")
        (folder / "a.txt").unlink()
        assert watcher.next() == ("removed", "a.txt")
        site.pages["/mill"] = Answer(status=410)
        assert {watcher.next()[0], watcher.next()[0]} == {"removed", "skipped"}
    finally:
        assert watcher.stop(signal.SIGTERM) == 0
    found = run("status", "--json", "--index", seed_copy)
    assert (found.status, found.json["articles"]) == (0, 19)


def test_watching_once(command: Command, through_service: Service, site: Site) -> None:
    given = (site.url("/feed"), "--once", "--index", through_service.index)
    started = time.monotonic()
    done = command("watch", *given)
    assert (done.status, done.out) == (0, "")
    assert [line.split()[1:] for line in done.err.splitlines()] == [
        ["added", site.url("/mill")],
        ["added", site.url("/gone")],
    ]
    site.pages["/gone"] = Answer(status=403)
    done = command("watch", *given, "--json")
    assert done.status == 4
    assert [json.loads(line)["event"] for line in done.out.splitlines()] == ["skipped"]
    assert time.monotonic() - started < 60
