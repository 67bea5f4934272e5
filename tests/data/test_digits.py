"""The digits and their split."""

import torch
from sklearn.datasets import load_digits

from gendiff.data import digits


def test_parts_are_disjoint_and_together_everything() -> None:
    train, test = digits()
    assert len(train.images) + len(test.images) == 1797
    assert len(test.images) == 355
    both = torch.cat([train.images, test.images]).flatten(1)
    pixels = torch.from_numpy(load_digits().data).float() / 8 - 1
    for mine, theirs in zip(
        both.unique(dim=0, return_counts=True),
        pixels.unique(dim=0, return_counts=True),
        strict=True,
    ):
        assert torch.equal(mine, theirs)


def test_images_are_in_range_with_every_class_in_both_parts() -> None:
    for part in digits():
        assert part.images.shape[1:] == (1, 8, 8)
        assert part.images.min() == -1
        assert part.images.max() == 1
        share = part.labels.bincount(minlength=10) / len(part.labels)
        assert (share - 0.1).abs().max() < 0.005


def test_split_is_the_same_every_time() -> None:
    first, second = digits()[1], digits()[1]
    assert torch.equal(first.images, second.images)
    # The fifth image of each class, looked up by hand in the original order.
    images, labels = load_digits(return_X_y=True)
    zero = torch.from_numpy(images[labels == 0][4]).float().reshape(8, 8) / 8 - 1
    found = first.images[first.labels == 0][0, 0]
    assert torch.equal(found, zero)
