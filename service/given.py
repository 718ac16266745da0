"""What the command line was given → settings, and how a command prints its JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from indexer.settings import ArchiveSettings
from service.settings import ServiceSettings, refuse_unknown

Environment = Mapping[str, str]


def settings(
    given: argparse.Namespace, environment: Environment
) -> tuple[ArchiveSettings, ServiceSettings]:
    """Both settings. Raises SettingsError where the environment can't be used."""
    refuse_unknown(environment)
    return archive_settings(given, environment), ServiceSettings.from_environment(environment)


def archive_settings(given: argparse.Namespace, environment: Environment) -> ArchiveSettings:
    """The settings of the archive; options win over the environment."""
    return ArchiveSettings.from_environment(
        environment,
        index=given.index,
        archive=given.archive,
        qdrant_url=given.qdrant,
        model=getattr(given, "model", None),
        passage_tokens=getattr(given, "passage_tokens", None),
        passage_overlap=getattr(given, "passage_overlap", None),
        ray=getattr(given, "ray", None),
    )


def print_json(value: Any) -> None:
    """One object, readable, in any script."""
    print(json.dumps(value, ensure_ascii=False, indent=1))
