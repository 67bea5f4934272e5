"""Each error against the exact flow map, of a Gaussian and of mixtures on a line.

With a teacher the error is 0 at the exact map. Without one it is the variance of the
target, and what must vanish is its gradient: expectations over clean signals given `x`
are sums over quadrature nodes, so nothing here is sampled.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import jvp

from gendiff.distillation import (
    Jump,
    OneLevel,
    TwoLevel,
    aim,
    consistency,
    ddim,
    lagrangian,
    laplace,
    mean_flow,
    moment_matching,
    progressive,
    quadratic,
    shortcut,
)
from gendiff.distillation.semigroup import halfway
from gendiff.exact import GaussianMixture, QuantileFlow
from gendiff.frames import FLOW
from gendiff.objectives import clean_weight, edm_weight, target_weight

F64 = torch.float64
Exact = Callable[[Tensor, Tensor, Tensor], Tensor]


def on_a_line(
    weights: list[float], means: list[float], stds: list[float]
) -> GaussianMixture:
    place = torch.tensor(means, dtype=F64)[:, None]
    std = torch.tensor(stds, dtype=F64)
    return GaussianMixture.isotropic(torch.tensor(weights, dtype=F64), place, std)


DATA = {
    "gaussian": on_a_line([1.0], [0.4], [0.7]),
    "pinned": on_a_line([0.3, 0.7], [-2.0, 1.0], [0.5**0.5, 0.2**0.5]),
    "other": on_a_line([0.5, 0.2, 0.3], [-1.0, 0.3, 1.5], [0.3, 0.6, 0.4]),
}
EVERY = pytest.mark.parametrize("data", DATA.values(), ids=DATA.keys())


class ExactMap:
    """The two-level denoiser of the exact flow; at equal levels, the denoiser."""

    def __init__(self, data: GaussianMixture) -> None:
        self.data, self.flow = data, QuantileFlow(data)

    def __call__(self, x: Tensor, sigma: Tensor, to: Tensor, /) -> Tensor:
        same = (sigma == to).detach()
        below = torch.where(same, 0.5 * to, to)
        clean = aim(x, self.flow(x, sigma, below), sigma, below)
        return torch.where(same[:, None], self.data(x, sigma), clean)


class Shifted:
    """The exact map plus one number a sample: what a gradient is taken in."""

    def __init__(self, exact: Exact, n: int) -> None:
        self.exact = exact
        self.shift = torch.zeros(n, 1, dtype=F64, requires_grad=True)

    def __call__(self, x: Tensor, sigma: Tensor, to: Tensor, /) -> Tensor:
        return self.exact(x, sigma, to) + self.shift


X = torch.tensor([-3.0, -0.4, 0.2, 1.1, 2.5], dtype=F64)[:, None]
SIGMA = torch.tensor([1.0, 0.5, 2.0, 3.0, 0.8], dtype=F64)
TO = torch.tensor([0.3, 0.1, 0.5, 0.2, 0.7], dtype=F64)
NODES = 40


def posterior(
    data: GaussianMixture, x: Tensor, sigma: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return nodes and weights of `x0` given each `x`, and the noise with each."""
    node, weight = (torch.tensor(a) for a in np.polynomial.hermite_e.hermegauss(NODES))
    variance = data.covariances[:, 0, 0]
    noise = sigma[:, None] ** 2
    gain = variance / (variance + noise)
    centre = data.means[:, 0] + gain * (x - data.means[:, 0])
    spread = (gain * noise).sqrt()
    x0 = centre[..., None] + spread[..., None] * node
    mass = data.responsibilities(x, sigma)[..., None] * weight / weight.sum()
    eps = (x[..., None] - x0) / sigma[:, None, None]
    return x0.flatten(1), eps.flatten(1), mass.flatten(1)


def mean_gradient(
    error: Callable[..., Tensor], data: GaussianMixture, exact: Exact, *levels: Tensor
) -> Tensor:
    """Return, for each `x`, the expected gradient of the error at the exact map."""
    x0, eps, mass = posterior(data, X, levels[0])
    m = x0.shape[1]
    wide = [level.repeat_interleave(m) for level in levels]
    net = Shifted(exact, m * len(X))
    losses = error(net, x0.reshape(-1, 1), eps.reshape(-1, 1), *wide)
    (mass.flatten() * losses).sum().backward()
    assert net.shift.grad is not None
    return net.shift.grad.reshape(len(X), m).sum(1)


def start(data: GaussianMixture) -> tuple[Tensor, Tensor]:
    x0 = data.sample(len(X), torch.Generator().manual_seed(0))
    return x0, (X - x0) / SIGMA[:, None]


@EVERY
def test_the_exact_map_is_a_step_towards_its_aim(data: GaussianMixture) -> None:
    end = QuantileFlow(data)(X, SIGMA, TO)
    torch.testing.assert_close(Jump(ExactMap(data))(X, SIGMA, TO), end)
    to = SIGMA * (1 - 1e-7)  # the aim tends to the denoiser as the levels meet
    torch.testing.assert_close(
        ExactMap(data)(X, SIGMA, to), data(X, SIGMA), rtol=0, atol=1e-5
    )


def test_a_network_of_zeros_carries_a_gaussian_exactly() -> None:
    data = on_a_line([1.0], [0.0], [0.7])
    net = TwoLevel(Nothing(), data_std=0.7)
    for to in (TO, torch.zeros_like(TO), 2 * SIGMA):
        ratio = ((0.49 + to**2) / (0.49 + SIGMA**2)).sqrt()[:, None]
        torch.testing.assert_close(Jump(net)(X, SIGMA, to), ratio * X)
    torch.testing.assert_close(net(X, SIGMA, SIGMA), data(X, SIGMA))


class Nothing(torch.nn.Module):
    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return torch.zeros_like(x[:, :1])


@EVERY
def test_a_taught_map_has_no_error_where_it_is_exact(data: GaussianMixture) -> None:
    exact = ExactMap(data)
    x0, eps = start(data)
    between = halfway(SIGMA, TO)
    errors = [
        progressive(exact, x0, eps, SIGMA, TO, teacher=exact, weight=clean_weight),
        shortcut(exact, x0, eps, SIGMA, TO, weight=clean_weight),
        lagrangian(exact, x0, eps, SIGMA, TO, teacher=exact, weight=clean_weight),
        lagrangian(exact, x0, eps, SIGMA, TO, weight=clean_weight),
        consistency(
            exact, x0, eps, SIGMA, between, TO, teacher=exact, weight=clean_weight
        ),
    ]
    for error in errors:
        assert float(error.max()) < 1e-12


@EVERY
def test_a_wrong_map_has_an_error(data: GaussianMixture) -> None:
    """The denoiser taken for the map: what DDIM does, exact for short steps only."""
    exact, wrong = ExactMap(data), OneLevel(data)
    x0, eps = start(data)
    for error in (
        partial(progressive, teacher=exact),
        shortcut,
        partial(lagrangian, teacher=exact),
        lagrangian,
    ):
        assert float(error(wrong, x0, eps, SIGMA, TO, weight=clean_weight).max()) > 1e-3


SCRATCH = {"shortcut": shortcut, "lagrangian": lagrangian, "mean_flow": mean_flow}


@EVERY
@pytest.mark.parametrize("error", SCRATCH.values(), ids=SCRATCH.keys())
def test_from_scratch_the_exact_map_is_the_fixed_point(
    data: GaussianMixture, error: Callable[..., Tensor]
) -> None:
    exact = ExactMap(data)
    loss = partial(error, weight=clean_weight)
    for to in (TO, SIGMA):
        gradient = mean_gradient(loss, data, exact, SIGMA, to)
        torch.testing.assert_close(
            gradient, torch.zeros_like(gradient), rtol=0, atol=1e-6
        )


@EVERY
def test_mean_flow_reaches_down_to_level_zero(data: GaussianMixture) -> None:
    exact, to = ExactMap(data), torch.zeros_like(SIGMA)
    loss = partial(mean_flow, weight=clean_weight)
    gradient = mean_gradient(loss, data, exact, SIGMA, to)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-6)
    wrong = mean_gradient(loss, data, OneLevel(data), SIGMA, TO)
    assert float(wrong.abs().min()) > 1e-4


def test_mean_flow_is_the_papers_error_of_the_mean_velocity() -> None:
    """Write u and its identity out in the straight path's own coordinates."""
    data = DATA["other"]
    wrong = OneLevel(data)
    x0, eps = start(data)
    t, r = SIGMA / (1 + SIGMA), TO / (1 + TO)

    def u(z: Tensor, t: Tensor) -> Tensor:
        sigma = t / (1 - t)
        x = z * (1 + sigma)[:, None]
        end = Jump(wrong)(x, sigma, r / (1 - r)) * (1 - r)[:, None]
        return (z - end) / (t - r)[:, None]

    z = (1 - t)[:, None] * x0 + t[:, None] * eps
    velocity = eps - x0
    mean, change = jvp(u, (z, t), (velocity, torch.ones_like(t)))
    expected = (mean - velocity + (t - r)[:, None] * change).square()[:, 0]
    weight = target_weight(FLOW)
    torch.testing.assert_close(
        mean_flow(wrong, x0, eps, SIGMA, TO, weight=weight), expected
    )


@EVERY
def test_consistency_training_tends_to_the_exact_map(data: GaussianMixture) -> None:
    """The bias of a gap between the starts is of its first order, and vanishes."""
    exact, to = ExactMap(data), torch.zeros_like(SIGMA)
    loss = partial(consistency, weight=clean_weight)
    sizes = [
        mean_gradient(loss, data, exact, SIGMA, SIGMA * (1 - gap), to).abs().max()
        for gap in (1e-2, 1e-3, 1e-4)
    ]
    # Two starts so near to each other differ by little whatever the map: of order gap.
    assert float(sizes[0] / sizes[1]) == pytest.approx(100, rel=0.1)
    assert float(sizes[1] / sizes[2]) == pytest.approx(100, rel=0.1)


def test_consistency_of_a_gaussian_is_a_row_of_euler_steps() -> None:
    """At a finite gap the fixed point is known: linear, a product of DDIM's factors."""
    data = on_a_line([1.0], [0.0], [0.7])
    levels = [2.0, 1.0, 0.5, 0.25]

    def factor(sigma: float, to: float) -> float:
        return 1 + (to / sigma - 1) * sigma**2 / (sigma**2 + 0.49)

    ends = [1.0]  # from the lowest level up
    for low, high in zip(levels[:0:-1], levels[-2::-1], strict=True):
        ends.append(ends[-1] * factor(high, low))
    known = dict(zip(levels[::-1], ends, strict=True))

    def fixed(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
        end = torch.tensor([known[float(s)] for s in sigma], dtype=F64)[:, None] * x
        return aim(x, end, sigma, to) if float(sigma[0]) > 0.25 else end

    for high, low in pairwise(levels):
        here, there, to = (
            torch.full((len(X),), s, dtype=F64) for s in (high, low, 0.25)
        )
        loss = partial(consistency, weight=clean_weight)
        gradient = mean_gradient(loss, data, fixed, here, there, to)
        assert float(gradient.abs().max()) < 1e-9


def test_progressive_distillation_of_ddim_is_two_of_its_steps() -> None:
    data = DATA["pinned"]
    teacher = OneLevel(data)
    between = halfway(SIGMA, TO)
    torch.testing.assert_close(
        2 * torch.atan(between), torch.atan(SIGMA) + torch.atan(TO)
    )
    middle = ddim(X, data(X, SIGMA), SIGMA, between)
    end = ddim(middle, data(middle, between), between, TO)

    def student(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
        return aim(x, end, sigma, to)

    error = progressive(
        student, *start(data), SIGMA, TO, teacher=teacher, weight=clean_weight
    )
    assert float(error.max()) < 1e-20


def brute_discrepancy(a: Tensor, b: Tensor, width: float) -> float:
    """Return the discrepancy of two groups, pair by pair."""

    def k(x: Tensor, y: Tensor) -> float:
        return float(torch.exp(-(x - y).norm() / len(x) ** 0.5 / width))

    groups = [(a, a, 1), (b, b, 1), (a, b, -2)]
    return sum(c * k(x, y) / 16 for one, two, c in groups for x in one for y in two)


def test_moment_matching_is_the_discrepancy_of_groups() -> None:
    g = torch.Generator().manual_seed(1)
    x0, eps = torch.randn(2, 8, 3, dtype=F64, generator=g)
    sigma, near, to = (each.repeat_interleave(4) for each in LEVELS)

    def net(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
        return x.sin() / (1 + sigma + to)[:, None]

    losses = moment_matching(
        net, x0, eps, sigma, near, to,
        weight=edm_weight(0.5), particles=4, kernel=laplace(0.6),
    )  # fmt: skip
    ends = Jump(net)(x0 + sigma[:, None] * eps, sigma, to)
    others = Jump(net)(x0 + near[:, None] * eps, near, to)
    for group in (slice(0, 4), slice(4, 8)):
        known = brute_discrepancy(ends[group], others[group], 0.6)
        weight = float(sigma[group][0]) ** -2 + 4
        torch.testing.assert_close(
            losses[group],
            torch.full((4,), weight * known, dtype=F64),
            rtol=1e-6,
            atol=0,
        )


LEVELS = torch.tensor([[2.0, 1.0], [1.5, 0.4], [0.5, 0.2]], dtype=F64)


def test_consistency_is_moment_matching_with_one_particle() -> None:
    g = torch.Generator().manual_seed(2)
    x0, eps = torch.randn(2, 8, 3, dtype=F64, generator=g)
    sigma, near, to = (each.repeat_interleave(4) for each in LEVELS)
    free = torch.tensor(0.7, dtype=F64, requires_grad=True)

    def net(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
        return free * x.sin() / (1 + sigma + to)[:, None]

    arguments = net, x0, eps, sigma, near, to
    one = consistency(*arguments, weight=edm_weight(0.5))
    other = moment_matching(
        *arguments, weight=edm_weight(0.5), particles=1, kernel=quadratic
    )
    assert float(one.detach().min()) > 1e-3
    torch.testing.assert_close(other, one, rtol=1e-12, atol=0)
    gradients = [torch.autograd.grad(loss.sum(), free)[0] for loss in (one, other)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=0)


def test_many_particles_agree_where_the_map_is_exact() -> None:
    """Far starts, one distribution of ends; a denoiser in its place has another."""
    data, n = DATA["pinned"], 2000
    g = torch.Generator().manual_seed(3)
    x0, eps = data.sample(n, g), torch.randn(n, 1, dtype=F64, generator=g)
    sigma, near, to = (torch.full((n,), s, dtype=F64) for s in (2.0, 0.8, 0.2))
    exact, wrong = (
        float(
            moment_matching(
                net, x0, eps, sigma, near, to,
                weight=clean_weight, particles=n, kernel=laplace(0.5),
            )[0]
        )
        for net in (ExactMap(data), OneLevel(data))
    )  # fmt: skip
    assert exact < 2e-3
    assert wrong > 20 * exact


@pytest.mark.parametrize("error", [shortcut, lagrangian, mean_flow])
def test_equal_levels_are_denoising(error: Callable[..., Tensor]) -> None:
    data = DATA["other"]
    x0, eps = start(data)
    loss = error(OneLevel(data), x0, eps, SIGMA, SIGMA, weight=edm_weight(0.5))
    expected = (SIGMA**-2 + 4) * (data(X, SIGMA) - x0)[:, 0] ** 2
    torch.testing.assert_close(loss, expected)


def test_a_weight_is_that_of_the_level_where_errors_are_seen() -> None:
    data = DATA["other"]
    x0, eps = start(data)
    taught = partial(progressive, teacher=ExactMap(data))
    where = [(taught, SIGMA), (shortcut, SIGMA), (mean_flow, SIGMA), (lagrangian, TO)]
    for error, seen in where:
        plain, weighted = (
            error(OneLevel(data), x0, eps, SIGMA, TO, weight=weight)
            for weight in (clean_weight, edm_weight(0.5))
        )
        torch.testing.assert_close(weighted, (seen**-2 + 4) * plain)


@pytest.mark.parametrize("error", SCRATCH.values(), ids=SCRATCH.keys())
def test_targets_are_held_fixed(error: Callable[..., Tensor]) -> None:
    """A number added to the output has the gradient `2 (output - target)`."""
    data = DATA["other"]
    net = Shifted(OneLevel(data), len(X))
    losses = error(net, *start(data), SIGMA, TO, weight=clean_weight)
    (gradient,) = torch.autograd.grad(losses.sum(), net.shift)
    torch.testing.assert_close(gradient[:, 0] ** 2, 4 * losses.detach())


def test_consistency_holds_the_second_end_fixed() -> None:
    data = DATA["other"]
    net = Shifted(OneLevel(data), len(X))
    levels = SIGMA, halfway(SIGMA, TO), TO
    losses = consistency(net, *start(data), *levels, weight=clean_weight)
    (gradient,) = torch.autograd.grad(losses.sum(), net.shift)
    known = 4 * losses.detach() * (1 - TO / SIGMA) ** 2
    torch.testing.assert_close(gradient[:, 0] ** 2, known)


def test_kernels_without_width_are_refused() -> None:
    with pytest.raises(ValueError, match="width 0"):
        laplace(0.0)
