"""Orders of ODE solvers, distributions of stochastic ones, both without sampling."""

import math
from collections.abc import Callable
from functools import partial
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gendiff import clocks
from gendiff.clocks import Clock
from gendiff.exact import Gaussian, GaussianMixture, Isotropic
from gendiff.frames import ANGLE, DATA, FLOW, NOISE, STRAIGHT, Frame, angle
from gendiff.grids import even, geometric, karras
from gendiff.noise import seeded, silent
from gendiff.precondition import Preconditioned
from gendiff.record import Counted, last
from gendiff.solvers import (
    adaptive,
    ancestral,
    annealed_langevin,
    euler,
    heun,
    langevin,
    multistep,
    predictor_corrector,
    unipc,
)
from gendiff.solvers.recurrent import Recurrent
from gendiff.testing import SMOOTH, check_solver, linear_moments, measured_order
from gendiff.types import Solver, Step, level

FRAMES = (*STRAIGHT, ANGLE)
GAUSSIAN = Gaussian(
    torch.tensor([0.7], dtype=torch.float64),
    torch.tensor([[0.36]], dtype=torch.float64),
)
ROUGH = GaussianMixture.isotropic(
    torch.full((3,), 1 / 3, dtype=torch.float64),
    torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64),
    0.03,
)


def start(
    n: int = 16, sigma: float = 10.0, dtype: torch.dtype = torch.float64
) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return sigma * torch.randn(n, 2, generator=generator, dtype=dtype)


def test_one_step_orders() -> None:
    check_solver(euler, order=1)
    check_solver(heun, order=2)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.name)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_multistep_reaches_its_order(frame: Frame, order: int) -> None:
    check_solver(partial(multistep, order=order, frame=frame), order=order)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.name)
@pytest.mark.parametrize("order", [1, 2])
def test_corrector_gains_an_order(frame: Frame, order: int) -> None:
    check_solver(partial(unipc, order=order, frame=frame), order=order + 1)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.name)
def test_corrected_third_order(frame: Frame) -> None:
    # Nominally 4; the start, corrected once, is of order 3, which shows at many steps.
    assert measured_order(partial(unipc, order=3, frame=frame)) > 2.8


def test_a_wrong_order_is_found() -> None:
    with pytest.raises(AssertionError, match="order"):
        check_solver(euler, order=2)


@pytest.mark.parametrize("frame", STRAIGHT, ids=lambda f: f.name)
def test_first_order_is_ddim_in_straight_frames(frame: Frame) -> None:
    grid = geometric(9, low=0.05, high=10.0)
    expected = last(euler(SMOOTH, start(), grid))
    got = last(multistep(SMOOTH, start(), grid, order=1, frame=frame))
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


def test_second_order_data_is_dpm_solver_2m() -> None:
    """Lu et al. (2022), eq. 9 with n = 2, written out with exact integrals.

    With lambda = -log sigma and the linear extrapolation of x0 in lambda, the step is
    x_next = (s'/s) x - (e^-h - 1) D - (e^-h - 1 + h) (D - D_prev) / (lambda step).
    """
    grid = [10.0, 6.0, 3.1, 1.4, 0.5, 0.2]
    x = start()
    lam = -np.log(grid)
    before = None
    for i in range(len(grid) - 1):
        x0 = SMOOTH(x, torch.tensor(grid[i], dtype=torch.float64))
        h = lam[i + 1] - lam[i]
        x = grid[i + 1] / grid[i] * x - math.expm1(-h) * x0
        if before is not None:
            slope = (x0 - before) / (lam[i] - lam[i - 1])
            x = x + (math.expm1(-h) + h) * slope
        before = x0
    got = last(multistep(SMOOTH, start(), grid, order=2, frame=DATA))
    torch.testing.assert_close(got, x, rtol=1e-12, atol=1e-12)


def test_second_order_ancestral_is_sde_dpm_solver_2m() -> None:
    """Written out as Lu et al. (2022), arXiv:2211.01095, appendix A, has it."""
    grid = [3.0, 1.7, 0.6, 0.25]
    x, before, h_before = start(), None, 1.0
    for sigma, sigma_next in pairwise(grid):
        h = math.log(sigma / sigma_next)
        x0 = SMOOTH(x, level(sigma))
        x = sigma_next / sigma * math.exp(-h) * x + (1 - math.exp(-2 * h)) * x0
        if before is not None:
            slope = (x0 - before) / (h_before / h)
            x = x + (1 - (1 - math.exp(-2 * h)) / (2 * h)) * slope
        before, h_before = x0, h
    got = last(ancestral(SMOOTH, start(), grid, order=2, noise=silent))
    torch.testing.assert_close(got, x)


def test_angle_frame_is_exact_for_its_gaussian() -> None:
    exact = Isotropic(torch.zeros(2).double(), 0.5)
    end = last(
        multistep(
            exact, start(), [10.0, 0.0], order=1, frame=angle(0.5), along=clocks.SIGMA
        )
    )
    torch.testing.assert_close(end, exact.flow(start(), 10.0, 0.0))


@pytest.mark.parametrize("along", [clocks.LOG, clocks.SIGMA, clocks.COSINE])
def test_any_interpolation_variable_keeps_the_order(
    along: Clock,
) -> None:
    solver = partial(multistep, order=3, frame=FLOW, along=along)
    assert measured_order(solver) == pytest.approx(3, abs=0.2)


def test_multistep_integrates_to_zero_where_the_clock_allows() -> None:
    grid = even(clocks.FLOW_TIME, 24, high=10.0)
    coarse = last(
        multistep(SMOOTH, start(), grid, order=3, frame=FLOW, along=FLOW.clock)
    )
    fine = last(
        multistep(
            SMOOTH,
            start(),
            even(clocks.FLOW_TIME, 800, high=10.0),
            order=3,
            frame=FLOW,
            along=FLOW.clock,
        )
    )
    assert (coarse - fine).abs().max() < 1e-3


EVALUATIONS: dict[str, tuple[Callable[..., object], int]] = {
    "euler": (euler, 12),
    "heun": (heun, 23),
    "multistep": (partial(multistep, order=3), 12),
    "unipc": (unipc, 12),
    "ancestral": (ancestral, 12),
}


@pytest.mark.parametrize("name", EVALUATIONS)
def test_evaluations(name: str) -> None:
    solver, expected = EVALUATIONS[name]
    counted = Counted(SMOOTH)
    last(solver(counted, start(), karras(12)))
    assert counted.nfe == expected


# Stochastic solvers: the distribution of the end, by linearity (no Monte Carlo).

GRIDS = {n: np.geomspace(10.0, 0.1, n + 1).tolist() for n in (32, 64, 128, 256)}
STOCHASTIC: dict[str, tuple[Callable[..., object], int]] = {
    "ddpm": (partial(euler, eta=1.0), 1),
    "half-stochastic ddim": (partial(euler, eta=0.5), 1),
    "ancestral 1": (partial(ancestral, order=1), 1),
    "ancestral 2": (partial(ancestral, order=2), 2),
    "ancestral 1, wrong gaussian": (
        partial(ancestral, gaussian=Isotropic(torch.tensor([0.5]), 0.5)),
        1,
    ),
    "ancestral 2, wrong gaussian": (
        partial(ancestral, order=2, gaussian=Isotropic(torch.tensor([0.5]), 0.5)),
        2,
    ),
    "churned heun": (partial(heun, churn=20.0), 2),
}


@pytest.mark.parametrize("name", STOCHASTIC)
def test_distribution_on_a_gaussian(name: str) -> None:
    solver, order = STOCHASTIC[name]
    errors = {}
    for n, grid in GRIDS.items():
        mean, variance = linear_moments(solver, GAUSSIAN, grid)
        assert float(mean) == pytest.approx(0.7, abs=1e-9)
        errors[n] = abs(float(variance) - 0.37)
    slope = math.log2(errors[128] / errors[256])
    assert slope == pytest.approx(order, abs=0.25)
    assert errors[256] < 1e-2


@pytest.mark.parametrize("n", [1, 2, 5, 50])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("dtype", "error"), [(torch.float64, 1e-12), (torch.float32, 2e-6)]
)
def test_ancestral_is_exact_when_given_the_gaussian(
    n: int, order: int, dtype: torch.dtype, error: float
) -> None:
    solver = partial(ancestral, gaussian=GAUSSIAN, order=order)
    grid = np.geomspace(10.0, 0.1, n + 1).tolist()
    mean, variance = linear_moments(solver, GAUSSIAN, grid, dtype=dtype)
    assert float(mean) == pytest.approx(0.7, abs=error)
    assert float(variance) == pytest.approx(0.37, abs=error)


def test_ancestral_with_full_covariance_is_exact() -> None:
    a = torch.tensor([[0.5, 0.3], [0.3, 0.4]], dtype=torch.float64)
    exact = Gaussian(torch.tensor([1.0, -2.0], dtype=torch.float64), a)
    n = 40_000
    generator = torch.Generator().manual_seed(0)
    x = 5 * torch.randn(n, 2, generator=generator, dtype=torch.float64)
    x = x + exact.sample(n, generator)
    end = last(
        ancestral(exact, x, [5.0, 1.0, 0.0], gaussian=exact, noise=seeded(generator))
    )
    assert (torch.cov(end.T) - a).abs().max() < 5 * 0.5 * math.sqrt(2 / n)
    assert (end.mean(0) - exact.mean).abs().max() < 5 * math.sqrt(0.5 / n)


def test_langevin_bias_is_proportional_to_the_step() -> None:
    # Unadjusted Langevin on N(0, S^2) with curvature 1/S^2 and step h sigma^2 has the
    # stationary variance S^2 / (1 - h sigma^2 / (2 S^2)).
    sigma, total = 0.8, 0.36 + 0.64
    for step in (0.4, 0.2):

        def solver(denoise, x, grid, *, noise, step=step):  # noqa: ANN001, ANN202
            return langevin(denoise, x, grid[0], step=step, steps=60, noise=noise)

        _, variance = linear_moments(solver, GAUSSIAN, [sigma] * 20)
        expected = total / (1 - step * sigma**2 / (2 * total))
        assert float(variance) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("step", "bias"), [(0.2, 6e-2), (0.02, 8e-3)])
def test_annealed_langevin_and_corrector(step: float, bias: float) -> None:
    grid = np.geomspace(10.0, 0.5, 12).tolist()
    steps = int(6 / step)

    def moments(solver: Callable[..., object]) -> float:
        # linear_moments has room for 4 draws a level; a long walk needs more.
        rows = [grid[0]] * (steps * len(grid) // 4 + 1)

        def on_grid(denoise, x, _, *, noise):  # noqa: ANN001, ANN202
            return solver(denoise, x, grid, noise=noise)

        mean, variance = linear_moments(on_grid, GAUSSIAN, rows)
        assert float(mean) == pytest.approx(0.7, abs=2e-2)
        return abs(float(variance) - 0.61)

    assert moments(partial(annealed_langevin, step=step, steps=steps)) < bias
    corrected = partial(predictor_corrector, predictor=euler, step=step, steps=steps)
    assert moments(corrected) < bias


def test_corrector_mends_the_predictor() -> None:
    grid = np.geomspace(10.0, 0.1, 9).tolist()
    _, alone = linear_moments(partial(euler, eta=1.0), GAUSSIAN, grid)
    pc = partial(predictor_corrector, predictor=euler, step=0.05, steps=3)
    _, mended = linear_moments(pc, GAUSSIAN, grid)
    assert abs(float(mended) - 0.37) < abs(float(alone) - 0.37)


# Robustness.

SOLVERS: dict[str, Callable[..., object]] = {
    "euler": euler,
    "ddpm": partial(euler, eta=1.0),
    "heun": heun,
    "churn": partial(heun, churn=10.0),
    "ab2": multistep,
    "ab3 noise": partial(multistep, order=3, frame=NOISE),
    "ab3 angle": partial(multistep, order=3, frame=angle(0.8), along=clocks.COSINE),
    "unipc": partial(unipc, order=3),
    "ancestral": ancestral,
    "ancestral 2": partial(ancestral, order=2),
    "ancestral g": partial(ancestral, order=2, gaussian=Isotropic(torch.zeros(1), 0.8)),
    "langevin": partial(annealed_langevin, step=0.1, steps=2),
    "adaptive": partial(
        adaptive, gaussian=Isotropic(torch.zeros(1), 0.8), tolerance=1e-3
    ),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", SOLVERS)
def test_finite_from_ten_thousand_to_zero(name: str, dtype: torch.dtype) -> None:
    x = start(8, 1e4, dtype)[:, :1]
    grid = geometric(20, low=1e-4, high=1e4)
    steps: list[Step] = list(SOLVERS[name](ROUGH, x, grid))
    assert all(step.x.isfinite().all() for step in steps)
    assert steps[-1].x.dtype == dtype
    assert steps[-1].level == 0
    if name != "langevin":  # walks far too slowly to follow such a grid
        assert steps[-1].x.abs().max() < 3


@pytest.mark.parametrize("low", [0.1, 0.0])
@pytest.mark.parametrize("name", SOLVERS)
def test_the_prediction_of_a_step_is_one_of_the_denoisers(
    name: str, low: float
) -> None:
    said: list[Tensor] = []

    def denoise(x: Tensor, sigma: Tensor, /) -> Tensor:
        said.append(ROUGH(x, sigma))
        return said[-1]

    x = start()[:, :1]
    steps: list[Step] = list(SOLVERS[name](denoise, x, [5.0, 1.0, 0.3, low]))
    assert [step.level for step in steps] == [1.0, 0.3, low]
    for step in steps:
        assert any(step.denoised is each for each in said)


def test_adaptive_predicts_from_the_stop_before() -> None:
    x, grid = start()[:, :1], [5.0, 1.0, 0.0]
    one, two = adaptive(ROUGH, x, grid, gaussian=ROUGH.moments())
    torch.testing.assert_close(one.denoised, ROUGH(x, level(5.0)))
    torch.testing.assert_close(two.denoised, ROUGH(one.x, level(1.0)))


def test_langevin_ends_at_what_it_predicts() -> None:
    solve = partial(annealed_langevin, step=0.1, steps=2, noise=silent)
    one, two = solve(ROUGH, start()[:, :1], [5.0, 1.0, 0.0])
    assert torch.equal(two.x, two.denoised)
    assert torch.equal(two.x, ROUGH(one.x, level(1.0)))


def test_bf16_network_keeps_a_float_state() -> None:
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: Tensor, _: Tensor) -> Tensor:
            return self.layer(x)

    model = Preconditioned(Net(), data_std=0.5)
    with torch.autocast("cpu", torch.bfloat16):
        end = last(unipc(model, start(dtype=torch.float32), karras(8)))
    assert end.dtype == torch.float32
    assert end.isfinite().all()


def test_adaptive_reaches_its_tolerance() -> None:
    grid = np.geomspace(10.0, 0.1, 4001).tolist()
    exact = last(unipc(SMOOTH, start(), grid, order=3, frame=NOISE))
    errors = []
    for tolerance in (1e-4, 1e-7):
        counted = Counted(SMOOTH)
        end = last(
            adaptive(
                counted,
                start(),
                [10.0, 1.0, 0.1],
                gaussian=SMOOTH.moments(),
                tolerance=tolerance,
            )
        )
        errors.append(float((end - exact).abs().max()))
        assert errors[-1] < 50 * tolerance  # a step may err that much; they add up
        assert counted.nfe < 150
    assert errors[1] < errors[0]


def test_adaptive_starts_where_nothing_moves() -> None:
    # At 80 the slope is nearly 0; a first step guessed from it would be endless.
    exact = Isotropic(torch.zeros(2, dtype=torch.float64), 0.5)
    x = start(sigma=80.0)
    solve = partial(adaptive, gaussian=ROUGH.moments(), tolerance=1e-9)
    end = last(solve(ROUGH, x[:, :1], [80.0, 0.0]))
    assert end.isfinite().all()
    still = last(adaptive(exact, x, [80.0, 0.0], gaussian=exact, tolerance=1e-9))
    torch.testing.assert_close(still, exact.flow(x, 80.0, 0.0))


def test_adaptive_error_is_the_worst_samples() -> None:
    # One hard sample among many easy ones is integrated as well as alone.
    hard = torch.tensor([[0.02]], dtype=torch.float64)
    crowd = torch.cat([hard, torch.full((500, 1), 1e-9, dtype=torch.float64)])
    solve = partial(adaptive, gaussian=ROUGH.moments(), tolerance=1e-6)
    alone = last(solve(ROUGH, hard, [5.0, 0.01]))
    among = last(solve(ROUGH, crowd, [5.0, 0.01]))
    torch.testing.assert_close(alone[0], among[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float32, 1e-9), (torch.float32, 1e-12), (torch.float64, 1e-17)],
)
def test_adaptive_refuses_what_the_dtype_cannot_tell(
    dtype: torch.dtype, tolerance: float
) -> None:
    solve = partial(adaptive, gaussian=ROUGH.moments(), tolerance=tolerance)
    with pytest.raises(ValueError, match=f"tolerance.*{dtype}.*float64"):
        last(solve(ROUGH, start(dtype=dtype)[:, :1], [10.0, 0.0]))


def test_adaptive_names_the_first_nan() -> None:
    solve = partial(adaptive, gaussian=ROUGH.moments())
    counted = Counted(lambda x, s: x / x.new_zeros(()) if s < 1 else ROUGH(x, s))
    with pytest.raises(ValueError, match="NaN in what the denoiser returns"):
        last(solve(counted, start()[:, :1], [10.0, 0.0]))
    assert counted.nfe < 100
    with pytest.raises(ValueError, match="NaN in the state"):
        last(solve(ROUGH, start()[:, :1] * math.nan, [10.0, 0.0]))


@pytest.mark.parametrize("noise", [1e-3, 0.1])
def test_adaptive_finds_noise_out(noise: float) -> None:
    generator = seeded(torch.Generator().manual_seed(0))

    def restless(x: Tensor, sigma: Tensor, /) -> Tensor:
        return x / (1 + float(sigma) ** 2) + noise * generator(x)

    known = Isotropic(torch.zeros(1, dtype=torch.float64), 1.0)
    counted = Counted(restless)
    solve = partial(adaptive, gaussian=known, tolerance=1e-6)
    with pytest.raises(ValueError, match=r"two answers.*eval"):
        last(solve(counted, start()[:, :1], [10.0, 0.0]))
    assert counted.nfe < 1100


def test_adaptive_gives_up_on_a_jump_in_every_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = import_module("gendiff.solvers.adaptive")
    monkeypatch.setattr(module, "_MOST", 1500)
    # Rounded like a network of low precision: the same answer twice, and no slope.
    known = Isotropic(torch.zeros(1, dtype=torch.float64), 1.0)
    solve = partial(adaptive, gaussian=known, tolerance=1e-12)
    with pytest.raises(ValueError, match="a larger tolerance"):
        last(
            solve(lambda x, _: torch.round(64 * x) / 128, start(2)[:, :1], [10.0, 1.0])
        )


@pytest.mark.parametrize(
    "solver",
    [
        euler,
        heun,
        ancestral,
        multistep,
        unipc,
        partial(ancestral, order=2, gaussian=SMOOTH.moments()),
        partial(annealed_langevin, step=0.1, steps=2),
        partial(predictor_corrector, predictor=euler, step=0.1),
        partial(adaptive, gaussian=SMOOTH.moments(), tolerance=1e-3),
        Recurrent(euler, 2),
    ],
)
@pytest.mark.parametrize(
    ("own", "other"), [(torch.float64, torch.float32), (torch.float32, torch.float64)]
)
def test_a_state_keeps_its_precision_whatever_the_denoiser_has(
    solver: Solver, own: torch.dtype, other: torch.dtype
) -> None:
    def foreign(x: Tensor, sigma: Tensor, /) -> Tensor:
        return SMOOTH(x.double(), sigma).to(other)

    for grid in ([10.0, 1.0, 0.1], [10.0, 1.0, 0.0]):
        steps = list(solver(foreign, start(dtype=own), grid))
        assert [step.x.dtype for step in steps] == [own] * 2


def test_an_assertion_of_the_denoiser_s_own_is_passed_on() -> None:
    def wrong(x: Tensor, _: Tensor, /) -> Tensor:
        raise AssertionError("mine")

    with pytest.raises(AssertionError, match="mine"):
        last(adaptive(wrong, start(), [1.0, 0.0], gaussian=SMOOTH.moments()))


def test_bad_options_are_named() -> None:
    x, grid = start(), [1.0, 0.0]
    cases = {
        "eta": partial(euler, eta=2.0),
        "churn": partial(heun, churn=-1.0),
        "order": partial(multistep, order=4),
        "step": partial(annealed_langevin, step=2.5, steps=1),
        "churn is nan": partial(heun, churn=math.nan),
        "0 steps a level": partial(annealed_langevin, step=0.1, steps=0),
        "-3 steps a level": partial(
            predictor_corrector, predictor=euler, step=0.1, steps=-3
        ),
        "tolerance": partial(adaptive, gaussian=SMOOTH.moments(), tolerance=0.0),
    }
    for name, solver in cases.items():
        with pytest.raises(ValueError, match=name):
            last(solver(SMOOTH, x, grid))
    with pytest.raises(ValueError, match="-3 steps"):
        last(langevin(SMOOTH, x, 1.0, step=0.1, steps=-3))
    with pytest.raises(ValueError, match="order"):
        last(ancestral(SMOOTH, x, grid, order=3))
    with pytest.raises(ValueError, match="grid"):
        last(euler(SMOOTH, x, [0.0, 1.0]))
