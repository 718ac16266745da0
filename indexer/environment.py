"""Settings classes that are built from an environment mapping: fields, and how each is read.

What the settings are is said where they belong (``settings.py``, ``collection.py``,
``service/settings.py``). Nothing here reads the process's own environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, Self

from indexer.errors import SettingsError

PREFIX = "FUNDSTELLE_"


def setting(
    variable: str, default: Any, parse: Callable[[str], Any] = str, *, secret: bool = False
) -> Any:
    """A field of a settings class: its variable (without prefix), default, and how to read it."""
    metadata = {"variable": PREFIX + variable, "parse": parse}
    if callable(default):
        return field(default_factory=default, metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def settings_of(group: type[FromEnvironment]) -> Any:
    """A field that holds a settings class of its own, read from the same environment."""
    return field(default_factory=group, metadata={"group": group})


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
            group: type[FromEnvironment] | None = spec.metadata.get("group")
            if group is not None:
                values[spec.name] = given.get(spec.name) or group.from_environment(environment)
                continue
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
        found: set[str] = set()
        for spec in fields(cls):  # type: ignore[arg-type]
            group: type[FromEnvironment] | None = spec.metadata.get("group")
            found |= group.variables() if group else {spec.metadata["variable"]}
        return found
