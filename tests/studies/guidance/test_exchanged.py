"""Learnt parts for exact ones: by another route, and at the ends."""

import math

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from gendiff.data import toys
from gendiff.metrics.energy import energy_distance
from gendiff.studies.guidance import exchanged
from gendiff.studies.guidance.dropping import pairs
from gendiff.types import level

X0, Y = pairs(40, torch.Generator().manual_seed(1))
X = X0 + 0.5 * torch.randn(X0.shape, generator=torch.Generator().manual_seed(2))
SIGMA = level(0.5)


def densities(x: Tensor, sigma: float) -> np.ndarray:
    """Return the log of weight times density of each component, by scipy."""
    world = toys.digits64()
    noise = sigma**2 * np.eye(64)
    return np.stack(
        [
            math.log(float(w)) + stats.multivariate_normal(m, c + noise).logpdf(x)
            for w, m, c in zip(
                world.weights, world.means.numpy(), world.covariances.numpy(),
                strict=True,
            )
        ],
        axis=1,
    )  # fmt: skip


def test_both_predictions_differ_by_the_slope_of_the_classifier() -> None:
    x, step = X[:3].double(), 1e-4
    free, given = exchanged.exact(x, SIGMA, Y[:3])
    for k in range(3):
        towards = torch.zeros(2, 64).double()
        towards[0, 5], towards[1, 5] = step, -step
        joint = densities(x[k] + towards, 0.5)
        own = joint.reshape(2, 10, 3)[:, int(Y[k])]
        log_p = np.logaddexp.reduce(own, 1) - np.logaddexp.reduce(joint, 1)
        slope = (log_p[0] - log_p[1]) / (2 * step)
        assert math.isclose(
            float((given - free)[k, 5]), 0.25 * slope, rel_tol=1e-3, abs_tol=1e-6
        )


def test_the_probability_of_a_label_is_that_of_its_components() -> None:
    joint = densities(X.double(), 0.0)
    share = np.exp(joint - np.logaddexp.reduce(joint, 1, keepdims=True))
    wanted = share.reshape(40, 10, 3).sum(2)[np.arange(40), Y]
    assert np.allclose(exchanged.certain(X, Y), wanted, atol=1e-6)


def test_one_model_in_both_places_is_that_model() -> None:
    _, given = exchanged.exact(X, SIGMA, Y)
    both = exchanged.Exchanged(exchanged.exact, exchanged.exact, Y)
    assert torch.allclose(both(X, SIGMA), given, atol=1e-5)

    def nothing(x: Tensor, sigma: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        del sigma, labels
        return torch.zeros_like(x), x

    free, _ = exchanged.exact(X, SIGMA, Y)
    mixed = exchanged.Exchanged(exchanged.exact, nothing, Y, scale=2.0)
    assert torch.equal(mixed(X, SIGMA), free + 2 * X)


def test_data_are_near_data_and_shifted_data_are_not() -> None:
    world = exchanged.world(400, torch.Generator().manual_seed(3))
    x, y = pairs(210, torch.Generator().manual_seed(4))
    near, far = world.distance(x, y), world.distance(x + 0.2, y)
    assert abs(near.value) < 3 * near.error < far.value
    parts = [
        energy_distance(x[y == c], world.images[world.labels == c]) for c in range(10)
    ]
    assert math.isclose(near.value, sum(parts) / 10)
    assert world.sure(x, y).value > 0.99 > world.sure(x, (y + 1) % 10).value
