"""Where log lines go and which there are: standard error, ours from a level, others' warnings.

Other packages keep to warnings at any level of ours: at ``debug`` the client of a chat
model writes down the whole prompt. The lines themselves are made in ``log_lines.py``.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TextIO

from service.telemetry.log_lines import Lines
from service.telemetry.settings import TelemetrySettings

_LOG = logging.getLogger(__name__)
_OURS = ("service", "indexer")
# uvicorn tells what it does as information, and requests with their whole address.
_SERVER, _SERVER_REQUESTS = "uvicorn.error", "uvicorn.access"


def write_logs(
    settings: TelemetrySettings,
    secrets: Iterable[str | None] = (),
    stream: TextIO | None = None,
) -> Lines:
    """Send every log line of this process to ``stream``, standard error by itself.

    Whoever learns of another secret later tells it to what is returned.
    """
    stream = sys.stderr if stream is None else stream
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not stream.isatty()
    )
    lines = Lines(as_json=as_json, questions=settings.log_questions)
    for secret in secrets:
        lines.strike_out(secret)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(lines)
    # A server that was started before us has handlers of its own, for lines of its own shape.
    for name in ("uvicorn", _SERVER, _SERVER_REQUESTS):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    logging.getLogger(_SERVER_REQUESTS).disabled = True
    logging.captureWarnings(True)
    sys.excepthook = _on_exception
    threading.excepthook = _on_thread_exception
    return lines


def _on_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The end of the process is a line of the log, too."""
    _LOG.critical("the process ends on an error", exc_info=(kind, error, trace))


def _on_thread_exception(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        _LOG.error("a thread ended on an error", exc_info=failed.exc_value)
