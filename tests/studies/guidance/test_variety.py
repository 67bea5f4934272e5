"""Variety between what is asked for and within, of sets whose answer is known."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from gendiff.studies.guidance.digit_sets import Judged, Ruler
from gendiff.studies.guidance.variety import between, recall_within


class Flat(nn.Module):
    """Sees every image as its pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def label(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)


@dataclass
class Real:
    images: Tensor
    labels: Tensor


def world(n: int, spread: float, seed: int) -> Real:
    """Return two classes, far apart in the first of two pixels."""
    labels = torch.arange(n) % 2
    x = spread * torch.randn(n, 1, 1, 2, generator=torch.Generator().manual_seed(seed))
    x[:, 0, 0, 0] += 20.0 * labels
    return Real(x, labels)


def judged(spread: float, seed: int) -> Judged:
    real, samples = world(400, 1.0, 0), world(200, spread, seed)
    return Ruler(Flat(), real).judged(samples.images, samples.labels)


def test_a_label_that_decides_all_has_all_the_variance() -> None:
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    means = torch.tensor([[0.0, 1.0], [5.0, 2.0], [-3.0, 0.0]])
    assert between(means[labels], labels) == pytest.approx(1.0)
    assert between(means[labels], labels // 3) == pytest.approx(0.0)  # one for all


def test_the_variance_of_two_classes_is_split_by_hand() -> None:
    x, labels = torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1])
    assert between(x, labels) == pytest.approx(100 / 104)


def test_narrower_samples_reach_fewer_images_of_their_own_label() -> None:
    as_real, narrow = judged(1.0, 1), judged(0.3, 1)
    assert recall_within(as_real) > 0.8
    assert recall_within(narrow) < recall_within(as_real) - 0.3


def test_samples_of_another_label_reach_nothing() -> None:
    found = judged(1.0, 1)
    assert recall_within(found.next_class()) == 0.0


def test_labels_with_three_samples_have_no_neighbourhood() -> None:
    found = judged(1.0, 1)
    few = Judged(found.ruler, found.images[:6], found.labels[:6])
    with pytest.raises(ValueError, match="no label has more than 3"):
        recall_within(few)
