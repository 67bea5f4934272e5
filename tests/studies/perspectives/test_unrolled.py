"""Losses through several steps of a sampler."""

import torch
from torch import nn

from gendiff.clocks import LOG
from gendiff.exact import Isotropic
from gendiff.levels import uniform
from gendiff.metrics import energy_distance
from gendiff.nets import MLP
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.perspectives.unrolled import Cut, EnergyOfSamples, Unrolled

LEVELS, WEIGHT = uniform(LOG, low=0.1, high=2.0), edm_weight(1.0)
DATA = torch.randn(32, 2, generator=torch.Generator().manual_seed(1))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def denoiser() -> Preconditioned:
    torch.manual_seed(0)
    net = MLP(2, 16, 2)
    nn.init.normal_(net.last.weight)
    return Preconditioned(net, data_std=1.0)


def test_one_step_is_the_denoising_loss() -> None:
    net = denoiser()
    one = Unrolled(LEVELS, WEIGHT, 1)(net, (DATA,), generator())
    torch.testing.assert_close(
        one, Objective(LEVELS, WEIGHT)(net, (DATA,), generator())
    )


class Shrinking(nn.Module):
    """Answers a fixed fraction of its input, whatever the level."""

    def forward(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        del sigma
        return x / 2


def test_two_steps_by_hand() -> None:
    loss = Unrolled(LEVELS, torch.ones_like, 2, ratio=0.4)
    found = loss(Shrinking(), (DATA,), generator())
    draws = generator()
    sigma = LEVELS(len(DATA), draws).float()[:, None]
    x = DATA + sigma * torch.randn(DATA.shape, generator=draws)
    then = x / 2 + 0.4 * (x - x / 2)
    errors = [(each / 2 - DATA).square().mean(1) for each in (x, then)]
    torch.testing.assert_close(found, sum(errors) / 2)


def test_the_energy_is_that_of_the_samples() -> None:
    net, gaussian = denoiser(), Isotropic(torch.zeros(()), 1.0)
    loss = EnergyOfSamples(gaussian, 5)(net, (DATA,), generator())
    noise = torch.randn(DATA.shape, generator=generator())
    *_, end = sample(net, noise, gaussian=gaussian, evaluations=5)
    away = torch.cdist(DATA, DATA).sum() / (32 * 31)
    expected = energy_distance(end.x.detach(), DATA) + float(away)
    assert abs(float(loss.detach().mean()) - expected) < 1e-4
    loss.mean().backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_a_cut_lets_the_last_gradient_through_alone() -> None:
    net, gaussian = denoiser(), Isotropic(torch.zeros(()), 1.0)
    plain = last(sample(net, DATA, gaussian=gaussian, evaluations=4))
    *_, end = sample(Cut(net, 4), DATA, gaussian=gaussian, evaluations=4)
    torch.testing.assert_close(end.x.detach(), plain)
    end.x.sum().backward()
    cut = net.net.last.bias.grad.clone()
    net.zero_grad()
    *_, whole = sample(net, DATA, gaussian=gaussian, evaluations=4)
    whole.x.sum().backward()
    assert not torch.allclose(cut, net.net.last.bias.grad)
