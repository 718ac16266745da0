"""Reliability of probabilities, as ``benchmarks/calibration.py`` shows it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from benchmarks.reliability import bins, error, plot

_SURE = np.array([0.05, 0.05, 0.95, 0.95, 1.0, 0.5])
_TRUTH = np.array([False, False, True, True, True, True])


def test_bins_hold_every_case_once() -> None:
    found = bins(_SURE, _TRUTH)
    assert [b.count for b in found] == [2, 1, 3]
    assert [b.share for b in found] == [0, 1, 1]
    assert found[-1].mean == pytest.approx((0.95 + 0.95 + 1) / 3)


def test_the_error_is_the_mean_distance_from_the_truth() -> None:
    expected = (2 * 0.05 + 1 * 0.5 + 3 * (1 - (0.95 + 0.95 + 1) / 3)) / 6
    assert error(bins(_SURE, _TRUTH)) == pytest.approx(expected)
    assert error(bins(np.array([0.0, 1.0]), np.array([False, True]))) == 0


def test_the_plot_is_an_image_with_a_point_for_each_bin() -> None:
    root = ET.fromstring(plot(bins(_SURE, _TRUTH)))  # noqa: S314 - of our own making
    assert len(root.findall("{http://www.w3.org/2000/svg}circle")) == 3
