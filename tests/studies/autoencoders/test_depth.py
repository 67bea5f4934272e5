"""Deep networks of then and now: equal updates, one stream of random numbers."""

import pytest
import torch
from torch import nn

from gendiff.studies.autoencoders import depth


def test_a_curve_ends_with_the_last_update() -> None:
    curve = depth.learning(depth.sigmoids, pretrained=0.5, rate=0.1, steps=80, seed=3)
    again = depth.learning(depth.sigmoids, pretrained=0.5, rate=0.1, steps=80, seed=3)
    assert curve == again
    assert [step for step, _ in curve] == list(range(42, 81, 2))
    assert all(0 <= accuracy <= 1 for _, accuracy in curve)


def test_rectifiers_learn_where_sigmoids_from_small_weights_do_not() -> None:
    def end(build: depth.Build) -> float:
        return depth.learning(build, pretrained=0.0, rate=0.1, steps=120, seed=0)[-1][1]

    assert end(depth.rectifiers) > 0.7
    assert end(depth.sigmoids) < 0.4


def test_rectifiers_start_from_scaled_weights() -> None:
    torch.manual_seed(0)
    layer = depth.rectifiers()[2]
    assert isinstance(layer, nn.Linear)
    assert float(layer.weight.detach().var()) == pytest.approx(2 / 100, rel=0.1)


def test_the_best_rate_ends_best_on_average() -> None:
    worse = [[(1, 0.9), (2, 0.5)], [(1, 0.9), (2, 0.6)]]
    better = [[(1, 0.1), (2, 0.9)], [(1, 0.1), (2, 0.3)]]
    assert depth.best([worse, better])[:, -1, 1].tolist() == [0.9, 0.3]
