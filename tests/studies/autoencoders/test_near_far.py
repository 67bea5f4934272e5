import numpy as np
import pytest
import torch

from gendiff.data.shapes import KINDS
from gendiff.noise import silent
from gendiff.studies.autoencoders import near_far
from gendiff.studies.autoencoders.near_far import BRIGHT, GROUPS

SIGMAS = np.array([1.0, 2.0, 4.0])


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_bright_shapes_are_the_far_ones_twice() -> None:
    labels = torch.arange(len(KINDS))
    near, far, bright = (near_far.seen(g, labels, generator()) for g in GROUPS)
    assert torch.allclose(bright, 2 * far)
    # Half the width is a quarter of the area.
    assert float(far.sum() / near.sum()) == pytest.approx(0.25, abs=0.05)


def test_a_batch_has_a_third_of_each() -> None:
    images, labels = near_far.mixed(12, generator())
    assert images.shape == (12, 1, 32, 32)
    assert images[:8].amax() <= 1 < images[8:].amax()
    assert labels.shape == (12,)


def test_the_classifier_sees_unit_power_and_the_level() -> None:
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            seen.append((x, noise))
            return x

    near_far.logits(Spy(), torch.ones(2, 1, 32, 32), torch.tensor([1.0, 3.0]), silent)
    x, noise = seen[0]
    assert x.shape == (2, 4, 16, 16)
    assert x[:, 0, 0, 0].tolist() == pytest.approx([2**-0.5, 10**-0.5])
    assert noise.tolist() == pytest.approx([0, np.log(3) / 4])


def test_one_class_in_five_is_named_by_an_untrained_network() -> None:
    judge = near_far.classifier((8, 16)).eval()
    right = near_far.right_answers(judge, "near", [0.5, 2.0], 10, generator())
    assert right.shape == (2, 10)
    loss = near_far.surprise(judge, near_far.mixed(6, generator()), generator())
    assert loss.shape == (6,)


def test_the_threshold_lies_between_two_levels() -> None:
    # Half-way from 1 to a fifth is 0.6.
    assert near_far.threshold(SIGMAS, np.array([1.0, 1.0, 0.2])) == pytest.approx(
        8**0.5
    )
    assert near_far.threshold(SIGMAS, np.array([1.0, 0.9, 0.8])) == 4.0
    assert near_far.threshold(SIGMAS, np.array([0.2, 0.2, 0.2])) == 1.0


def test_near_shapes_outlast_those_that_fail_before() -> None:
    near = np.stack([np.ones(24), np.ones(24), 0.2 * np.ones(24)])
    far = np.stack([np.ones(24), 0.2 * np.ones(24), 0.2 * np.ones(24)])
    found = near_far.outlasts(SIGMAS, {"near": near, BRIGHT: near, "far": far}, "far")
    assert found.value == pytest.approx(2**1.5 - 2**0.5)
    assert found.error == pytest.approx(0)
