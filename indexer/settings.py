"""Settings of the archive: frozen values, built once from an environment mapping.

Nothing below the command line and the ASGI entry reads the environment. The
service adds its own settings (``service/settings.py``) and is the one to refuse
unknown names under our prefix, since only it knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

from platformdirs import user_cache_path

from indexer.errors import SettingsError

DataType = Literal["auto", "float32", "bfloat16", "float16"]

PREFIX = "FUNDSTELLE_"

#: How many replaced texts of an article are kept.
VERSIONS_KEPT = 20


def setting(
    variable: str, default: Any, parse: Callable[[str], Any] = str, *, secret: bool = False
) -> Any:
    """A field of a settings class: its variable (without prefix), default, and how to read it."""
    metadata = {"variable": PREFIX + variable, "parse": parse}
    if callable(default):
        return field(default_factory=default, metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def whole_number(least: int) -> Callable[[str], int]:
    """Reads an integer of at least ``least``."""

    def parse(text: str) -> int:
        number = int(text)
        if number < least:
            raise ValueError(f"it must be at least {least}")
        return number

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """Reads a number from ``least`` to ``most``."""

    def parse(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise ValueError(f"it must be between {least:g} and {most:g}")
        return value

    return parse


def yes_or_no(text: str) -> bool:
    """Reads a truth value."""
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        raise ValueError("it must be 1 or 0, true or false, yes or no")
    return known[text.lower()]


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of a few words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"it must be one of {', '.join(choices)}")
        return text

    return parse


class FromEnvironment:
    """Builds a settings class of ``setting`` fields from an environment mapping."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Self:
        """Settings as the environment has them, but for what is ``given`` and not None.

        An empty variable counts as not set. Raises SettingsError naming the variable
        whose value can't be read.
        """
        values = {}
        for spec in fields(cls):  # type: ignore[arg-type]
            variable = spec.metadata["variable"]
            if given.get(spec.name) is not None:
                values[spec.name] = given[spec.name]
            elif environment.get(variable):
                try:
                    values[spec.name] = spec.metadata["parse"](environment[variable])
                except ValueError as error:
                    raise SettingsError(
                        f"{variable}={environment[variable]!r} can't be used: {error}"
                    ) from error
        return cls(**values)

    @classmethod
    def variables(cls) -> set[str]:
        """The names of the variables it reads."""
        return {spec.metadata["variable"] for spec in fields(cls)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class ArchiveSettings(FromEnvironment):
    """Where the archive is and how it is built.

    ``model``, ``passage_tokens`` and ``passage_overlap`` are None unless asked for:
    an index that exists decides them by its recipe. ``versions_kept`` is how many
    replaced texts of an article stay, for citations of them.
    """

    index: Path = setting("INDEX", Path(".fundstelle"), Path)
    archive: str = setting("ARCHIVE", "default")
    cache: Path = setting("CACHE", lambda: user_cache_path("fundstelle"), Path)
    model: str | None = setting("MODEL", None)
    passage_tokens: int | None = setting("PASSAGE_TOKENS", None, whole_number(16))
    passage_overlap: int | None = setting("PASSAGE_OVERLAP", None, whole_number(0))
    versions_kept: int = setting("VERSIONS_KEPT", VERSIONS_KEPT, whole_number(0))
    data_type: DataType = setting("DTYPE", "auto", one_of(*get_args(DataType)))
    device: str | None = setting("DEVICE", None)
    threads: int = setting("THREADS", 0, whole_number(0))
    qdrant_url: str | None = setting("QDRANT_URL", None)
    qdrant_api_key: str | None = setting("QDRANT_API_KEY", None, secret=True)
    qdrant_grpc: bool = setting("QDRANT_GRPC", False, yes_or_no)
    qdrant_timeout: int = setting("QDRANT_TIMEOUT", 30, whole_number(1))
