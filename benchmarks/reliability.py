"""Probabilities and what came of them → bins, their calibration error, and a plot.

The plot is a small SVG image, written by hand: nothing here is worth a plotting library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BINS = 10
_SIZE, _MARGIN = 360, 48


@dataclass(frozen=True)
class Bin:
    """The cases whose probability lies from ``low`` to ``high``.

    ``mean`` is the mean of their probabilities, ``share`` how many of them came true.
    """

    low: float
    high: float
    count: int
    mean: float
    share: float


def bins(probability: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> list[Bin]:
    """Ten bins of equal width, without those that are empty."""
    place = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    return [
        Bin(
            low=i / _BINS,
            high=(i + 1) / _BINS,
            count=int((place == i).sum()),
            mean=float(probability[place == i].mean()),
            share=float(truth[place == i].mean()),
        )
        for i in range(_BINS)
        if (place == i).any()
    ]


def error(found: list[Bin]) -> float:
    """The expected calibration error (Guo et al. 2017): how far mean and share are apart."""
    return sum(b.count * abs(b.mean - b.share) for b in found) / sum(b.count for b in found)


def plot(found: list[Bin]) -> str:
    """A reliability curve as an SVG image; the area of a point is the size of its bin."""
    most = max(b.count for b in found)
    points = [(_x(b.mean), _y(b.share)) for b in found]
    ticks = [i / 5 for i in range(6)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE + 2 * _MARGIN}" '
        f'height="{_SIZE + 2 * _MARGIN}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{_MARGIN}" y="{_MARGIN}" width="{_SIZE}" height="{_SIZE}" fill="none" '
        'stroke="#888"/>',
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#aaa" '
        'stroke-dasharray="4"/>',
        *(f'<text x="{_x(t)}" y="{_y(0) + 18}" text-anchor="middle">{t:.1f}</text>' for t in ticks),
        *(f'<text x="{_x(0) - 8}" y="{_y(t) + 4}" text-anchor="end">{t:.1f}</text>' for t in ticks),
        f'<text x="{_x(0.5)}" y="{_y(0) + 38}" text-anchor="middle">confidence</text>',
        f'<text transform="translate({_x(0) - 36} {_y(0.5)}) rotate(-90)" text-anchor="middle">'
        "share that the archive answers</text>",
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" fill="none" '
        'stroke="#1f5fa8" stroke-width="2"/>',
        *(
            f'<circle cx="{x}" cy="{y}" r="{3 + 9 * (b.count / most) ** 0.5:.1f}" '
            f'fill="#1f5fa8" fill-opacity="0.6"><title>{b.count}</title></circle>'
            for (x, y), b in zip(points, found, strict=True)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(value: float) -> float:
    return round(_MARGIN + _SIZE * value, 1)


def _y(value: float) -> float:
    return round(_MARGIN + _SIZE * (1 - value), 1)
