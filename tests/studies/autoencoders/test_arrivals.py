import numpy as np
import pytest
import torch

from gendiff import grids
from gendiff.data import power_law
from gendiff.metrics import radial_average
from gendiff.studies.autoencoders.arrivals import arrivals, rings

GRID = grids.geometric(60, low=0.02, high=60.0)


def test_a_wave_of_a_field_arrives_at_the_root_of_its_power() -> None:
    power = radial_average(power_law(16, 16))[1].numpy()
    sigmas = np.array(GRID[:-1])[:, None]
    spectra = power**2 / (power + sigmas**2)
    assert arrivals(GRID, spectra) == pytest.approx(np.sqrt(power), rel=0.02)


def test_what_is_there_from_the_start_arrives_at_once() -> None:
    assert arrivals(GRID, np.ones((59, 3))) == pytest.approx(np.full(3, GRID[0]))


def test_a_film_has_a_spectrum_a_batch() -> None:
    film = torch.randn(5, 4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    f, spectra = rings(film)
    assert f.shape == (7,)
    assert spectra.shape == (5, 7)
