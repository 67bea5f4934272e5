"""Clocks: what they read, that they run back, and what is made of them."""

import math

import pytest
import torch

from gendiff import clocks
from gendiff.clocks import COSINE, FLOW_TIME, INVERSE, LOG, SIGMA, Clock, power
from gendiff.sampling import CLOCK
from gendiff.testing import check_clock

CLOCKS = {
    "sigma": SIGMA,
    "inverse": INVERSE,
    "log": LOG,
    "flow": FLOW_TIME,
    "angle": COSINE,
    "power": power(7.0),
    "flow of other data": FLOW_TIME.scaled(0.3),
    "angle of other data": COSINE.scaled(20.0),
    "power scaled twice": power(3.0).scaled(2.0).scaled(0.7),
    "the default sampler's": CLOCK,
}
EVERY = pytest.mark.parametrize("name", CLOCKS)


@EVERY
def test_inverse_and_rate_belong_to_the_reading(name: str) -> None:
    check_clock(CLOCKS[name], torch.logspace(-2, 2, 9, dtype=torch.float64))


@pytest.mark.parametrize(
    ("clock", "sigma", "reading"),
    [
        (SIGMA, 3.0, 3.0),
        (INVERSE, 4.0, 0.25),
        (LOG, math.e**2, 2.0),
        (FLOW_TIME, 3.0, 0.75),
        (COSINE, math.sqrt(3), math.pi / 3),
        (power(7.0), 128.0, 2.0),
        (FLOW_TIME.scaled(0.5), 0.5, 0.5),  # SD3's shift: sigma / (shift + sigma)
        (FLOW_TIME.scaled(3.0), 1.0, 0.25),
        (COSINE.scaled(0.5), 0.5, math.pi / 4),
        (CLOCK, 2.0, math.sqrt(0.5)),
    ],
)
def test_known_readings(clock: Clock, sigma: float, reading: float) -> None:
    assert clock.readings(sigma) == pytest.approx([reading], rel=1e-14)


def test_units_multiply() -> None:
    sigma = torch.tensor([0.1, 1.0, 9.0], dtype=torch.float64)
    twice = FLOW_TIME.scaled(2.0).scaled(0.25)
    torch.testing.assert_close(
        twice.forward(sigma), FLOW_TIME.scaled(0.5).forward(sigma)
    )


def test_a_wrong_clock_is_found() -> None:
    sigma = torch.tensor([0.5, 2.0], dtype=torch.float64)
    with pytest.raises(AssertionError, match="undo"):
        check_clock(Clock(LOG.forward, FLOW_TIME.inverse, LOG.rate), sigma)
    with pytest.raises(AssertionError, match="rate"):
        check_clock(Clock(LOG.forward, LOG.inverse, FLOW_TIME.rate), sigma)


def test_what_makes_no_clock_is_refused() -> None:
    for bad in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="unit"):
            FLOW_TIME.scaled(bad)
        with pytest.raises(ValueError, match="rho"):
            power(bad)
    for clock in (LOG, INVERSE):
        with pytest.raises(ValueError, match="finite"):
            clock.readings(1.0, 0.0)


def test_coefficients_are_made_on_the_host() -> None:
    with torch.device("meta"):
        assert clocks.host([1.0]).device.type == "cpu"
        assert FLOW_TIME.readings(1.0) == [0.5]
