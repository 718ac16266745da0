"""``fundstelle serve``: own the archive, listen, load the models, answer until stopped."""

from __future__ import annotations

import logging
import signal
import threading

import uvicorn

from indexer.errors import FundstelleError
from indexer.settings import ArchiveSettings
from service.access.binding import require_protection
from service.access.boundary import Boundary
from service.access.gate import Gate
from service.access.keyring import Keyring
from service.app import create_app
from service.archives import Archives
from service.engine import FOLLOWING_S, Engine
from service.listening import address_of, listen
from service.settings import ServiceSettings, secrets_of
from service.slow_clients import patient_for
from service.telemetry.logs import write_logs
from service.telemetry.metrics import Metrics
from service.telemetry.otlp import Exporting
from service.telemetry.record import kind_of

_LOG = logging.getLogger(__name__)
# Seconds after the last write to an embedded index until it is optimised, and while it is
# written all the time.
_IDLE, _LONGEST = 5.0, 60.0


def serve(archive: ArchiveSettings, service: ServiceSettings) -> None:
    """Serve until SIGINT or SIGTERM.

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
    with Engine(archive, service, create=True, patience=0.5) as engine:
        listener = listen(service.host, service.port)
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
            for work in (_warm, follow if archive.qdrant_url else _keep_optimised)
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
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
            archives.close()
            listener.close()
            exporting.close()


def _told(archive: ArchiveSettings, address: str, keyring: Keyring | None) -> str:
    what = repr(archive.archive)
    if keyring is not None:
        what = "the archives of its keys" if len(keyring) else "nobody yet: there are no keys,"
    return f"Fundstelle serves {what} at {address} (Ctrl-C stops it)"


def _reachable(address: str) -> str:
    """An address of this machine for one that stands for all of them."""
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _warm(archives: Archives, _: threading.Event, metrics: Metrics) -> None:
    try:
        archives.own.engine.warm()
    except FundstelleError as error:
        # Requests meet the same error and tell it to whoever asked.
        metrics.failed(kind_of(error))
        _LOG.error("the models could not be loaded: %s", error)


def follow(archives: Archives, stopping: threading.Event, metrics: Metrics) -> None:
    """Go over to another generation soon after another process switched to it."""
    while not stopping.wait(FOLLOWING_S):
        for engine in archives.engines:
            try:
                engine.follow()
            except FundstelleError as error:
                metrics.failed(kind_of(error))
                _LOG.error("the archive's new generation could not be opened: %s", error)


def _keep_optimised(archives: Archives, stopping: threading.Event, metrics: Metrics) -> None:
    while not stopping.wait(1.0):
        for engine in archives.engines:
            if engine.unoptimised(idle=_IDLE, longest=_LONGEST):
                try:
                    engine.optimize_apart(stopping)
                except FundstelleError as error:
                    metrics.failed(kind_of(error))
                    _LOG.error("the index could not be optimised: %s", error)
