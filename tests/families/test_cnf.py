"""Continuous flows: exact on a linear field, and two ways to one gradient."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import stream
from gendiff.exact import Gaussian, GaussianMixture
from gendiff.families import Flow
from gendiff.families.cnf import Continuous, Solve, adjoint, point_cnf, through
from gendiff.families.flow import negative_log_density
from gendiff.training import Plan, train

F64 = torch.float64
MATRIX = torch.tensor([[0.3, -0.8], [0.5, -0.6]], dtype=F64)
SOLVES = {"through": through(12), "adjoint": adjoint(12)}
EVERY = pytest.mark.parametrize("solve", SOLVES.values(), ids=SOLVES.keys())


class Linear(nn.Module):
    """The field `(1 + 2 t) A x`: after one unit of time, `exp(2 A) x`."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(MATRIX.clone())

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return (1 + 2 * time)[:, None] * x @ self.matrix.T


def points(n: int = 6) -> Tensor:
    return torch.randn(n, 2, dtype=F64, generator=torch.Generator().manual_seed(0))


def awake(solve: Solve) -> Flow:
    torch.manual_seed(0)
    flow = point_cnf(2, solve=solve, width=16)
    for parameter in flow.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return flow.double()


@EVERY
def test_a_linear_field_has_the_density_of_a_gaussian(solve: Solve) -> None:
    flow = Flow([Continuous(Linear(), solve=solve)], shape=(2,))
    through_time = torch.linalg.matrix_exp(2 * MATRIX)
    back = torch.linalg.inv(through_time)
    exact = Gaussian(torch.zeros(2, dtype=F64), back @ back.T)
    x = points()
    z, log_det = flow(x)
    torch.testing.assert_close(z, x @ through_time.T, rtol=0, atol=1e-5)
    trace = 2 * float(MATRIX.trace())
    torch.testing.assert_close(log_det, torch.full((6,), trace, dtype=F64))
    zero = torch.zeros((), dtype=F64)
    torch.testing.assert_close(
        flow.log_density(x), exact.log_density(x, zero), rtol=0, atol=1e-5
    )


@EVERY
def test_the_log_determinant_is_that_of_the_jacobian(solve: Solve) -> None:
    flow, x = awake(solve), points(1)

    def latents(x: Tensor) -> Tensor:
        return flow(x[None])[0][0]

    jacobian = torch.autograd.functional.jacobian(latents, x[0])
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(flow(x)[1][0], expected, rtol=0, atol=1e-5)
    assert abs(float(expected)) > 0.01


@EVERY
def test_the_inverse_goes_back(solve: Solve) -> None:
    flow, x = awake(solve), points()
    torch.testing.assert_close(flow.inverse(flow(x)[0]), x, rtol=0, atol=1e-5)


def test_the_adjoint_gradient_is_that_of_backpropagation() -> None:
    x, gradients = points(), []
    for solve in SOLVES.values():
        flow = awake(solve)
        negative_log_density(flow, (x,), torch.Generator()).mean().backward()
        gradients.append([p.grad for p in flow.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
    assert sum(float(each.abs().sum()) for each in gradients[0]) > 1


def test_the_gradient_of_a_linear_field_is_known() -> None:
    """`sum_i d(-log p)/dA` at a scaled identity: `-log p = (e^{2a} x)^2 / 2 - 4 a`."""
    field = Linear()
    field.matrix.data = 0.1 * torch.eye(2, dtype=F64)
    flow = Flow([Continuous(field, solve=through(12))], shape=(2,))
    x = points()
    negative_log_density(flow, (x,), torch.Generator()).sum().backward()
    expected = 2 * (math.exp(0.4) * x.T @ x - 6 * torch.eye(2, dtype=F64)) / 2
    torch.testing.assert_close(field.matrix.grad, expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_fresh_flow_stands_still_and_generates() -> None:
    flow = point_cnf(3, solve=through(4))
    x = flow.generate(4000, torch.Generator().manual_seed(0))
    assert x.shape == (4000, 3)
    assert float(x.std()) == pytest.approx(1, abs=0.03)


@pytest.mark.slow
def test_training_comes_close_to_the_entropy() -> None:
    means = torch.tensor([[-1.5, 0.0], [1.5, 1.0]])
    data = GaussianMixture.isotropic(torch.tensor([0.5, 0.5]), means, 0.7)
    torch.manual_seed(0)
    flow = point_cnf(2, solve=through(4), width=32)
    plan = Plan(steps=120, learning_rate=1e-2)
    trained = train(flow, negative_log_density, stream(data.sample, size=256), plan)
    x = data.sample(4000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        gap = data.log_density(x, torch.zeros(())) - trained.log_density(x)
    assert -0.02 < float(gap.mean()) < 0.12


def test_no_steps_are_refused() -> None:
    for solve in (through, adjoint):
        with pytest.raises(ValueError, match="0 steps"):
            solve(0)
