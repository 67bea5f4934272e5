"""How levels are drawn, how errors become losses, and that they train networks."""

import math
from functools import partial
from itertools import pairwise

import pytest
import torch
from scipy import integrate
from torch import Tensor, nn

from gendiff.data import stream
from gendiff.distillation import (
    AlongPath,
    Drifting,
    Jump,
    OneLevel,
    TwoLevel,
    aim,
    consistency,
    ddim,
    drift,
    grouped,
    jumps,
    lagrangian,
    landing,
    mean_flow,
    nearer,
    neighbours,
    pairs,
    progressive,
    renoised,
    shortcut,
)
from gendiff.exact import GaussianMixture, Isotropic, QuantileFlow
from gendiff.flow_maps import FlowMap
from gendiff.frames import ANGLE
from gendiff.levels import among, log_normal
from gendiff.nets import MLP, UNet
from gendiff.noise import seeded, silent
from gendiff.objectives import Objective, clean_weight, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.training import Plan, train
from gendiff.types import level

F64 = torch.float64


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def wake(net: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for parameter in net.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return net


# The network


NETS = {
    "points": (lambda: MLP(2 + 1, 16, 1, out=2), (5, 2)),
    "images": (lambda: UNet(1 + 1, widths=(8, 16), out=1), (5, 1, 8, 8)),
}
EVERY = pytest.mark.parametrize("name", NETS)


@EVERY
def test_any_network_stands_still_between_equal_levels(name: str) -> None:
    build, shape = NETS[name]
    net = TwoLevel(wake(build()), data_std=0.5)
    x = torch.randn(shape, generator=generator())
    sigma = torch.tensor([0.01, 0.3, 1.0, 7.0, 80.0])
    flow = Jump(net)
    assert isinstance(flow, FlowMap)
    torch.testing.assert_close(flow(x, sigma, sigma), x, rtol=0, atol=0)
    assert not torch.allclose(flow(x, sigma, 0.9 * sigma), x)
    one, each = level(0.7), torch.full((5,), 0.7, dtype=F64)
    torch.testing.assert_close(net(x, one, level(0.0)), net(x, each, 0 * each))


@EVERY
def test_at_equal_levels_it_is_a_preconditioned_network(name: str) -> None:
    build, shape = NETS[name]
    inner = wake(build())
    net = TwoLevel(inner, data_std=0.5)

    class Blind(nn.Module):
        def forward(self, x: Tensor, noise: Tensor) -> Tensor:
            return -inner(torch.cat([x, torch.ones_like(x[:, :1])], 1), noise)

    x = torch.randn(shape, generator=generator())
    sigma = torch.tensor([0.01, 0.3, 1.0, 7.0, 80.0])
    expected = Preconditioned(Blind(), data_std=0.5, frame=ANGLE)(x, sigma)
    torch.testing.assert_close(net(x, sigma, sigma), expected, rtol=1e-4, atol=1e-6)


def test_the_network_sees_unit_variance_and_moves_the_end_along_a_line() -> None:
    """Besides the Gaussian's flow, `(sigma - to) / a` times what the network says."""
    seen: dict[str, Tensor] = {}

    class One(nn.Module):
        def forward(self, x: Tensor, noise: Tensor) -> Tensor:
            seen.update(x=x, noise=noise)
            return torch.ones_like(x[:, :-1])

    sigma, to, std = level(2.0), level(0.4), 0.5
    x = (std**2 + 4) ** 0.5 * torch.randn(9000, 2, dtype=F64, generator=generator())
    end = Jump(TwoLevel(One(), data_std=std))(x, sigma, to)
    ratio = (1 + 0.8**2) ** 0.5 / (1 + 4.0**2) ** 0.5
    expected = ratio * x + std * (4.0 - 0.8) / (1 + 4.0**2) ** 0.5
    torch.testing.assert_close(end, expected)
    assert float(seen["x"][:, :2].std()) == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(seen["x"][:, 2], torch.full((9000,), 0.2, dtype=F64))
    assert float(seen["noise"][0]) == pytest.approx(math.log(4) / 4)


def test_the_destination_matters_and_so_do_labels() -> None:
    net = TwoLevel(wake(MLP(2 + 1, 16, 1, out=2, classes=3)), data_std=0.5)
    x, sigma = torch.randn(4, 2, generator=generator()), torch.full((4,), 2.0)
    here, there = torch.full((4,), 0.1), torch.full((4,), 1.0)
    label = torch.tensor([0, 1, 2, 0])
    assert not torch.allclose(net.net(torch.cat([x, x[:, :1]], 1), sigma), x)
    assert not torch.allclose(net(x, sigma, here, label), net(x, sigma, here))
    with_other_goal = (net(x, sigma, there) - net(x, sigma, here)).abs()
    assert float(with_other_goal.detach().min()) > 0


@pytest.mark.parametrize("data_std", [0.0, math.inf])
def test_a_spread_that_makes_no_sense_is_refused(data_std: float) -> None:
    with pytest.raises(ValueError, match="data_std"):
        TwoLevel(nn.Identity(), data_std=data_std)


def test_a_float64_state_reaches_a_float32_network() -> None:
    net = TwoLevel(wake(MLP(2 + 1, 16, 1, out=2)), data_std=0.5)
    x = torch.randn(4, 2, generator=generator(), dtype=F64)
    assert net(x, level(1.0), level(0.1)).dtype == F64


def test_aim_undoes_the_step() -> None:
    x, clean = torch.randn(2, 3, 2, dtype=F64, generator=generator())
    sigma = torch.tensor([0.5, 1.0, 9.0], dtype=F64)
    to = torch.tensor([0.0, 0.9, 12.0], dtype=F64)
    end = ddim(x, clean, sigma, to)
    torch.testing.assert_close(aim(x, end, sigma, to), clean)
    torch.testing.assert_close(end[0], clean[0])


# Sampling

GRID = [3.0, 1.0, 0.3, 0.0]
WHITE = Isotropic(torch.zeros(2, dtype=F64), 0.5)


def test_jumps_of_a_denoiser_are_ddim() -> None:
    x = torch.randn(6, 2, dtype=F64, generator=generator())
    steps = list(jumps(OneLevel(WHITE), x, GRID))
    assert [step.level for step in steps] == GRID[1:]
    for step, other in zip(steps, euler(WHITE, x, GRID), strict=True):
        torch.testing.assert_close(step.x, other.x)
        torch.testing.assert_close(step.denoised, other.denoised)


def test_renoising_is_jumps_to_the_end_and_fresh_noise() -> None:
    net = TwoLevel(Zero(), data_std=0.5)  # the exact flow of WHITE
    x = 3.0 * torch.randn(20_000, 2, dtype=F64, generator=generator())
    x = x * (1 + 0.25 / 9) ** 0.5
    for step in renoised(net, x, GRID, noise=seeded(generator(1))):
        spread = (0.25 + step.level**2) ** 0.5
        assert float(step.x.std()) == pytest.approx(spread, rel=0.02)
    quiet = list(renoised(net, x, GRID, noise=silent))
    torch.testing.assert_close(quiet[0].x, net(x, level(3.0), level(0.0)))


class Zero(nn.Module):
    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        return torch.zeros_like(x[:, :-1])


def test_a_grid_that_rises_is_refused() -> None:
    for sampler in (jumps, partial(renoised, noise=silent)):
        with pytest.raises(ValueError, match="must decrease"):
            next(sampler(OneLevel(WHITE), torch.zeros(1, 2), [1.0, 2.0]))
    with pytest.raises(ValueError, match="must decrease"):
        neighbours([1.0, 2.0])


# Levels


def test_pairs_fall_and_some_stand_still() -> None:
    levels = log_normal(-0.5, 1.2)
    sigma, to = pairs(levels, equal=0.3)(4000, generator())
    assert float((sigma == to).double().mean()) == pytest.approx(0.3, abs=0.03)
    assert (sigma >= to).all()
    apart = sigma > to
    # Of two uniform numbers, the larger has the mean 2/3 and the smaller 1/3.
    place, low = (torch.special.ndtr((s.log() + 0.5) / 1.2) for s in (sigma, to))
    assert float(place[apart].mean()) == pytest.approx(2 / 3, abs=0.02)
    assert float(low[apart].mean()) == pytest.approx(1 / 3, abs=0.02)
    assert float(place[~apart].mean()) == pytest.approx(1 / 2, abs=0.03)
    again = pairs(levels, equal=0.3)
    assert again == pairs(levels, equal=0.3)
    with pytest.raises(ValueError, match=r"equal is 2\.0"):
        pairs(levels, equal=2.0)


def test_neighbours_are_the_steps_of_a_grid() -> None:
    sigma, to = neighbours(GRID)(3000, generator())
    found = set(zip(sigma.tolist(), to.tolist(), strict=True))
    assert found == set(pairwise(GRID))
    counts = [int((sigma == high).sum()) for high in GRID[:-1]]
    assert min(counts) > 900


def test_levels_that_are_made_of_others() -> None:
    draw = neighbours([4.0, 2.0])
    three = landing(draw)(2, generator())
    assert [each.tolist() for each in three] == [[4.0] * 2, [2.0] * 2, [0.0] * 2]
    near = nearer(draw, keep=0.75)(2, generator())
    assert [each.tolist() for each in near] == [[4.0] * 2, [3.5] * 2, [2.0] * 2]
    sigma, to = grouped(pairs(log_normal(0.0, 1.0), equal=0.0), particles=3)(
        6, generator()
    )
    assert len(sigma.unique()) == len(to.unique()) == 2
    assert sigma[:3].unique().numel() == 1
    with pytest.raises(ValueError, match="no groups of 4"):
        grouped(draw, particles=4)(6, generator())
    with pytest.raises(ValueError, match="keep is 1"):
        nearer(draw, keep=1.0)


# Losses


def test_a_loss_binds_what_is_given_to_network_and_teacher() -> None:
    seen: list[tuple[str, Tensor]] = []

    def named(name: str):  # noqa: ANN202
        def net(x: Tensor, sigma: Tensor, to: Tensor, label: Tensor) -> Tensor:
            seen.append((name, label))
            return x * 0.5

        return net

    error = partial(progressive, weight=edm_weight(0.5))
    loss = AlongPath(error, neighbours(GRID[:-1]), teacher=named("teacher"))
    x0, label = torch.ones(4, 2), torch.arange(4)
    losses = loss(named("net"), (x0, label), generator())
    assert losses.shape == (4,)
    assert losses.dtype == torch.float32
    assert [name for name, _ in seen] == ["teacher", "teacher", "net"]
    assert all(each is label for _, each in seen)
    again = loss(named("net"), (x0, label), generator())
    assert torch.equal(losses, again)
    with pytest.raises(ValueError, match="the data is"):
        loss(named("net"), (torch.arange(4),), generator())


def test_equal_pairs_are_the_denoising_objective() -> None:
    """The same levels, but the noise of another place in the stream: compare means."""
    denoise = OneLevel(WHITE)
    x0 = 0.5 * torch.randn(4000, 2, dtype=F64, generator=generator())
    at = among([0.7])
    known = Objective(at, edm_weight(0.5))(WHITE, (x0,), generator(1)).mean()
    for error in (shortcut, lagrangian, mean_flow):
        loss = AlongPath(partial(error, weight=edm_weight(0.5)), pairs(at, equal=1.0))
        mean = loss(denoise, (x0,), generator(2)).mean()
        assert float(mean) == pytest.approx(float(known), abs=0.06)


MOONS = GaussianMixture.isotropic(
    torch.tensor([0.4, 0.6]), torch.tensor([[-0.8], [0.6]]), 0.2
)
EXACT = QuantileFlow(MOONS)
PAIRS = pairs(log_normal(-0.4, 1.6), equal=0.75)
WEIGHT = edm_weight(0.7)
SCRATCH = {
    "shortcut": AlongPath(partial(shortcut, weight=WEIGHT), PAIRS),
    "lagrangian": AlongPath(partial(lagrangian, weight=WEIGHT), PAIRS),
    "mean_flow": AlongPath(partial(mean_flow, weight=WEIGHT), PAIRS),
    "consistency": AlongPath(
        partial(consistency, weight=WEIGHT),
        landing(neighbours([10.0, 5.0, 2.0, 1.0, 0.4, 0.1])),
    ),
}


@pytest.mark.parametrize("name", SCRATCH)
def test_every_error_reaches_every_parameter(name: str) -> None:
    net = TwoLevel(wake(MLP(1 + 1, 16, 1, out=1)), data_std=0.7)
    x0 = MOONS.sample(32, generator())
    SCRATCH[name](net, (x0,), generator()).mean().backward()
    unmoved = [key for key, p in net.named_parameters() if not p.grad.any()]
    assert unmoved == []


# Drifting


def test_there_is_no_drift_between_equals_and_it_is_antisymmetric() -> None:
    x, p, q = torch.randn(3, 40, 3, dtype=F64, generator=generator())
    assert not drift(x, p, p, width=0.5).any()
    forth, back = drift(x, p, q, width=0.5), drift(x, q, p, width=0.5)
    torch.testing.assert_close(forth, -back, rtol=0, atol=1e-12)
    assert float(forth.abs().mean()) > 0.1


def test_drift_is_the_difference_of_two_mean_shifts() -> None:
    """Against quadrature, of two Gaussians on a line."""
    n = 40_001
    share = (torch.arange(n, dtype=F64) + 0.5) / n
    z = torch.special.ndtri(share)[:, None]
    p, q = 0.6 * z + 1, 0.8 * z - 0.5

    def shift(x: float, mean: float, std: float) -> float:
        def kernel(y: float, power: int) -> float:
            bell = math.exp(-(((y - mean) / std) ** 2) / 2)
            return y**power * bell * math.exp(-abs(x - y) / 0.5)

        return (
            integrate.quad(kernel, -6, 6, args=(1,), points=[x])[0]
            / (integrate.quad(kernel, -6, 6, args=(0,), points=[x])[0])
        )

    at = torch.tensor([[-1.0], [0.3], [2.0]], dtype=F64)
    known = [shift(x, 1, 0.6) - shift(x, -0.5, 0.8) for x in at[:, 0].tolist()]
    found = drift(at, p, q, width=0.5)[:, 0]
    torch.testing.assert_close(found, torch.tensor(known, dtype=F64), rtol=0, atol=1e-3)


def test_drifting_lands_where_samples_would_drift() -> None:
    made = torch.randn(5, 2, 3, generator=generator()).requires_grad_()
    x0 = torch.randn(5, 2, 3, generator=generator(1))
    losses = Drifting(width=0.7)(lambda eps: made, (x0,), generator())
    frozen = made.detach()
    one, other = frozen[:3], frozen[3:]
    moves = torch.cat(
        [drift(one, x0, other, width=0.7), drift(other, x0, one, width=0.7)]
    )
    torch.testing.assert_close(losses.detach(), moves.square().mean((1, 2)))
    losses.sum().backward()
    torch.testing.assert_close(made.grad, -2 * moves / 6)
    with pytest.raises(ValueError, match="no halves"):
        Drifting(width=0.7)(lambda eps: eps, (x0[:1],), generator())


# Training


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRATCH)
def test_training_from_scratch_comes_near_to_the_exact_map(name: str) -> None:
    """One step of 300 updates: far less than half of what DDIM's one step errs."""
    torch.manual_seed(0)
    net = TwoLevel(MLP(1 + 1, 64, 3, out=1), data_std=0.7)
    plan = Plan(steps=300, learning_rate=1e-3)
    trained = train(net, SCRATCH[name], stream(MOONS.sample, size=256), plan)
    x, grid = 10 * torch.randn(2000, 1, generator=generator(5)), [10.0, 0.02]
    exact = EXACT(x, level(10.0), level(0.02))
    with torch.no_grad():
        learnt, untaught = (
            float((last(jumps(net, x, grid)) - exact).abs().mean())
            for net in (trained, OneLevel(MOONS))
        )
    assert untaught > 0.6
    assert learnt < 0.27


def test_a_student_learns_two_steps_of_its_teacher() -> None:
    torch.manual_seed(0)
    net = TwoLevel(MLP(1 + 1, 32, 2, out=1), data_std=0.7)
    error = partial(progressive, weight=clean_weight)
    loss = AlongPath(error, neighbours([2.0, 0.2]), teacher=OneLevel(MOONS))
    plan = Plan(steps=200, learning_rate=5e-3)
    trained = train(net, loss, stream(MOONS.sample, size=256), plan)
    x = MOONS.sample(500, generator(5)) + 2 * torch.randn(
        500, 1, generator=generator(6)
    )
    middle = math.tan((math.atan(2.0) + math.atan(0.2)) / 2)
    two = last(jumps(OneLevel(MOONS), x, [2.0, middle, 0.2]))
    with torch.no_grad():
        one = last(jumps(trained, x, [2.0, 0.2]))
    ddim_once = last(jumps(OneLevel(MOONS), x, [2.0, 0.2]))
    assert float((one - two).abs().mean()) < 0.1 * float((ddim_once - two).abs().mean())
