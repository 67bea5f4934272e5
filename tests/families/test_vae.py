"""The VAE against a model whose likelihood and posterior are known."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import vae
from gendiff.noise import seeded

D, K = 5, 2


def noise(seed: int) -> vae.Noise:
    return seeded(torch.Generator().manual_seed(seed))


@pytest.fixture
def linear() -> vae.VAE:
    """A linear Gaussian VAE (probabilistic PCA) with a random encoder."""
    torch.manual_seed(0)
    model = vae.VAE(nn.Linear(D, 2 * K), nn.Linear(K, D), latent=K).double()
    with torch.no_grad():
        model.log_std.fill_(-0.4)
    return model


def marginal(model: vae.VAE, /) -> torch.distributions.MultivariateNormal:
    weight, bias = model.decode.weight, model.decode.bias
    covariance = weight @ weight.T + (2 * model.log_std).exp() * torch.eye(D)
    return torch.distributions.MultivariateNormal(bias, covariance)


def points() -> Tensor:
    return torch.randn(7, D, generator=torch.Generator().manual_seed(3)).double()


def exact_encoder(model: vae.VAE, /) -> None:
    """Set the encoder to the true posterior's mean; match its spread by rotation."""
    with torch.no_grad():
        weight, variance = model.decode.weight, (2 * model.log_std).exp()
        # With orthogonal columns the posterior covariance is diagonal.
        weight.copy_(torch.linalg.qr(weight).Q * torch.tensor([1.5, 0.7]))
        precision = torch.eye(K).double() + weight.T @ weight / variance
        gain = torch.linalg.solve(precision, weight.T / variance)
        model.encoder.weight.copy_(torch.cat([gain, torch.zeros(K, D).double()]))
        shift = -gain @ model.decode.bias
        spread = -0.5 * precision.diagonal().log()
        model.encoder.bias.copy_(torch.cat([shift, spread]))


def mean_bound(model: vae.VAE, x: Tensor, n: int, /) -> tuple[Tensor, Tensor]:
    """Return the bound averaged over `n` draws, and its standard error."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        draws = -vae.negative_bound(model, (x.repeat(n, 1),), generator)
    draws = draws.reshape(n, len(x))
    return draws.mean(0), draws.std(0) / n**0.5


def test_the_bound_lies_below_the_exact_likelihood(linear: vae.VAE) -> None:
    x = points()
    gap = marginal(linear).log_prob(x) - mean_bound(linear, x, 1000)[0]
    assert (gap > 0.1).all()
    # It is the divergence of the guess from the true posterior.
    mean, log_std = linear.posterior(x)
    weight, variance = linear.decode.weight, (2 * linear.log_std).exp()
    precision = torch.eye(K).double() + weight.T @ weight / variance
    true = (x - linear.decode.bias) @ weight @ precision.inverse() / variance
    distribution = torch.distributions.MultivariateNormal
    guess = distribution(mean, torch.diag_embed((2 * log_std).exp()))
    expected = torch.distributions.kl_divergence(
        guess, distribution(true, precision_matrix=precision)
    )
    gap = marginal(linear).log_prob(x) - mean_bound(linear, x, 20_000)[0]
    torch.testing.assert_close(gap, expected, rtol=0.05, atol=0.05)


def test_the_bound_is_tight_with_the_true_posterior(linear: vae.VAE) -> None:
    exact_encoder(linear)
    x = points()
    exact = marginal(linear).log_prob(x)
    bound, error = mean_bound(linear, x, 4000)
    assert ((exact - bound).abs() < 4 * error).all()
    # Every importance weight is then the likelihood itself.
    one = vae.log_likelihood(linear, x, noise(0), samples=2)
    torch.testing.assert_close(one.value, exact)
    assert (one.error < 1e-9).all()


def test_importance_sampling_finds_the_likelihood_and_its_error(
    linear: vae.VAE,
) -> None:
    exact_encoder(linear)
    with torch.no_grad():  # a guess that is off, and wide enough for finite variance
        linear.encoder.bias += torch.tensor([0.1, -0.1, 0.3, 0.3]).double()
    x = points()
    exact = marginal(linear).log_prob(x)
    runs = [vae.log_likelihood(linear, x, noise(s), samples=500) for s in range(60)]
    values = torch.stack([run.value for run in runs])
    errors = torch.stack([run.error for run in runs])
    torch.testing.assert_close(errors.mean(0), values.std(0), rtol=0.4, atol=0)
    assert ((values.mean(0) - exact).abs() < 5 * values.std(0) / 60**0.5 + 1e-3).all()


def test_divergence_equals_that_of_torch(linear: vae.VAE) -> None:
    x = points()
    mean, log_std = linear.posterior(x)
    guess = torch.distributions.Normal(mean, log_std.exp())
    prior = torch.distributions.Normal(torch.zeros(K), torch.ones(K))
    expected = torch.distributions.kl_divergence(guess, prior).sum(1)
    torch.testing.assert_close(linear(x, noise(0)).divergence, expected)


def test_samples_follow_the_model(linear: vae.VAE) -> None:
    drawn = linear.generate(100_000, noise(1)).detach()
    distribution = marginal(linear)
    torch.testing.assert_close(
        drawn.mean(0), distribution.mean.detach(), atol=0.02, rtol=0
    )
    torch.testing.assert_close(
        drawn.T.cov(), distribution.covariance_matrix.detach(), atol=0.03, rtol=0
    )


def test_training_raises_the_bound() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    angle = 6.28 * torch.rand(512, generator=generator)
    x = torch.stack([angle.cos(), angle.sin(), 0 * angle], 1)
    model = vae.gaussian_vae(3, width=32)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(200):
        loss = vae.negative_bound(model, (x,), generator).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) / 10 < losses[0] - 1.5
    assert all(p.grad.any() for p in model.parameters())
