"""A guess from mean colour and power law: the picture at no noise, its mean at much."""

import torch

from gendiff.studies.guidance.mirrored import Mirrored


def test_the_guess_goes_from_the_picture_to_its_mean_colour() -> None:
    generator = torch.Generator().manual_seed(0)
    smooth = torch.randn(3, 16, 16, generator=generator).double().cumsum(1).cumsum(2)
    photo = Mirrored(smooth)
    near = photo.expected(smooth, 1e-4 * photo.spread)
    torch.testing.assert_close(near, smooth, atol=0.01 * photo.spread, rtol=0)
    far = photo.expected(smooth, 1e4 * photo.spread)
    middle = photo.middle.expand_as(far)
    torch.testing.assert_close(far, middle, atol=0.01 * photo.spread, rtol=0)


def test_some_noise_is_removed() -> None:
    generator = torch.Generator().manual_seed(0)
    ramp = torch.linspace(-1, 1, 32).double().expand(1, 32, 32)
    photo = Mirrored(ramp)
    noisy = ramp + 0.5 * torch.randn(1, 32, 32, generator=generator).double()
    before, after = (noisy - ramp).std(), (photo.expected(noisy, 0.5) - ramp).std()
    assert float(after) < 0.5 * float(before)
