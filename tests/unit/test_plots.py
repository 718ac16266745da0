"""Plots over logarithmic axes: points stand where their powers of ten are."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks.plots import Line, log_log

_SVG = "{http://www.w3.org/2000/svg}"


def points(image: str) -> list[list[tuple[float, float]]]:
    root = ElementTree.fromstring(image)  # noqa: S314
    return [
        [
            (float(x), float(y))
            for x, y in (point.split(",") for point in line.get("points", "").split())
        ]
        for line in root.iter(f"{_SVG}polyline")
    ]


def test_equal_ratios_are_equally_far_apart() -> None:
    image = log_log([Line("a", [10, 100, 1000], [2, 20, 200])], across="n", up="ms")
    ((first, second, third),) = points(image)
    assert first[0] < second[0] < third[0]
    assert first[1] > second[1] > third[1]  # upwards
    assert abs((third[0] - second[0]) - (second[0] - first[0])) < 0.2
    assert abs((third[1] - second[1]) - (second[1] - first[1])) < 0.2


def test_names_are_shown_as_they_are() -> None:
    image = log_log([Line("<a & b>", [1, 10], [1, 1])], across="n", up="ms")
    texts = [text.text for text in ElementTree.fromstring(image).iter(f"{_SVG}text")]  # noqa: S314
    assert "<a & b>" in texts
    assert len(points(image)) == 1
