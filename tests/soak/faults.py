"""What goes wrong in a soak, one thing after another, and what must come of it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from indexer.models import MODELS
from tests.soak.chat_model import MOODS, ChatModel
from tests.soak.served import Served

#: In the cache: what the models are put back from.
SPARE = "spare"


@dataclass
class Faults:
    """Does them. ``seen`` counts which; ``cache`` is a copy that may be damaged."""

    served: Served
    model: ChatModel
    cache: Path
    chance: Random
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def that_end_the_process(self) -> list[Callable[[], None]]:
        """After each there is another."""
        return [self.kill, self.stop, self.kill_without_models]

    @property
    def that_do_not(self) -> list[Callable[[], None]]:
        """The same process goes on."""
        return [self.change_the_chat_model, self.reindex, self.delete_models]

    def kill(self) -> None:
        """SIGKILL, and another process."""
        self.served.end(signal.SIGKILL)
        self.served.start()
        self.seen["killed"] += 1

    def stop(self) -> None:
        """SIGTERM, and another process."""
        assert self.served.end(signal.SIGTERM) == 0
        self.served.start()
        self.seen["stopped"] += 1

    def kill_without_models(self) -> None:
        """The same, and the next one finds its models damaged, with their old size and time."""
        self.served.end(signal.SIGKILL)
        for file in (self.cache / MODELS).rglob("model.onnx"):
            stamps = file.stat()
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 0xFF
            file.unlink()  # and not the file of the cache that this is a copy of
            file.write_bytes(data)
            os.utime(file, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
            break
        self.served.start()
        assert "was damaged and is built again" in self.served.lives[-1].read_text("utf-8")
        self.seen["killed, models damaged"] += 1

    def change_the_chat_model(self) -> None:
        """Another mood for a while."""
        self.model.mood = self.chance.choice(MOODS)
        self.seen[f"chat model {self.model.mood}"] += 1

    def reindex(self) -> None:
        """Index all of it anew, beside what is in use, and wait for the end."""
        headers = {"authorization": f"Bearer {self.served.token}"}
        with httpx.Client(
            base_url=self.served.address, headers=headers, trust_env=False, timeout=90
        ) as http:
            begun = http.post("/v1/reindex", json={"drop_old": True})
            assert begun.status_code == 202, begun.text
            deadline = time.monotonic() + 240
            while (state := http.get("/v1/renewal").json())["state"] == "running":
                assert time.monotonic() < deadline, state
                time.sleep(0.2)
        assert state["state"] == "done", state
        self.seen["reindexed"] += 1

    def delete_models(self) -> None:
        """What is loaded is in memory; nobody notices."""
        shutil.rmtree(self.cache / MODELS)
        shutil.copytree(self.cache / SPARE, self.cache / MODELS, copy_function=os.link)
        self.seen["models deleted"] += 1
