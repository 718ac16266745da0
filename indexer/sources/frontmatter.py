"""Front matter: the ``key: value`` lines between two lines of ``---``.

Reads the part of YAML that people write by hand in it (plain and quoted values,
``[a, b]``, lists of ``- item`` lines). Anything else, such as folded text or
nesting, counts as absent; nothing is ever evaluated.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from indexer.sources.content import BOM, line_bounds

_KEY: Final = re.compile(r"([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+|\Z)")
_ITEM: Final = re.compile(r"[ \t]*-[ \t]+(?=\S)")
_COMMENT: Final = re.compile(r"(?:\A|\s)#")
_LIST_ENTRY: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]*)\s*(?:,|\Z)""")
# Values that begin like this are YAML which is not read here.
_BEYOND: Final = ("|", ">", "{", "&", "*", "!")


class FrontMatter(NamedTuple):
    """Values by lower-case key, the offset of each key's line, and the end of it all.

    ``end`` is the first character after the closing line, 0 where there is no
    front matter.
    """

    values: dict[str, str | list[str]]
    starts: dict[str, int]
    end: int


def read(text: str) -> FrontMatter:
    """The front matter that ``text`` begins with; empty where it has none or never ends."""
    values: dict[str, str | list[str]] = {}
    starts: dict[str, int] = {}
    nothing = FrontMatter({}, {}, 0)
    position = 1 if text.startswith(BOM) else 0
    line_end, next_line = line_bounds(text, position)
    if text[position:line_end].rstrip() != "---":
        return nothing
    listed: list[str] | None = None  # the list that "- item" lines belong to
    while next_line < len(text):
        position = next_line
        line_end, next_line = line_bounds(text, position)
        line = text[position:line_end].rstrip()
        if line in ("---", "..."):
            # Between two rulers without a single key stands prose, which must be found.
            found = {key: value for key, value in values.items() if value}
            return FrontMatter(found, starts, next_line) if values else nothing
        if key := _KEY.match(line):
            name, value = key[1].lower(), _value(line[key.end() :])
            listed = None
            if value is None:
                continue
            if value == "":
                value = listed = []
            values[name], starts[name] = value, position
        elif listed is not None and (item := _ITEM.match(line)):
            listed.append(_scalar(line[item.end() :]))
    return nothing


def _value(raw: str) -> str | list[str] | None:
    """A string or a list; None for YAML that is beyond this reader."""
    raw = raw.strip()
    if raw.startswith(_BEYOND):
        return None
    if raw.startswith("["):
        inner = raw[1:].partition("]")[0] if '"' not in raw and "'" not in raw else raw[1:-1]
        entries = (match[1] for match in _LIST_ENTRY.finditer(inner))
        return [entry for entry in map(_scalar, entries) if entry]
    return _scalar(raw)


def _scalar(raw: str) -> str:
    raw = raw.strip()
    if raw.startswith('"'):
        quoted = re.match(r'"((?:[^"\\]|\\.)*)"', raw)
        return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else raw
    if raw.startswith("'"):
        quoted = re.match(r"'((?:[^']|'')*)'", raw)
        return quoted[1].replace("''", "'") if quoted else raw
    comment = _COMMENT.search(raw)
    return raw[: comment.start()].rstrip() if comment else raw
