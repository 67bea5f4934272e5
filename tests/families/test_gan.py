"""The GAN: the game's value at its optimum, the penalty, a small run."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import gan

P = torch.tensor([0.5, 0.3, 0.2, 0.0]).double()
Q = torch.tensor([0.1, 0.2, 0.3, 0.4]).double()


def value(logits: Tensor, /) -> Tensor:
    """The discriminator's expected loss, with one logit for each of the outcomes."""
    real = gan.discriminator_loss(logits, torch.full_like(logits, -math.inf))
    fake = gan.discriminator_loss(torch.full_like(logits, math.inf), logits)
    return (P * real).sum() + (Q * fake).sum()


def test_the_optimum_is_the_log_ratio_and_its_value_the_divergence() -> None:
    middle = (P + Q) / 2
    divergence = sum(
        0.5 * float(a) * math.log(float(a / m))
        for distribution in (P, Q)
        for a, m in zip(distribution, middle, strict=True)
        if a > 0
    )
    assert float(gan.jensen_shannon(P, Q)) == pytest.approx(divergence)
    logits = (P / Q).log().clamp(min=-60)  # an outcome that is never data
    best = value(logits)
    assert -float(best) == pytest.approx(-math.log(4) + 2 * divergence, abs=1e-6)
    for shift in torch.eye(4).double():
        assert value(logits + 0.1 * shift) >= best
        assert value(logits - 0.1 * shift) >= best


def test_the_generator_s_loss_pulls_when_it_loses() -> None:
    logit = torch.tensor([-10.0], requires_grad=True)
    (pull,) = torch.autograd.grad(gan.generator_loss(logit), logit)
    saturating = -gan.discriminator_loss(torch.zeros(1), logit)
    (weak,) = torch.autograd.grad(saturating, logit)
    assert float(pull) == pytest.approx(-1, abs=1e-3)
    assert abs(float(weak)) < 1e-3


def test_the_penalty_is_the_squared_slope_of_the_logit() -> None:
    slope = torch.tensor([[3.0, -4.0]])
    discriminator = nn.Linear(2, 1)
    with torch.no_grad():
        discriminator.weight.copy_(slope)
    model = gan.GAN(nn.Linear(2, 2), discriminator, latent=2)
    x = torch.randn(5, 2)
    logits, penalty = gan.gradient_penalty(model, x)
    torch.testing.assert_close(penalty, torch.full((5,), 25.0))
    torch.testing.assert_close(logits, model.logits(x))
    penalty.sum().backward()
    torch.testing.assert_close(discriminator.weight.grad, 10 * slope)


def test_a_small_gan_learns_a_gaussian() -> None:
    torch.manual_seed(0)
    model = gan.small_gan(2, width=32)
    distribution = torch.tensor([2.0, -1.0]), torch.tensor([0.3, 0.6])

    def batches(generator: torch.Generator) -> tuple[Tensor]:
        return (
            distribution[0]
            + distribution[1] * torch.randn(128, 2, generator=generator),
        )

    start = [p.clone() for p in model.generator.parameters()]
    generator = torch.Generator().manual_seed(0)
    rounds = list(
        gan.fit_gan(model, batches, generator, steps=200, rate=5e-3, penalty=0.5)
    )
    assert len(rounds) == 200
    drawn = model.generate(4000, generator).detach()
    torch.testing.assert_close(drawn.mean(0), distribution[0], atol=0.15, rtol=0)
    torch.testing.assert_close(drawn.std(0), distribution[1], atol=0.2, rtol=0)
    assert rounds[-1].discriminator == pytest.approx(math.log(4), abs=0.1)
    moved = zip(start, model.generator.parameters(), strict=True)
    assert all(bool((a != b).any()) for a, b in moved)
