"""Levels at which bands are decided: Gaussian fields have them in closed form."""

import numpy as np
import pytest
import torch

from gendiff.data import power_law
from gendiff.exact import Field
from gendiff.families.heat import cosines
from gendiff.grids import geometric
from gendiff.metrics import radial_average
from gendiff.noise import seeded
from gendiff.record import record
from gendiff.solvers import euler
from gendiff.studies.perspectives import coherence, letter_waves

SIDE = 16


def sampled(field: Field, eta: float) -> coherence.Numbers:
    """Return the levels of a field's rings, sampled with its exact denoiser."""
    grid = geometric(60, low=0.02, high=60.0)
    generator = torch.Generator().manual_seed(0)
    start = 60 * torch.randn(200, 1, SIDE, SIDE, generator=generator)
    noise = seeded(generator)
    film = record(euler(field, start, grid, eta=eta, noise=noise)).denoised
    return coherence.levels(grid, torch.stack(list(film)), film[-1])


def test_a_ring_is_half_decided_where_noise_has_its_power() -> None:
    field = Field(power_law(SIDE, SIDE), torch.zeros((), dtype=torch.float64))
    found = sampled(field, 1.0)
    ring_std = radial_average(field.power)[1].sqrt().numpy()
    np.testing.assert_allclose(found, ring_std, rtol=0.35)
    assert coherence.slope_of(found) == pytest.approx(-1, abs=0.15)
    # Without fresh noise nothing is left to decide in a Gaussian field.
    assert sampled(field, 0.0).min() == pytest.approx(60, rel=0.01)


def test_a_flat_field_has_no_order() -> None:
    field = Field(torch.ones(SIDE, SIDE).double(), torch.zeros((), dtype=torch.float64))
    found = sampled(field, 1.0)
    assert abs(coherence.slope_of(found)) < 0.1
    np.testing.assert_allclose(found, 1, rtol=0.35)


@pytest.mark.parametrize("exponent", [0.0, 2.0])
def test_waves_over_places_are_decided_in_the_order_of_their_power(
    exponent: float,
) -> None:
    grid, waves = geometric(40, low=0.01, high=20.0), cosines(SIDE).float()
    power = torch.arange(1, SIDE + 1)[:, None] ** -exponent

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return waves.mT @ (power / (power + sigma**2) * (waves @ x))

    noise = seeded(torch.Generator().manual_seed(0))
    start = 20 * noise(torch.empty(300, SIDE, 2))
    film = record(euler(denoise, start, grid, eta=1.0, noise=noise)).denoised
    found = coherence.order(
        grid, torch.stack(list(film)), film[-1], parts=letter_waves.bands
    )
    # The k-th wave has the power of k + 1, so the slope is a little less than half.
    k = np.arange(1, SIDE)
    expected = -exponent / 2 * np.polyfit(np.log(k), np.log(k + 1), 1)[0]
    assert found.value == pytest.approx(expected, abs=0.12)


def test_coherence_ignores_power_and_sees_phase() -> None:
    generator = torch.Generator().manual_seed(0)
    parts = torch.randn(2, 5_000, 2, generator=generator).double()
    a = torch.complex(parts[..., 0], parts[..., 1])[:, :, None]
    band = torch.tensor([1])
    assert coherence.coherence(3 * a[0], a[0], band).item() == pytest.approx(1)
    assert coherence.coherence(a[1], a[0], band).item() < 0.01
    mixed = coherence.coherence(a[0] + a[1], a[0], band).item()
    assert mixed == pytest.approx(0.5, abs=0.03)


def test_the_last_crossing_counts() -> None:
    curves = np.array([[0.1, 0.9], [0.7, 0.9], [0.3, 0.9], [0.7, 0.9]])
    first, second = coherence.decided([8.0, 4.0, 2.0, 1.0, 0.0], curves)
    assert first == pytest.approx(2**0.5)
    assert second == pytest.approx(8)
