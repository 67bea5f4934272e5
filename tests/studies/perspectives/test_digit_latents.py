"""Latents come back, arcs are halved, and the judge's nearest image is the nearest."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.exact import Isotropic
from gendiff.studies.digits import Judge
from gendiff.studies.guidance.digit_sets import opinion
from gendiff.studies.perspectives import digit_latents

KNOWN = Isotropic(torch.tensor(-0.3, dtype=torch.float64), 0.5)
X = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()


def levels(steps: int) -> list[float]:
    return np.geomspace(0.05, 20, steps + 1).tolist()


def test_the_flow_of_a_gaussian_scales_about_its_mean_to_second_order() -> None:
    factor = math.sqrt((0.5**2 + 20**2) / (0.5**2 + 0.05**2))
    exact = -0.3 + factor * (X + 0.3)
    errors = [
        digit_latents.missed(exact, digit_latents.follow(KNOWN, X, levels(n)))
        for n in (40, 80)
    ]
    assert errors[1] < 1e-3
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


def test_a_round_trip_returns() -> None:
    there = digit_latents.follow(KNOWN, X, levels(80))
    back = digit_latents.follow(KNOWN, there, levels(80)[::-1])
    assert digit_latents.missed(X, back) < 1e-3


def test_halfway_lies_on_the_sphere_at_half_the_angle() -> None:
    a, b = (x / x.flatten(1).norm(dim=1)[:, None, None, None] for x in (X, X.flip(0)))
    middle = digit_latents.halfway(a, b).flatten(1)
    torch.testing.assert_close(middle.norm(dim=1), torch.ones(6).double())
    cosines = [(middle * end.flatten(1)).sum(1) for end in (a, b)]
    torch.testing.assert_close(*cosines)
    whole = (a * b).flatten(1).sum(1)
    torch.testing.assert_close(2 * cosines[0] ** 2 - 1, whole)


def test_shuffling_moves_the_pixels_of_all_images_alike() -> None:
    moved = digit_latents.shuffled(X, torch.Generator().manual_seed(1)).flatten(1)
    assert not torch.equal(moved, X.flatten(1))
    order = (moved[0][:, None] == X.flatten(1)[0]).double().argmax(1)
    torch.testing.assert_close(moved, X.flatten(1)[:, order])


def test_errors_are_relative() -> None:
    assert digit_latents.missed(X, 1.1 * X) == pytest.approx(0.1)


def test_pairs_differ_in_class() -> None:
    labels = torch.tensor([1, 1, 2, 3, 4, 4, 5, 6, 7])
    assert digit_latents.pairs(labels, 2).tolist() == [[2, 6], [3, 7]]
    with pytest.raises(ValueError, match="2 pairs of different classes"):
        digit_latents.pairs(labels, 3)


def test_the_nearest_of_an_image_among_others_is_itself() -> None:
    torch.manual_seed(0)
    judge = Judge((8, 16)).eval()
    images = torch.randn(5, 1, 16, 16)
    told: Tensor = opinion(judge, images).features
    found = digit_latents.seen(judge, images.double(), told)
    assert float(found.nearest.max()) < 1e-4
    other = digit_latents.seen(judge, images[:1], told[1:]).nearest
    torch.testing.assert_close(other, torch.cdist(told[:1], told[1:]).min(1).values)
    assert ((found.sure >= 0.1) & (found.sure <= 1)).all()


def test_a_gain_is_in_distance_lost_and_confidence_won() -> None:
    near = digit_latents.Seen(torch.tensor([1.0, 2.0]), torch.tensor([0.9, 0.7]))
    away = digit_latents.Seen(torch.tensor([2.0, 5.0]), torch.tensor([0.5, 0.5]))
    nearer, surer = digit_latents.gain(near, away)
    assert (nearer.value, surer.value) == pytest.approx((2.0, 0.3))
    assert nearer.n == 2


def test_precision_is_over_that_of_real_images() -> None:
    torch.manual_seed(0)
    judge, images = Judge((8, 16)).eval(), torch.randn(12, 1, 16, 16)
    told = opinion(judge, images).features
    half = torch.cat([images[:6], 100 + 50 * torch.randn(6, 1, 16, 16)])
    assert digit_latents.precision_over(judge, images, images, told) == 1
    assert digit_latents.precision_over(judge, half, images, told) == 0.5
    with pytest.raises(ValueError, match="no real image is near"):
        digit_latents.precision_over(judge, images, half[6:], told)


def test_a_strip_has_a_row_for_each_set() -> None:
    fig, alt = digit_latents.strip({"one": X.float()[:3], "other": X.float()[3:]})
    assert [ax.texts[0].get_text() for ax in fig.axes] == ["one", "other"]
    assert "Rows of 3 small images" in alt
    plt.close(fig)
