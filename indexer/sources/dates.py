"""Dates of publication, checked and in one shape.

ISO 8601 only: a guess at ``03/04/05`` would be cited as a fact. Finding the
date in a header, a field or a page is left to the readers.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

_SPACE_BEFORE_OFFSET: Final = re.compile(r"\s+(?=(?:Z|[+-]\d\d:?\d\d)$)")
_IN_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)", re.ASCII)


def normalise(value: str) -> str:
    """``YYYY-MM-DD``, or a date-time with its offset from UTC (none given: UTC).

    Raises ValueError for what is not an ISO 8601 date of the years 1 to 9999.
    """
    # Front matter writes "2024-05-01 10:00:00 +0200".
    text = _SPACE_BEFORE_OFFSET.sub("", value.strip())
    try:
        day, *time = re.split(r"[Tt\s]", text, maxsplit=1)
        if not time:
            return date.fromisoformat(day).isoformat()
        moment = datetime.fromisoformat(f"{day}T{time[0]}")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)  # 0001-01-01T00:00+02:00 lies before year 1
    except (ValueError, OverflowError) as error:
        shown = value if len(value) <= 40 else f"{value[:40]}…"
        raise ValueError(
            f"{shown!r} is not an ISO 8601 date; write 2024-05-31 or 2024-05-31T18:00:00+02:00"
        ) from error
    return moment.isoformat()


def from_name(name: str) -> str | None:
    """The date that a file name begins with: ``2024-05-31-title.txt``."""
    match = _IN_NAME.match(name)
    try:
        return normalise(match[1]) if match else None
    except ValueError:
        return None
