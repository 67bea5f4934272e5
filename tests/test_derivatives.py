"""Derivatives by forward passes, against Jacobians and against backward passes."""

import torch
from torch import Tensor, nn

from gendiff.derivatives import divergence, gradient, pushed

X = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0)).double()


def swirl(x: Tensor) -> Tensor:
    """Return something that mixes all numbers of a sample, and no two samples."""
    return x.roll(1, -1) * x.sin() + x.flip(1) ** 2


def test_divergence_is_the_trace_of_the_jacobian() -> None:
    for x, found in zip(X, divergence(swirl, X), strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda y: swirl(y[None])[0], x)
        torch.testing.assert_close(found, jacobian.reshape(6, 6).trace())


def test_pushed_is_the_derivative_along_a_direction() -> None:
    along, h = X.cos(), 1e-6
    value, slope = pushed(swirl, (X,), (along,))
    torch.testing.assert_close(value, swirl(X))
    expected = (swirl(X + h * along) - swirl(X - h * along)) / (2 * h)
    torch.testing.assert_close(slope, expected, rtol=1e-7, atol=1e-7)


def test_parameters_can_be_trained_through_both() -> None:
    # div(W tanh x) = sum_i W_ii (1 - tanh^2 x_i)
    net = nn.Linear(3, 3, bias=False, dtype=torch.float64)
    x = X[:, 0]
    divergence(lambda x: net(x.tanh()), x).sum().backward()
    expected = torch.diag((1 - x.tanh() ** 2).sum(0))
    assert net.weight.grad is not None
    torch.testing.assert_close(net.weight.grad, expected)


def test_gradients_that_are_switched_off_do_not_matter() -> None:
    with torch.inference_mode():
        assert torch.equal(divergence(swirl, X.clone()), divergence(swirl, X))


def test_gradient_holds_derivatives_by_forward_passes() -> None:
    # The gradient of a divergence, against its finite differences in every direction.
    def turned(x: Tensor) -> Tensor:
        return divergence(swirl, x)

    h, found = 1e-5, gradient(turned, X)
    for unit in torch.eye(6, dtype=torch.float64).reshape(6, 2, 3):
        slope = (turned(X + h * unit) - turned(X - h * unit)) / (2 * h)
        along = (found * unit).flatten(1).sum(1)
        torch.testing.assert_close(along, slope, rtol=1e-7, atol=1e-7)
