"""``fundstelle serve``: own the archive, listen, load the models, answer until stopped."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from functools import partial

import uvicorn

from indexer.built_folder import remove_damaged
from indexer.errors import FundstelleError, StoreError, StoreUnavailable
from indexer.models import MODELS
from indexer.settings import ArchiveSettings
from service.access.binding import require_protection
from service.access.boundary import Boundary
from service.access.gate import Gate
from service.access.keyring import Keyring
from service.app import create_app
from service.archives import Archives
from service.draining_server import DrainingServer
from service.engine import FOLLOWING_S, Engine
from service.listening import address_of, listen
from service.settings import ServiceSettings, secrets_of
from service.slow_clients import patient_for
from service.telemetry.logs import write_logs
from service.telemetry.metrics import Metrics
from service.telemetry.otlp import Exporting
from service.telemetry.record import kind_of
from service.waiting import wait_for_store

_LOG = logging.getLogger(__name__)
# Seconds after the last write to an embedded index until it is optimised, and while it is
# written all the time.
_IDLE, _LONGEST = 5.0, 60.0
_AGAIN_S = 2.0


def serve(archive: ArchiveSettings, service: ServiceSettings) -> None:
    """Serve until SIGINT or SIGTERM, and those who are being answered a little longer.

    Raises AddressError where the address can't be listened on, SettingsError where others
    could reach it and need no key, KeysError where the keys can't be used, and what opening
    an Engine raises.
    """
    require_protection(service.host, service)
    keyring = Keyring(service.keys) if service.keys is not None else None
    lines = write_logs(service.telemetry, secrets_of(archive, service))
    exporting, metrics = Exporting(service.telemetry.otlp_url), Metrics()
    # uvicorn raises a signal again once it has shut down; as Python's own it would end the
    # process there, with the record of the owner left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for folder in remove_damaged(archive.cache / MODELS):
        _LOG.warning("a model in the cache was damaged and is built again: %s", folder.name)
    engine, listener = _opened(archive, service)
    if engine is None:
        return
    with engine:
        listener = listener or listen(service.host, service.port)
        address = address_of(listener)
        token = engine.ownership.announce(_reachable(address)) if engine.ownership else None
        lines.strike_out(token)
        gate = Gate(
            Boundary.of(service, service.host),
            archive.archive,
            keyring,
            rate=service.rate,
            owner_token=token,
        )
        stopping, archives = threading.Event(), Archives(engine)
        threads = [
            threading.Thread(target=work, args=(archives, stopping, metrics), daemon=True)
            for work in (warm, follow if archive.qdrant_url else _keep_optimised)
        ]
        for thread in threads:
            thread.start()
        _LOG.info("%s", _told(archive, address, keyring))
        app = create_app(archives, gate, metrics=metrics, tracing=exporting.tracing)
        # h11 takes some 64 KiB of headers at the most; httptools, where it is there, any number.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http=patient_for(service.client_timeout),
        )
        try:
            server = DrainingServer(config, archives.draining, service.drain_timeout)
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
            archives.close()
            listener.close()
            exporting.close()


def _opened(
    archive: ArchiveSettings, service: ServiceSettings
) -> tuple[Engine | None, socket.socket | None]:
    """The archive, with the socket where its store was waited for; None where that was given up."""
    opening = partial(Engine, archive, service, create=True, patience=0.5)
    try:
        return opening(), None
    except StoreUnavailable as error:
        listener = listen(service.host, service.port)
        return wait_for_store(opening, listener, error), listener


def _told(archive: ArchiveSettings, address: str, keyring: Keyring | None) -> str:
    what = repr(archive.archive)
    if keyring is not None:
        what = "the archives of its keys" if len(keyring) else "nobody yet: there are no keys,"
    return f"Fundstelle serves {what} at {address} (Ctrl-C stops it)"


def _reachable(address: str) -> str:
    """An address of this machine for one that stands for all of them."""
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def warm(archives: Archives, stopping: threading.Event, metrics: Metrics) -> None:
    """Load the models, and try again for as long as it is the store that fails."""
    while True:
        try:
            archives.own.engine.warm()
        except FundstelleError as error:
            # Requests meet the same error and tell it to whoever asked.
            metrics.failed(kind_of(error))
            _LOG.error("the models could not be loaded: %s", error)
            if isinstance(error, StoreError) and not stopping.wait(_AGAIN_S):
                continue
        return


def follow(archives: Archives, stopping: threading.Event, metrics: Metrics) -> None:
    """Go over to another generation soon after another process switched to it."""
    failing: set[str] = set()  # archives whose store fails: each is told of once
    while not stopping.wait(FOLLOWING_S):
        for engine in archives.engines:
            name = engine.archive.archive
            try:
                engine.follow()
                if name in failing:
                    failing.remove(name)
                    _LOG.info("the store answers again")
            except FundstelleError as error:
                if name not in failing:
                    failing.add(name)
                    metrics.failed(kind_of(error))
                    _LOG.error("the store could not be asked for a new generation: %s", error)


def _keep_optimised(archives: Archives, stopping: threading.Event, metrics: Metrics) -> None:
    while not stopping.wait(1.0):
        for engine in archives.engines:
            if engine.unoptimised(idle=_IDLE, longest=_LONGEST):
                try:
                    engine.optimize_apart(stopping)
                except FundstelleError as error:
                    metrics.failed(kind_of(error))
                    _LOG.error("the index could not be optimised: %s", error)
