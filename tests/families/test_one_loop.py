"""Every family trains with the one loop of `gendiff.training.loop`."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import autoencoders, gsn, rbm, vae, vq, walkback
from gendiff.nets import MLP
from gendiff.tokens import autoregressive
from gendiff.training import Plan, train
from gendiff.types import Batches, Loss

DENOISING = autoencoders.Denoising(autoencoders.Gaussian(0.3))


def points(generator: torch.Generator, /) -> tuple[Tensor]:
    return (torch.randn(32, 6, generator=generator) * torch.linspace(0.1, 2, 6),)


def bits(generator: torch.Generator, /) -> tuple[Tensor]:
    return ((torch.rand(32, 6, generator=generator) < 0.3).float(),)


def tokens(generator: torch.Generator, /) -> tuple[Tensor]:
    return ((torch.rand(32, 6, generator=generator) < 0.3).long(),)


CASES = {
    "denoising": (lambda: autoencoders.deep(6, 3, width=16), DENOISING, points),
    "contractive": (
        lambda: autoencoders.sigmoid(6, 3), autoencoders.Contractive(0.1), points,
    ),
    "vae": (lambda: vae.gaussian_vae(6, width=16), vae.negative_bound, points),
    "vq": (lambda: vq.perceptron_vqvae(6, places=2, codes=4), vq.Commitment(), points),
    "gsn": (lambda: gsn.GSN(6, 16), gsn.negative_log_likelihood, points),
    "walkback": (lambda: MLP(6, 16, 1), walkback.Walkback(0.3, 0.2), points),
    "rbm": (lambda: rbm.RBM(6, 4), rbm.ContrastiveDivergence(), bits),
    "tokens": (
        lambda: autoregressive.Autoregressive(2, width=16),
        autoregressive.cross_entropy,
        tokens,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_one_loop_trains_it(name: str) -> None:
    build, loss, batches = CASES[name]
    torch.manual_seed(0)
    model = build()
    before = average(model, loss, batches)
    trained = train(model, loss, batches, Plan(steps=60, learning_rate=1e-2))
    assert average(trained, loss, batches) < before


def average(model: nn.Module, loss: Loss, batches: Batches, /) -> float:
    generator = torch.Generator().manual_seed(5)
    values = [
        loss(model, batches(generator), generator).detach().mean() for _ in range(20)
    ]
    return float(torch.stack(values).mean())
