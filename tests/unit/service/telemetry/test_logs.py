"""Logs of a real process: whose lines there are, and that all of them are objects."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

WORDS = "Who is hiding in Trondheim?"
_BEGIN = f"""
import asyncio, logging, sys, threading, warnings
from service.telemetry.logs import write_logs
from service.telemetry.settings import TelemetrySettings
WORDS = {WORDS!r}
logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
"""


def logged(code: str, settings: str = "") -> list[dict[str, Any]]:
    whole = f"{_BEGIN}\nwrite_logs(TelemetrySettings({settings}))\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_ours_from_the_level_that_was_set_and_others_from_warnings() -> None:
    code = """
for name in ("service.a", "indexer.b", "openai._base_client"):
    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger(name), level)("said")
"""
    found = [(line["logger"], line["level"]) for line in logged(code, "log_level='debug'")]
    ours = [(name, level) for name in ("service.a", "indexer.b") for level in ("debug", "info")]
    assert set(ours) < set(found)
    assert [pair for pair in found if pair[0].startswith("openai")] == [
        ("openai._base_client", "warning")
    ]
    assert {line["level"] for line in logged(code, "log_level='warning'")} == {"warning"}


def test_a_server_that_logs_addresses_is_silenced() -> None:
    """What ``uvicorn --factory`` sets up before we are asked."""
    assert logged("logging.getLogger('uvicorn.access').warning('GET /v1/search?q=%s', WORDS)") == []


def test_threads_tasks_warnings_and_the_end_of_the_process_are_lines_too() -> None:
    code = """
def fail():
    raise ValueError(WORDS)
async def main():
    task = asyncio.create_task(asyncio.to_thread(fail))
    await asyncio.wait([task])
    del task
thread = threading.Thread(target=fail)
thread.start()
thread.join()
asyncio.run(main())
warnings.warn("take care")
fail()
"""
    found = logged(code)
    assert {line["logger"] for line in found} == {
        "service.telemetry.logs",
        "asyncio",
        "py.warnings",
    }
    assert found[-1]["event"] == "the process ends on an error"
    assert found[-1]["exception"][0]["type"] == "builtins.ValueError"
    assert "Trondheim" not in json.dumps(found)


def test_text_on_a_terminal_and_objects_elsewhere() -> None:
    code = """
import io
class Terminal(io.StringIO):
    def isatty(self): return True
for stream in (Terminal(), io.StringIO()):
    write_logs(TelemetrySettings(), stream=stream)
    logging.getLogger("service.a").info("said")
    print(stream.getvalue()[0], file=sys.__stderr__)
"""
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.split() == ["2", "{"], done.stderr
