"""Settings of the service, and the check that no variable of ours is misspelt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from indexer.errors import SettingsError
from indexer.models import DEFAULT_MODEL
from indexer.settings import PREFIX, ArchiveSettings, FromEnvironment, setting, whole_number

_TEST_PREFIX = f"{PREFIX}TEST_"


def _between(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise ValueError(f"it must be between {low:g} and {high:g}")
        return number

    return parse


@dataclass(frozen=True)
class ServiceSettings(FromEnvironment):
    """How questions are answered, and where.

    ``threshold`` is the least confidence with which an answer is given;
    ``passages_read`` how many passages the reader reads a question; ``reader_model``
    is the copy of multilingual-e5-small that its adapter is merged into; ``workers``
    how many requests are worked on at once.
    """

    host: str = setting("HOST", "127.0.0.1")
    port: int = setting("PORT", 8000, whole_number(0))
    threshold: float = setting("THRESHOLD", 0.34, _between(0, 1))
    passages_read: int = setting("PASSAGES_READ", 5, whole_number(1))
    reader_model: str = setting("READER_MODEL", DEFAULT_MODEL)
    workers: int = setting("WORKERS", 4, whole_number(1))
    max_body_bytes: int = setting("MAX_BODY_BYTES", 64 * 1024 * 1024, whole_number(1024))


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise SettingsError for a variable under our prefix that nothing reads."""
    known = ArchiveSettings.variables() | ServiceSettings.variables()
    for name in sorted(environment):
        if name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX) and name not in known:
            # Without the prefix, in which all are alike.
            ours = {variable.removeprefix(PREFIX) for variable in known}
            close = get_close_matches(name.removeprefix(PREFIX), ours, n=1)
            hint = f"did you mean {PREFIX}{close[0]}?" if close else "docs/settings.md lists them"
            raise SettingsError(f"the environment variable {name} is not known; {hint}")
