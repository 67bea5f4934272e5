import numpy as np
import pytest
import torch

from gendiff.book.run import Run
from gendiff.data import disc
from gendiff.studies.autoencoders.disc_search import Search, everywhere, search, squares


def test_every_place_has_its_disc() -> None:
    all_ = everywhere(16)
    assert all_.shape == (1024, 32, 32)
    assert len(all_.unique(dim=0)) == 1024
    assert torch.allclose(all_.sum((1, 2)), disc(16).sum())


def test_little_noise_hides_nothing_and_much_noise_everything() -> None:
    data = everywhere(16)
    for sigma, low, high in ((0.1, 0.0, 0.01), (100.0, 0.9, 1.1)):
        error, guess = squares(data, sigma, 5, torch.Generator().manual_seed(0)).mean(1)
        assert low <= float(error / guess) <= high


def test_half_is_read_off_the_curve() -> None:
    share = torch.tensor([0.0, 0.25, 0.75, 1.0])[None, :, None, None]
    errors = torch.cat([share, torch.ones_like(share)], 2).expand(1, 4, 2, 3)
    found = Search([4], np.array([0.5, 1.0, 4.0, 8.0]), errors)
    assert found.tolerable() == pytest.approx([2.0])


def test_a_search_is_measured_on_common_draws() -> None:
    run = Run("autoencoders/scale", "smoke", 0)
    found = search(run, (4, 64), np.geomspace(0.2, 12, 5), 4)
    assert found.errors.shape == (2, 5, 2, 4)
    small, large = found.tolerable()
    assert large > 2 * small
