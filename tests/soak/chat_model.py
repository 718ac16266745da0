"""A scripted chat model that comes, goes, dawdles and breaks off, at one port."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any, Literal

from tests.chat_servers import CUT, ScriptedServer, Status, Step, Wait, finished, pieces

Mood = Literal["well", "slow", "cut", "failing", "silent"]
MOODS: tuple[Mood, ...] = ("well", "slow", "cut", "failing", "silent")


class ChatModel:
    """Writes what the first passage says, cited. ``mood`` is how that goes wrong."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.server = ScriptedServer(self._script)

    def _script(self, request: dict[str, Any]) -> Iterator[Step]:
        mood = self.mood
        if mood == "failing":
            yield Status(500)
            return
        if mood == "silent":
            yield Wait(30)
            return
        asked = request["messages"][-1]["content"]
        facts = re.findall(r"[^.\n]*\d+ (?:million|Millionen|millions)[^.\n]*\.", asked)
        text = f"{(facts or ['Nothing is known.'])[0].strip(' >|')[:-1]} [1]. And more is said [1]."
        for piece in pieces(text, 12):
            yield piece
            if mood == "slow":
                time.sleep(0.1)
            if mood == "cut":
                yield CUT
                return
        yield finished()
