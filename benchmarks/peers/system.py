"""What a system must do to be compared: index passages, keep them on the disk, find articles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol


class Text(NamedTuple):
    """One passage with its heading in front, as every system is given it, and its article's id."""

    article_id: str
    text: str


class System(Protocol):
    """One system on the default model: ``model`` is its sentence-transformers folder.

    It keeps all it needs in ``folder``. Nothing is tuned: it is used as its documentation shows.
    """

    def __init__(self, folder: Path, model: Path) -> None:
        """Nothing is loaded yet."""

    def index(self, articles: Path, texts: Sequence[Text]) -> None:
        """Index and keep them; ``articles`` is the folder that the passages were cut from."""

    def open(self) -> None:
        """Load what was kept, in a process that has nothing yet."""

    def search(self, question: str, limit: int) -> list[str]:
        """The article ids of the nearest passages, best first."""
