"""The entry for an ASGI server of your own: ``uvicorn --factory service.asgi:create``.

For replicas behind a load balancer, over a Qdrant server. An embedded index has
one owner, whose command line finds it: that is what ``fundstelle serve`` is for.
"""

from __future__ import annotations

import os
import threading

from litestar import Litestar

from indexer.errors import SettingsError
from indexer.settings import ArchiveSettings
from service.app import create_app
from service.engine import Engine
from service.serve import follow
from service.settings import ServiceSettings, refuse_unknown


def create() -> Litestar:
    """The application, with its settings from the environment and its models loading.

    Raises SettingsError for settings that can't be used, or where no Qdrant server
    is set, and StoreError where it can't be reached.
    """
    refuse_unknown(os.environ)
    archive = ArchiveSettings.from_environment(os.environ)
    if not archive.qdrant_url:
        raise SettingsError("set FUNDSTELLE_QDRANT_URL, or use 'fundstelle serve'")
    engine = Engine(archive, ServiceSettings.from_environment(os.environ), create=True)
    app = create_app(engine)
    stopping = threading.Event()
    following = threading.Thread(target=follow, args=(engine, stopping), daemon=True)

    def stop() -> None:
        stopping.set()
        following.join()
        engine.close()

    app.on_shutdown.append(stop)
    following.start()
    threading.Thread(target=engine.warm, daemon=True).start()
    return app
