"""Ties, and whether the ends of a range belong to it."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch

from gendiff.audio import Note, mix, mu_law, organ
from gendiff.clocks import FLOW_TIME
from gendiff.discrete import sources
from gendiff.discrete.surprisal import is_typical
from gendiff.estimate import fraction
from gendiff.exact import Isotropic
from gendiff.grids import demand_grid, even, from_alpha_bar, geometric, karras
from gendiff.guidance import (
    Contrast,
    Interval,
    Projected,
    Rescaled,
    Thresholded,
)
from gendiff.likelihood import log_density, log_density_estimate
from gendiff.metrics import count_modes, coverage, density, precision
from gendiff.metrics.neighbours import radii
from gendiff.nets import Banded
from gendiff.noise import silent
from gendiff.record import last
from gendiff.sampling import grid
from gendiff.solvers import (
    Recurrent,
    adaptive,
    ancestral,
    euler,
    heun,
    langevin,
    multistep,
)
from gendiff.testing import SMOOTH
from gendiff.tokens import empty, sample, uncached
from gendiff.tokens.decoding import nucleus, temperature, top_k, typical
from gendiff.tokens.search import beam
from gendiff.types import level
from gendiff.typicality import Sampled

X = torch.ones(3, 2, dtype=torch.float64)
KNOWN = SMOOTH.moments()
PUSH = Contrast(KNOWN, KNOWN, 2.0)
DISTRIBUTION = torch.zeros(1, 4).double()
EVEN = uncached(lambda _: DISTRIBUTION)
TINY = 1e-12
walk = partial(langevin, SMOOTH, X, 1.0, steps=1, noise=silent)


def play(velocity: float = 0.5, *, start: float = 0.0) -> torch.Tensor:
    note = Note(start, 0.01, 60.0, velocity)
    generator = torch.Generator().manual_seed(0)
    return mix([(organ, note)], seconds=0.02, rate=8000, generator=generator)


# What a function takes: values at the ends that are, and that are not, in its range.
RANGES: dict[str, tuple[Callable[[float], object], list[float], list[float]]] = {
    "grid": (lambda v: demand_grid([1.0, v]), [0.0, 1 - TINY], [1.0, -TINY]),
    "eta": (lambda v: last(euler(SMOOTH, X, [1.0, 0.5], eta=v)), [0, 1], [-TINY, 1.01]),
    "churn": (lambda v: last(heun(SMOOTH, X, [1.0, 0.5], churn=v)), [0], [-TINY]),
    "order": (
        lambda v: last(multistep(SMOOTH, X, [1.0, 0.5], order=int(v))), [1, 3], [0, 4],
    ),
    "order of the SDE": (
        lambda v: last(ancestral(SMOOTH, X, [1.0, 0.5], order=int(v))), [1, 2], [0, 3],
    ),
    "Langevin step": (lambda v: last(walk(step=v)), [TINY, 2 - TINY], [0, 2]),
    "tolerance": (
        lambda v: last(adaptive(KNOWN, X, [1.0, 0.5], gaussian=KNOWN, tolerance=v)),
        [torch.finfo(torch.float64).eps], [0.0, 1e-16],
    ),
    "low": (
        lambda v: log_density(KNOWN, X, gaussian=KNOWN, low=v, high=1.0),
        [1e-3, 1 - 1e-3], [0.0, 1.0],
    ),
    "probes": (
        lambda v: log_density_estimate(
            KNOWN, X, gaussian=KNOWN, low=0.5, high=1.0, probes=int(v)
        ), [2], [1],
    ),
    "evaluations": (lambda v: grid(int(v)), [1], [0]),
    "intervals": (lambda v: karras(int(v)), [1], [0]),
    "highest level": (lambda v: geometric(2, low=1.0, high=v), [1 + TINY], [1.0]),
    "unit": (lambda v: even(FLOW_TIME.scaled(v), 2), [TINY], [0.0, math.inf]),
    "rho": (lambda v: karras(2, rho=v), [1.0], [0.0, math.inf]),
    "alpha bar": (lambda v: from_alpha_bar([0.5, v]), [TINY, 1.0], [0.0, 1 + TINY]),
    "interval": (lambda v: Interval(KNOWN, KNOWN, 1.0, v), [1.0], [1 - TINY]),
    "percentile": (lambda v: Thresholded(KNOWN, percentile=v), [TINY, 1], [0, 1.01]),
    "limit": (lambda v: Thresholded(KNOWN, limit=v), [TINY], [0.0, math.inf]),
    "factor": (lambda v: Rescaled(PUSH, v), [0, 1], [-TINY, 1.01]),
    "radius": (lambda v: Projected(PUSH, 0.0, v), [math.inf], [0.0]),
    "repeats": (lambda v: Recurrent(euler, int(v)), [1], [0]),
    "std": (lambda v: Isotropic(torch.zeros(2), v), [TINY], [0.0, math.inf]),
    "nucleus": (lambda v: nucleus(DISTRIBUTION, p=v), [TINY, 1], [0, 1 + TINY]),
    "typical": (lambda v: typical(DISTRIBUTION, p=v), [TINY, 1], [0, 1 + TINY]),
    "tau": (lambda v: temperature(DISTRIBUTION, tau=v), [TINY], [0, math.inf]),
    "k": (lambda v: top_k(DISTRIBUTION, k=int(v)), [1, 4, 5], [0]),
    "width": (lambda v: list(beam(EVEN, empty(1)[0], 1, width=int(v))), [1, 9], [0]),
    "length": (
        lambda v: list(sample(EVEN, empty(1), int(v), torch.Generator())), [1], [0],
    ),
    "amplitude": (lambda v: mu_law(torch.tensor([v])), [-1, 1], [-1.001, 1.001]),
    "levels": (lambda v: mu_law(torch.zeros(1), levels=int(v)), [2], [1]),
    "velocity": (play, [TINY, 1], [0, 1.001]),
    "start of a note": (lambda v: play(start=v), [0.0], [-0.001]),
    "hits": (lambda v: fraction(int(v), 5, "draws"), [0, 5], [-1, 6]),
    "neighbour": (lambda v: radii(X, k=int(v)), [1, 2], [0, 3]),
    "epsilon": (lambda v: is_typical(X, 1.0, v), [TINY], [0.0]),
    "heads": (lambda v: sources.coin(2, v), [TINY, 0.999], [0, 1]),
    "tosses": (lambda v: sources.coin(int(v), 0.5), [1], [0]),
    "held share": (lambda v: sources.coin(2, 0.4).holding(v), [TINY, 0.99], [0, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_a_range_ends_where_it_says(name: str) -> None:
    call, inside, outside = RANGES[name]
    for value in inside:
        call(float(value))
    for value in outside:
        with pytest.raises(ValueError, match=r"."):
            call(float(value))


def test_an_interval_holds_both_of_its_ends() -> None:
    guide = Interval(lambda x, _: x + 1, lambda x, _: x, 0.5, 2.0)
    for sigma, moved in ((0.5, 1), (2.0, 1), (0.499, 0), (2.001, 0)):
        assert torch.equal(guide(X, level(sigma)), X + moved)


def test_churning_holds_both_of_its_ends() -> None:
    def told(low: float, high: float) -> float:
        seen: list[float] = []

        def spy(x: torch.Tensor, sigma: torch.Tensor, /) -> torch.Tensor:
            seen.append(float(sigma))
            return x / 2

        last(heun(spy, X, [1.0, 0.0], churn=0.1, churn_low=low, churn_high=high))
        return seen[0]

    assert told(1.0, 1.0) == pytest.approx(1.1)
    assert told(0.0, 0.99) == told(1.01, 2.0) == 1.0


def test_a_threshold_at_a_whole_rank_is_that_rank() -> None:
    # 0.07 of 100 numbers are 7, though 0.07 * 100 is more in floating point.
    guide = Thresholded(lambda x, _: x, limit=1.0, percentile=0.07)
    x = torch.arange(2.0, 102.0)[None]
    assert float(guide(x, level(1.0)).max()) == 1.0
    torch.testing.assert_close(guide(x, level(1.0))[0, :8].max(), torch.tensor(1.0))
    assert float(guide(x, level(1.0))[0, 0]) == pytest.approx(2 / 8)


def test_equal_tokens_at_half_of_the_mass_keep_half() -> None:
    for n in (2, 4, 8, 10, 64):
        for shape in (nucleus, typical):
            kept = shape(torch.zeros(1, n).double(), p=0.5) > -torch.inf
            assert int(kept.sum()) == n // 2
            assert kept[0, : n // 2].all()


@pytest.mark.parametrize(
    ("distribution", "share", "kept"),
    [
        ((0.5, 0.3, 0.2), 0.8, 2),
        ((0.5, 0.3, 0.2), 0.5, 1),
        ((0.5, 0.3, 0.2), 0.5001, 2),
        ((0.4, 0.3, 0.2, 0.1), 0.9, 3),
        ((0.4, 0.3, 0.2, 0.1), 0.7, 2),
        ((0.6, 0.1, 0.1, 0.1, 0.1), 0.7, 2),
        ((0.7, 0.2, 0.1), 1.0, 3),
    ],
)
def test_a_sum_that_equals_the_share_has_it(
    distribution: tuple[float, ...], share: float, kept: int
) -> None:
    logits = torch.tensor([distribution], dtype=torch.float64).log()
    assert int((nucleus(logits, p=share) > -torch.inf).sum()) == kept


def test_all_of_the_mass_is_every_token_that_has_any() -> None:
    logits = torch.tensor([[0.0, -60.0, -torch.inf]]).double()
    for shape in (nucleus, typical):
        assert (shape(logits, p=1.0) > -torch.inf).tolist() == [[True, True, False]]


@pytest.mark.parametrize("levels", [2, 3, 6, 7, 10, 255, 256])
def test_silence_is_rounded_up(levels: int) -> None:
    for dtype in (torch.float32, torch.float64):
        assert int(mu_law(torch.zeros((), dtype=dtype), levels=levels)) == levels // 2


def test_bounds_of_a_rounded_chain_hold_the_truth() -> None:
    rows = torch.tensor([[0.7, 0.3], [0.7, 0.3]], dtype=torch.float64)
    distribution = sources.chain_on_lattice(rows[0], rows, 1, spacing=0.5)
    least, most = distribution.bounds(torch.tensor(0.554, dtype=torch.float64))
    assert float(least) <= 0.7 <= float(most)
    for p in (0.55, 0.6, 0.7, 0.8, 0.93):
        row = torch.tensor([p, 1 - p], dtype=torch.float64)
        exact = sources.table(row.log())
        epsilon = torch.linspace(0.001, 3, 400, dtype=torch.float64)
        for spacing in (0.1, 0.3, 0.5, 0.9):
            rounded = sources.chain_on_lattice(
                row, row.expand(2, 2), 1, spacing=spacing
            )
            least, most = rounded.bounds(epsilon)
            truth = exact.mass(epsilon)
            assert (least <= truth + TINY).all()
            assert (truth <= most + TINY).all()


def test_typical_sets_hold_their_edges() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert is_typical(x, 2.0, 1.0).all()
    distribution = Sampled(x)
    ends = torch.tensor([1 - 1e-6, 1.0], dtype=torch.float64)
    assert distribution.mass(ends).tolist() == pytest.approx([1 / 3, 1.0])
    fair = sources.coin(1, 0.3)
    edge = (fair.surprisal - fair.entropy).abs()
    assert float(fair.mass(edge.max())) == pytest.approx(1.0)


def test_a_level_on_an_edge_goes_to_the_lower_band() -> None:
    class Plus(torch.nn.Module):
        def __init__(self, what: float) -> None:
            super().__init__()
            self.what = what

        def forward(self, x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
            return x + self.what

    net = Banded([Plus(0.0), Plus(1.0)], edges=[0.5])
    out = net(torch.zeros(3, 1), torch.tensor([0.4999, 0.5, 0.5001]))
    assert out[:, 0].tolist() == [0.0, 0.0, 1.0]


def test_a_point_on_the_rim_lies_in_the_ball() -> None:
    reals = torch.tensor([[0.0], [1.0], [5.0]])
    rim = torch.tensor([[2.0], [2.0]])  # the ball of 1 reaches from 0 to 2
    assert precision(rim, reals, k=1) == 1.0
    assert coverage(rim, reals, k=1) == pytest.approx(2 / 3)  # 5 reaches to 1
    assert density(rim, reals, k=1) == pytest.approx(2.0)


def test_the_core_holds_its_rim() -> None:
    half = 2 * math.log(2)  # the chi-square of 2 dimensions has exp(-r^2 / 2) outside
    points = torch.tensor([[math.sqrt(half) * 0.999, 0], [math.sqrt(half) * 1.001, 0]])
    modes = count_modes(points, torch.zeros(1, 2), torch.eye(2)[None], mass=0.5)
    assert modes.quality == 0.5
