"""Heat: an exact semigroup, against SciPy; the loss against its known minimum."""

import math

import numpy as np
import pytest
import torch
from scipy import fft, ndimage
from torch import Tensor

from gendiff.families.heat import Sharpening, blurred, dct, inverse_dct, kept, sharpen
from gendiff.noise import silent

F64 = torch.float64
X = torch.randn(3, 2, 6, 10, dtype=F64, generator=torch.Generator().manual_seed(0))


def width(value: float) -> Tensor:
    return torch.tensor(value, dtype=F64)


def test_the_transform_is_scipys_and_comes_back() -> None:
    expected = fft.dctn(X.numpy(), axes=(-2, -1), norm="ortho")
    torch.testing.assert_close(dct(X), torch.tensor(expected))
    torch.testing.assert_close(inverse_dct(dct(X)), X)


def test_blurs_add_in_squares() -> None:
    twice = blurred(blurred(X, width(0.6)), width(0.8))
    torch.testing.assert_close(twice, blurred(X, width(1.0)), rtol=0, atol=1e-12)
    torch.testing.assert_close(blurred(X, width(0.0)), X)
    mean = X.mean((-2, -1), keepdim=True).expand_as(X)
    torch.testing.assert_close(blurred(X, width(100.0)), mean, rtol=0, atol=1e-12)


def test_a_blur_is_a_gaussian_of_that_width_with_mirrored_edges() -> None:
    """The sampled Gaussian is the exact one from about two pixels on."""
    found = blurred(X, width(2.0))
    expected = ndimage.gaussian_filter(
        X.numpy(), 2.0, axes=(-2, -1), mode="reflect", truncate=8
    )
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-6)


def test_it_solves_the_heat_equation_of_smooth_images() -> None:
    """du/dt is the Laplacian, with `blur^2 = 2 t`: at one cosine, by hand."""
    n, k, t, h = 64, 3, 5.0, 1e-4
    wave = torch.cos(math.pi * k * (torch.arange(n, dtype=F64) + 0.5) / n)
    x = wave.expand(1, 1, n, n)
    at = [blurred(x, width((2 * time) ** 0.5)) for time in (t - h, t, t + h)]
    rate = (at[2] - at[0]) / (2 * h)
    torch.testing.assert_close(rate, -((math.pi * k / n) ** 2) * at[1])


def test_a_width_each_is_a_width_for_one() -> None:
    each = torch.tensor([0.5, 1.0, 2.0], dtype=F64)
    alone = [blurred(x[None], w) for x, w in zip(X, each, strict=True)]
    torch.testing.assert_close(blurred(X, each), torch.cat(alone))
    assert blurred(X[:, 0].float(), each).shape == (3, 6, 10)


class Wiener:
    """The best sharpener of images with independent cosines of variance `power`."""

    def __init__(self, power: Tensor, blurs: list[float], noise: float) -> None:
        self.power, self.noise = power, noise
        self.next = dict(zip(np.round(np.log(blurs[:-1]), 6), blurs[1:], strict=True))

    def gains(self, log_blur: float) -> tuple[Tensor, Tensor]:
        side = self.power.shape[-1]
        before = kept(side, side, width(math.exp(log_blur)))
        after = kept(side, side, width(self.next[round(log_blur, 6)]))
        spread = before**2 * self.power + self.noise**2
        return after * before * self.power / spread, (
            after**2 * self.power * self.noise**2 / spread
        )

    def __call__(self, x: Tensor, log_blur: Tensor) -> Tensor:
        gain = torch.stack([self.gains(float(each))[0] for each in log_blur])
        return inverse_dct(gain[:, None] * dct(x)) - x


def test_the_loss_of_the_best_network_is_the_posterior_variance() -> None:
    blurs, noise, side = [2.0, 1.0, 0.5], 0.3, 4
    power = 1 / (1 + torch.arange(16, dtype=F64).reshape(side, side))
    model = Wiener(power, blurs, noise)
    g = torch.Generator().manual_seed(1)
    white = torch.randn(4000, 1, side, side, generator=g, dtype=F64)
    x0 = inverse_dct(power.sqrt() * white)
    loss = Sharpening(blurs, noise)
    found = float(loss(model, (x0,), g).mean())
    known = float(np.mean([model.gains(math.log(w))[1].mean() for w in blurs[:-1]]))
    assert found == pytest.approx(known, rel=0.03)
    assert float(loss(lambda x, log_blur: 0 * x, (x0,), g).mean()) > 1.5 * known


def test_without_noise_the_steps_lead_back() -> None:
    """A network that divides by what a step has kept undoes the blur."""
    blurs = [0.8, 0.5, 0.2, 0.0]

    def undo(x: Tensor, log_blur: Tensor) -> Tensor:
        wide = float(log_blur[0].exp())
        narrow = blurs[[round(b, 6) for b in blurs].index(round(wide, 6)) + 1]
        ratio = kept(6, 10, width(narrow)) / kept(6, 10, width(wide))
        return inverse_dct(ratio * dct(x)) - x

    steps = list(sharpen(undo, blurred(X, width(0.8)), blurs, noise=silent))
    assert [step.level for step in steps] == blurs[1:]
    torch.testing.assert_close(steps[0].x, blurred(X, width(0.5)))
    torch.testing.assert_close(steps[-1].x, X, rtol=0, atol=1e-9)
    noisy = list(sharpen(undo, X, [0.8, 0.5], noise=torch.ones_like, std=0.1))
    torch.testing.assert_close(noisy[0].x, noisy[0].denoised + 0.1)


def test_blurs_that_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="must decrease"):
        Sharpening([0.5, 1.0])
    with pytest.raises(ValueError, match="must decrease"):
        next(sharpen(Sharpening, X, [0.5, 1.0], noise=silent))
