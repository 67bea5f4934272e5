"""Fields against each other, and the slope of a denoiser along a curve."""

import pytest
import torch

from gendiff.data import moons
from gendiff.exact import GaussianMixture
from gendiff.studies.autoencoders import moments
from gendiff.types import level

G = torch.Generator().manual_seed(0)
X = torch.randn(600, 2, generator=G)


def test_the_slope_of_a_linear_map_is_its_matrix() -> None:
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    found = moments.slopes(lambda x: x @ matrix.T, X[:3])
    assert torch.allclose(found, matrix.expand(3, 2, 2))


def test_fields_are_compared_by_direction_and_length() -> None:
    assert moments.cosine(X, 3 * X) == pytest.approx(1)
    assert moments.cosine(X, X.flip(1) * torch.tensor([1.0, -1.0])) == pytest.approx(
        0, abs=1e-6
    )
    assert moments.relative_length(3 * X, X) == pytest.approx(3)
    assert moments.relative_error(3 * X, X) == pytest.approx(2)


def test_the_best_denoiser_has_no_error_against_the_noisy_distribution() -> None:
    data = GaussianMixture.isotropic(
        torch.ones(1).double(), torch.zeros(1, 2).double(), 1.0
    )
    sigma = 0.5

    def best(x: torch.Tensor) -> torch.Tensor:
        return x / (1 + sigma**2)

    found = moments.errors(data, [best], sigma, X, X.flip(0))
    score, slope, clean = found.values()
    assert score == pytest.approx([0], abs=1e-5)
    assert slope == pytest.approx([0], abs=1e-5)
    # Of the clean distribution's score -x the best denoiser says -x / (1 + sigma^2).
    assert clean == pytest.approx([sigma**2 / (1 + sigma**2)], abs=1e-5)


def test_the_best_denoiser_lets_a_point_move_along_the_moon() -> None:
    data = moons()
    arc = moments.upper_moon(data)
    radius = (arc.places - arc.places.mean(0)).norm(dim=1)
    assert radius.shape == (41,)
    assert torch.allclose((arc.along * arc.across).sum(1), torch.zeros(41), atol=1e-6)
    nearest = torch.cdist(arc.places, data.means.float()).min(dim=1).values
    assert float(nearest.max()) < 0.04
    sigma = 0.1
    covariance = data.posterior_covariance(arc.places, level(sigma)) / sigma**2
    along, across = arc.stretch(covariance.float())
    assert float(along.min()) > 2 * float(across.max())
