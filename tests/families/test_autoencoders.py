"""Autoencoders: the penalty's closed form, PCA, corruptions, probes."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import autoencoders
from gendiff.metrics import probes


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def correlated(n: int, /) -> Tensor:
    """Points with a clear order of directions, away from the origin."""
    x = torch.randn(n, 4, generator=generator(1)).double()
    turn = torch.linalg.qr(torch.randn(4, 4, generator=generator(2)).double()).Q
    return (x * torch.tensor([1, 0.6, 0.2, 0.1])) @ turn + 0.3


def test_a_linear_autoencoder_finds_the_principal_subspace() -> None:
    torch.manual_seed(0)
    x = correlated(200)
    model = autoencoders.linear(4, 2).double()
    optimiser = torch.optim.LBFGS(
        model.parameters(), max_iter=200, line_search_fn="strong_wolfe",
        tolerance_grad=1e-8, tolerance_change=1e-13,
    )  # fmt: skip

    def close() -> Tensor:
        optimiser.zero_grad()
        value = autoencoders.reconstruction(model, (x,), generator()).mean()
        value.backward()
        return value

    def angle() -> float:
        basis = probes.principal_subspace(x, 2)
        return probes.subspace_angle(model.decode.weight, basis)

    assert angle() > 0.3
    optimiser.step(close)
    assert angle() < 1e-5
    # The loss is the variance in the directions that were left out.
    left = torch.linalg.eigvalsh(x.T.cov(correction=0))[:-2].sum()
    assert float(close().detach()) == pytest.approx(float(left), rel=1e-6)


def test_subspace_angle_of_known_planes() -> None:
    a = torch.eye(3)[:, :1]
    b = torch.tensor([[math.cos(0.3)], [math.sin(0.3)], [0.0]])
    assert probes.subspace_angle(a, 5 * b) == pytest.approx(0.3, abs=1e-6)
    assert probes.subspace_angle(a, a) == pytest.approx(0, abs=1e-7)
    with pytest.raises(ValueError, match="k=4"):
        probes.principal_subspace(torch.randn(5, 3), 4)


def test_sigmoid_penalty_equals_automatic_differentiation() -> None:
    torch.manual_seed(0)
    model = autoencoders.sigmoid(5, 7).double()
    x = torch.randn(4, 5, dtype=torch.float64)
    linear = model.encode[0]
    closed = autoencoders.sigmoid_jacobian_norm(linear.weight, model.encode(x))
    torch.testing.assert_close(autoencoders.jacobian_norm(model.encode, x), closed)
    step = 1e-6  # and both equal finite differences
    moved = [
        (model.encode(x + step * e) - model.encode(x - step * e)) / (2 * step)
        for e in torch.eye(5, dtype=torch.float64)
    ]
    numeric = torch.stack(moved).square().sum(dim=(0, 2))
    torch.testing.assert_close(closed, numeric, rtol=1e-6, atol=0)


def test_contractive_loss_adds_the_penalty_and_trains_the_encoder() -> None:
    torch.manual_seed(0)
    model = autoencoders.deep(4, 3, width=8)
    x = torch.randn(6, 4)
    plain = autoencoders.reconstruction(model, (x,), generator())
    loss = autoencoders.Contractive(0.5)(model, (x,), generator())
    penalty = autoencoders.jacobian_norm(model.encode, x)
    torch.testing.assert_close(loss, plain + 0.5 * penalty)
    (loss - plain).sum().backward()
    assert model.encode[0].weight.grad.any()


def test_reconstruction_and_denoising_of_a_network_that_does_nothing() -> None:
    x = torch.randn(2000, 10, generator=generator())
    identity = nn.Identity()
    exact = autoencoders.reconstruction(identity, (x,), generator())
    assert torch.equal(exact, torch.zeros(2000))
    gaussian = autoencoders.Denoising(autoencoders.Gaussian(0.5))
    loss = gaussian(identity, (x,), generator(1))
    assert float(loss.mean()) == pytest.approx(10 * 0.25, rel=0.05)
    masking = autoencoders.Denoising(autoencoders.Masking(0.3))
    loss = masking(identity, (x,), generator(1))
    assert float(loss.mean()) == pytest.approx(10 * 0.3, rel=0.05)


def test_corruptions() -> None:
    x = torch.ones(4000, 2)
    masked = autoencoders.Masking(0.3)(x, generator())
    assert set(masked.unique().tolist()) == {0.0, 1.0}
    assert float(masked.mean()) == pytest.approx(0.7, abs=0.02)
    each = autoencoders.Gaussian(torch.tensor([0.1, 2.0]))(x, generator()).std(dim=0)
    torch.testing.assert_close(each, torch.tensor([0.1, 2.0]), rtol=0.05, atol=0)
    again = autoencoders.Gaussian(1.0)
    assert torch.equal(again(x, generator(3)), again(x, generator(3)))


def test_the_least_squares_denoiser_is_what_denoising_finds() -> None:
    """For Gaussian data the best linear map is the Wiener filter, s^2 / (s^2 + 1)."""
    x = torch.randn(200_000, 2, generator=generator()) * torch.tensor([2.0, 0.5])
    model = nn.Linear(2, 2, bias=False)
    noisy = autoencoders.Gaussian(1.0)(x, generator(1))
    with torch.no_grad():
        model.weight.copy_(torch.linalg.lstsq(noisy, x).solution.T)
    best = autoencoders.Denoising(autoencoders.Gaussian(1.0))(model, (x,), generator(1))
    wiener = torch.tensor([4 / 5, 0.25 / 1.25])
    torch.testing.assert_close(model.weight.diagonal(), wiener, atol=0.01, rtol=0)
    assert best.mean().item() == pytest.approx(float(wiener.sum()), rel=0.02)


def test_probes_see_what_is_linear_in_the_code() -> None:
    code = torch.randn(600, 3, generator=generator())
    label = (code[:, 0] + code[:, 1] > 0).long()
    train, test = slice(0, 400), slice(400, 600)
    accuracy = probes.probe_accuracy(code[train], label[train], code[test], label[test])
    assert accuracy > 0.95
    blind = code[:, 2:]
    accuracy = probes.probe_accuracy(
        blind[train], label[train], blind[test], label[test]
    )
    assert accuracy < 0.65
    value = torch.stack([2 * code[:, 0] - code[:, 1], torch.ones(600)], 1)[:, :1]
    known = probes.probe_determination(
        code[train], value[train], code[test], value[test]
    )
    assert known == pytest.approx(1, abs=1e-3)
    unknown = probes.probe_determination(
        blind[train], value[train], blind[test], value[test]
    )
    assert abs(unknown) < 0.1
