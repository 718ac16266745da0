"""The entry for an ASGI server of your own: ``uvicorn --factory service.asgi:create``.

For replicas behind a load balancer, over a Qdrant server. An embedded index has
one owner, whose command line finds it: that is what ``fundstelle serve`` is for.
"""

from __future__ import annotations

import os
import threading

from litestar import Litestar

from indexer.built_folder import remove_damaged
from indexer.errors import SettingsError
from indexer.models import MODELS
from indexer.settings import ArchiveSettings
from service.access.binding import require_protection
from service.access.boundary import Boundary
from service.access.gate import Gate
from service.access.keyring import Keyring
from service.app import create_app
from service.archives import Archives
from service.draining_server import drain_at_signals
from service.engine import Engine
from service.serve import follow, warm
from service.settings import ServiceSettings, refuse_unknown, secrets_of
from service.telemetry.logs import write_logs
from service.telemetry.metrics import Metrics
from service.telemetry.otlp import Exporting


def create() -> Litestar:
    """The application, with its settings from the environment and its models loading.

    Raises SettingsError for settings that can't be used, or where no Qdrant server is set,
    or neither keys nor leave to do without: which address it is reached at is known to
    uvicorn alone. Raises KeysError where the keys can't be used, and StoreError where the
    Qdrant server can't be reached.
    """
    refuse_unknown(os.environ)
    archive = ArchiveSettings.from_environment(os.environ)
    if not archive.qdrant_url:
        raise SettingsError("set FUNDSTELLE_QDRANT_URL, or use 'fundstelle serve'")
    service = ServiceSettings.from_environment(os.environ)
    write_logs(service.telemetry, secrets_of(archive, service))
    require_protection(None, service)
    keyring = Keyring(service.keys) if service.keys is not None else None
    gate = Gate(Boundary.of(service, None), archive.archive, keyring, rate=service.rate)
    exporting, metrics = Exporting(service.telemetry.otlp_url), Metrics()
    remove_damaged(archive.cache / MODELS)
    engine = Engine(archive, service, create=True)
    archives = Archives(engine)
    app = create_app(archives, gate, metrics=metrics, tracing=exporting.tracing)
    stopping = threading.Event()
    threads = [
        threading.Thread(target=work, args=(archives, stopping, metrics), daemon=True)
        for work in (warm, follow)
    ]

    def stop() -> None:
        stopping.set()
        for thread in threads:
            thread.join()
        archives.close()
        engine.close()
        exporting.close()

    def drain() -> None:
        drain_at_signals(archives.draining, service.drain_timeout)

    app.on_startup.append(drain)
    app.on_shutdown.append(stop)
    for thread in threads:
        thread.start()
    return app
