"""Commands in processes of their own that are killed, by SIGKILL, where a test aims.

A process is forked from one that has loaded the packages and models, so that its life is
work on the index; from there on it is the command line as anyone runs it. An aim before or after
a step lets the process kill itself there; one during a step or after some seconds is the
test's, from outside. The product knows nothing of all this: the steps are wrapped here.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from tests.services import Finished

_STEPS = {
    "make": ("indexer.stores.edge", "EdgeStore", "create"),
    "name": ("indexer.pointer", None, "sync"),
    "embed": ("indexer.embedding", "Embedder", "embed_passages"),
    "journal": ("indexer.stores.edge", "EdgeStore", "begin"),
    "write": ("indexer.stores.edge", "EdgeStore", "write_passages"),
    "keep": ("indexer.stores.edge", "EdgeStore", "keep_superseded"),
    "commit": ("indexer.stores.edge", "EdgeStore", "commit"),
    "forget": ("indexer.stores.edge", "EdgeStore", "forget"),
    "drop": ("indexer.stores.edge", "EdgeStore", "drop_passages"),
    "end": ("indexer.stores.edge", "EdgeStore", "end"),
    "optimise": ("indexer.stores.edge", "EdgeStore", "optimize"),
    "close": ("indexer.stores.edge", "EdgeStore", "close"),
    "backup": ("indexer.restoring", "Backup", "restore"),
    "send": ("service.client", "OwnerClient", "_send"),
}
_PRELOADED = [
    "tests.crash.warm",
    "service.commands",
    "service.intake",
    "service.serve",
    "trafilatura",
    "py3langid",
]
_LONGEST_S = 1200  # of one command, on a machine that is busy with others


@dataclass(frozen=True)
class Aim:
    """Where a process is killed: around the ``number``-th time that it comes to a step.

    With ``stop`` it only stands still there, until ``go_on``.

    ``delay`` is in seconds from the beginning of the step, or with the step ``life``
    from that of the process.
    """

    step: str
    when: Literal["before", "during", "after", "stop"] = "during"
    number: int = 1
    delay: float = 0.0

    def __str__(self) -> str:
        delay = f" +{1000 * self.delay:.0f} ms" if self.when == "during" else ""
        return f"{self.when} {self.step} {self.number}{delay}"


@dataclass
class Running:
    """A command at work."""

    process: Any
    folder: Path
    name: str
    killer: threading.Thread | None = None
    started: float = field(default_factory=time.monotonic)

    def wait(self) -> Finished:
        """How it ended; the status of a process that was killed is -9."""
        self.process.join(_LONGEST_S)
        assert self.process.exitcode is not None, f"{self.name} does not end"
        if self.killer:
            self.killer.join()
        out, err = (self.folder / f"{self.name}.{end}" for end in ("out", "err"))
        return Finished(self.process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))

    def go_on(self) -> None:
        """Let it live that stands still."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> Finished:
        """Kill it now."""
        self.process.kill()
        return self.wait()

    def stop(self) -> Finished:
        """Ask it to end, as Ctrl-C does."""
        os.kill(self.process.pid, signal.SIGINT)
        return self.wait()


class Processes:
    """Starts commands. ``small`` makes batches so small that a small archive has many."""

    def __init__(self, folder: Path, *, small: bool) -> None:
        self._folder = folder
        self._small = small
        self._count = 0
        self._running: list[Running] = []
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)

    def start(
        self, *arguments: str | Path, aim: Aim | None = None, confirmed: Path | None = None
    ) -> Running:
        """Begin a command; ids of the articles that it was told are in go to ``confirmed``."""
        self._count += 1
        name = f"{self._count:03}-{arguments[0]}"
        for end in ("out", "err"):  # here, as the process may not live to do so
            (self._folder / f"{name}.{end}").touch()
        reached, tell = self._context.Pipe(duplex=False)
        words = [str(argument) for argument in arguments]
        process = self._context.Process(
            target=_live,
            args=(words, dict(os.environ), self._folder / name, aim, tell, self._small, confirmed),
            daemon=True,
        )
        process.start()
        tell.close()
        running = Running(process, self._folder, name)
        if aim and aim.when == "during":
            running.killer = threading.Thread(target=_kill, args=(process, aim, reached))
            running.killer.start()
        self._running.append(running)
        return running

    def run(self, *arguments: str | Path, aim: Aim | None = None) -> Finished:
        """One command from beginning to end."""
        return self.start(*arguments, aim=aim).wait()

    def close(self) -> None:
        """End what is still running."""
        for running in self._running:
            if running.process.is_alive():
                running.kill()


def _kill(process: Any, aim: Aim, reached: Connection) -> None:
    if aim.step != "life":
        wait([reached, process.sentinel], timeout=_LONGEST_S)
    if not wait([process.sentinel], timeout=aim.delay):
        process.kill()


def _live(
    arguments: list[str],
    environment: dict[str, str],
    output: Path,
    aim: Aim | None,
    tell: Connection,
    small: bool,
    confirmed: Path | None,
) -> None:
    """The life of a process: made ready for its death, it is the command line."""
    for descriptor, end in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{output}.{end}", os.O_WRONLY), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    import indexer.indexing
    import service.client
    from service.cli import main
    from tests.crash.warm import be_warm

    be_warm()
    if small:
        indexer.indexing._BATCH_ARTICLES = service.client._BATCH_ARTICLES = 8
        indexer.indexing._WRITE_POINTS = 8
    if confirmed:
        _note_confirmed(confirmed)
    if aim and aim.step != "life":
        _arm(aim, tell)
    sys.exit(main(arguments))


def _arm(aim: Aim, tell: Connection) -> None:
    calls = 0

    def around(inner: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != aim.number:
            return inner(*args, **kwargs)
        if aim.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if aim.when == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if aim.when == "during":
            tell.send_bytes(b"there")
        done = inner(*args, **kwargs)
        if aim.when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    _wrap(*_STEPS[aim.step], around)


def _note_confirmed(path: Path) -> None:
    """Write down the articles of each batch once whoever sent it knows that it is in."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(articles: Any) -> None:
        os.write(file, "".join(f"{article.id}\n" for article in articles).encode())

    def batch(inner: Callable[..., Any], self: Any, articles: Any, *others: Any) -> None:
        inner(self, articles, *others)
        note(articles)

    _wrap("indexer.indexing", "Indexer", "_index_batch", batch)

    import msgspec

    from indexer.article import Article
    from service.media import INTERNAL

    def post(inner: Callable[..., Any], self: Any, path: str, body: bytes, kind: str) -> Any:
        answer = inner(self, path, body, kind)
        if kind == INTERNAL:
            note(msgspec.json.decode(line, type=Article) for line in body.splitlines())
        return answer

    _wrap("service.client", "OwnerClient", "_post", post)


def _wrap(module: str, kind: str | None, name: str, around: Callable[..., Any]) -> None:
    holder: Any = importlib.import_module(module)
    if kind:
        holder = getattr(holder, kind)
    as_class_method = isinstance(vars(holder).get(name), classmethod)
    inner = vars(holder)[name].__func__ if as_class_method else getattr(holder, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return around(inner, *args, **kwargs)

    setattr(holder, name, classmethod(wrapped) if as_class_method else wrapped)
