"""What schemathesis has to know of this service beside its document."""

from __future__ import annotations

from typing import Any

import schemathesis

_SWITCHES = ("stream", "group", "include_usage")


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out 0, 1 and words for a boolean: the framework takes them for what they mean."""
    return not _loose(case.body)


def _loose(value: Any) -> bool:
    match value:
        case dict():
            return any(
                (name in _SWITCHES and isinstance(item, int | str) and not isinstance(item, bool))
                or _loose(item)
                for name, item in value.items()
            )
        case list():
            return any(map(_loose, value))
        case _:
            return False
