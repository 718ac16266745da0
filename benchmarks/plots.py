"""Lines over logarithmic axes as a small SVG image, written by hand as in ``reliability.py``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _LEGEND = 460, 300, 64, 24, 250
_COLOURS = ("#1f5fa8", "#c2410c", "#15803d", "#7e22ce", "#0f766e", "#57534e")


@dataclass(frozen=True)
class Line:
    """A named line through points; all values are above 0."""

    name: str
    across: Sequence[float]
    up: Sequence[float]


def log_log(lines: Sequence[Line], *, across: str, up: str) -> str:
    """All lines in one image, both axes in powers of ten, with a legend."""
    xs = _Axis([x for line in lines for x in line.across], _LEFT, _LEFT + _WIDTH)
    ys = _Axis([y for line in lines for y in line.up], _TOP + _HEIGHT, _TOP)
    bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + _LEGEND}" '
        f'height="{bottom + 56}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for tick in xs.ticks:
        x = xs.place(tick)
        parts.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{tick:,.9g}</text>')
    for tick in ys.ticks:
        y = ys.place(tick)
        parts.append(f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:,.9g}</text>')
    parts.append(
        f'<text x="{(_LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle">'
        f"{escape(across)}</text>"
    )
    parts.append(
        f'<text transform="translate(16 {(_TOP + bottom) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(up)}</text>'
    )
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [(xs.place(x), ys.place(y)) for x, y in zip(line.across, line.up, strict=True)]
        parts.append(
            f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" fill="none" '
            f'stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points]
        y = _TOP + 12 + 20 * number
        parts.append(f'<rect x="{right + 16}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{right + 32}" y="{y}">{escape(line.name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Axis:
    """Values in powers of ten → places between two ends."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        low, high = (math.log10(bound(values)) for bound in (min, max))
        self._low, self._high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        self._begin, self._end = begin, end
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def place(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return round(self._begin + (self._end - self._begin) * share, 1)
