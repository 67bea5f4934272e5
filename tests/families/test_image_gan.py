"""The class-conditional GAN: shapes, projection, truncation, and learning."""

import math

import pytest
import torch
from scipy import stats

from gendiff.data import shuffled
from gendiff.families import fit_gan, image_gan
from gendiff.families.image_gan import truncated


def test_classes_reach_both_players() -> None:
    torch.manual_seed(0)
    gan = image_gan(16, classes=3, latent=4, widths=(8, 8))
    z = torch.randn(2, 4)
    zero, one = torch.zeros(2).long(), torch.ones(2).long()
    images = gan(z, zero)
    assert images.shape == (2, 1, 16, 16)
    assert images.abs().max() <= 1
    assert not torch.allclose(images, gan(z, one))
    assert not torch.allclose(gan.logits(images, zero), gan.logits(images, one))


@pytest.mark.parametrize("bound", [0.3, 1.0, 2.5])
def test_truncation_gives_the_truncated_normal_distribution(bound: float) -> None:
    z = torch.linspace(0.0005, 0.9995, 1000, dtype=torch.float64)
    latents = torch.special.ndtri(z)[:, None]
    found = truncated(latents, bound=bound)
    exact = stats.truncnorm(-bound, bound).ppf(z.numpy())
    assert found[:, 0].numpy() == pytest.approx(exact, abs=1e-10)
    assert found.abs().max() < bound


def test_no_bound_changes_nothing_and_bad_ones_are_refused() -> None:
    z = torch.randn(3, 2)
    assert torch.equal(truncated(z, bound=math.inf), z)
    for bound in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="bound"):
            truncated(z, bound=bound)
    with pytest.raises(ValueError, match="multiple of 4"):
        image_gan(18, classes=2, widths=(8, 8, 8))


def test_training_brings_each_class_to_its_place() -> None:
    # Class 0 is dark and class 1 light; a few rounds suffice to learn which is which.
    torch.manual_seed(0)
    labels = torch.arange(64) % 2
    generator = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.randn(64, 1, 8, 8, generator=generator)
    x = noise + (labels - 0.5)[:, None, None, None]
    gan = image_gan(8, classes=2, latent=4, widths=(16, 16))
    batches = shuffled(x, labels, size=32)
    for _ in fit_gan(gan, batches, generator, steps=60, rate=3e-3):
        pass
    drawn = gan.generate(64, generator, labels).mean(dim=(1, 2, 3))
    assert drawn[labels == 1].mean() - drawn[labels == 0].mean() > 0.5
