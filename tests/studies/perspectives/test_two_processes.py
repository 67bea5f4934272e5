"""Five results in two processes: right at home, wrong abroad."""

import numpy as np
import pytest

from gendiff.data import two_bumps
from gendiff.studies.perspectives.two_processes import (
    SEEN,
    VE,
    VP,
    Truth,
    errors,
    forms,
    slope,
)


def test_forms_are_right_at_home_and_wrong_abroad() -> None:
    for place in (VE, VP):
        for form in (VE, VP):
            found = errors(two_bumps(), place, form, 0.8, 0.5)
            assert len(found) == 5
            if form is place:
                assert max(found.values()) < 1e-6
            else:
                assert min(found.values()) > 0.01


def test_pinned_values() -> None:
    # From the table of the formulas: alpha 0.454 is far, so one number is enough.
    truth = Truth(two_bumps(), VP)
    assert truth.variance(0.6) == pytest.approx(0.64 * 2.18 + 0.36, abs=1e-9)
    assert Truth(two_bumps(), VE).weight(0.8) == pytest.approx(1 / 0.8, rel=1e-6)
    assert truth.weight(0.8) == pytest.approx(1 / (0.8 * 0.36), rel=1e-6)
    got, right = forms(truth, VP, 0.8, 0.5)["Tweedie's formula"]
    assert got.shape == right.shape == SEEN.shape


def test_differences_are_of_fourth_order() -> None:
    x = np.array([0.3, 1.0])
    np.testing.assert_allclose(slope(lambda y: y**4, x), 4 * x**3, rtol=1e-9)
