"""Bounds of the trainer: which ends are open, and what happens exactly there."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import torch

from gendiff import levels, objectives
from gendiff.clocks import COSINE, FLOW_TIME, LOG
from gendiff.data import dropped, shuffled, stream
from gendiff.frames import angle
from gendiff.training import (
    Average,
    Exponential,
    Plan,
    Power,
    Snapshot,
    adamw,
    constant,
    cosine,
    linear,
    profile_weights,
    synthesise,
)
from gendiff.training.randomness import global_state_kept

WIDEST = 12**-0.5
TINY = 5e-324


@pytest.mark.parametrize(
    "make",
    [
        lambda: Plan(steps=1, save_every=1, warm_up=0.0, weight_decay=0.0),
        lambda: Plan(seconds=TINY, learning_rate=TINY, clip=TINY),
        lambda: Plan(steps=1, clip=math.inf, warm_up=math.nextafter(1, 0)),
        lambda: Exponential(0.0),
        lambda: Exponential(math.nextafter(1, 0)),
        lambda: Power(math.nextafter(WIDEST, 0)),
        lambda: levels.log_normal(0.0, TINY),
        lambda: levels.uniform(LOG, TINY, 1.0),
        lambda: levels.uniform(LOG, 1.0, math.nextafter(1, 2)),
        lambda: levels.uniform(FLOW_TIME.scaled(1e-300), 0.0, 1.0),
        lambda: levels.uniform(COSINE, 0.0, 1.0),
        lambda: levels.among([TINY, 1e308]),
        lambda: objectives.edm_weight(TINY),
        lambda: angle(1e-100),
        lambda: stream(levels.among([1.0]), size=1),
        lambda: shuffled(torch.zeros(1), size=1),
        lambda: dropped(stream(levels.among([1.0]), size=1), rate=0.0, unknown=0),
        lambda: dropped(stream(levels.among([1.0]), size=1), rate=1.0, unknown=0),
    ],
)
def test_what_lies_just_inside_is_taken(make: Callable[[], object]) -> None:
    make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Plan(steps=0),
        lambda: Plan(seconds=0.0),
        lambda: Plan(seconds=math.inf),
        lambda: Plan(steps=1, learning_rate=0.0),
        lambda: Plan(steps=1, learning_rate=math.inf),
        lambda: Plan(steps=1, warm_up=1.0),
        lambda: Plan(steps=1, warm_up=-TINY),
        lambda: Plan(steps=1, clip=0.0),
        lambda: Plan(steps=1, clip=math.nan),
        lambda: Plan(steps=1, weight_decay=-TINY),
        lambda: Plan(steps=1, weight_decay=math.inf),
        lambda: Plan(steps=1, save_every=0),
        lambda: Exponential(1.0),
        lambda: Exponential(-TINY),
        lambda: Power(0.0),
        lambda: Power(WIDEST),
        lambda: levels.log_normal(0.0, 0.0),
        lambda: levels.log_normal(math.inf, 1.0),
        lambda: levels.log_normal(0.0, math.inf),
        lambda: levels.uniform(LOG, 0.0, 1.0),
        lambda: levels.uniform(LOG, 1.0, 1.0),
        lambda: levels.uniform(LOG, 1.0, math.inf),
        lambda: levels.uniform(FLOW_TIME, -TINY, 1.0),
        lambda: levels.uniform(FLOW_TIME, 1.0, 1.0),
        lambda: levels.uniform(FLOW_TIME.scaled(math.inf), 0.0, 1.0),
        lambda: levels.uniform(COSINE.scaled(0.0), 0.0, 1.0),
        lambda: levels.logit_normal(0.0, 1.0, shift=-TINY),
        lambda: levels.among([math.inf]),
        lambda: levels.among([0.0]),
        lambda: levels.among([math.nan]),
        lambda: objectives.edm_weight(math.inf),
        lambda: objectives.edm_weight(math.nan),
        lambda: angle(math.inf),
        lambda: stream(levels.among([1.0]), size=0),
        lambda: dropped(stream(levels.among([1.0]), size=1), rate=-TINY, unknown=0),
        lambda: dropped(
            stream(levels.among([1.0]), size=1), rate=math.nextafter(1, 2), unknown=0
        ),
    ],
)
def test_what_lies_on_an_open_end_or_beyond_is_refused(
    make: Callable[[], object],
) -> None:
    with pytest.raises(ValueError, match=r"give|need|finite"):
        make()


# Values exactly at the ends


@pytest.mark.parametrize(
    ("decay", "start", "half", "end"),
    [(cosine, 1, 0.5, 0), (linear, 1, 0.5, 0), (constant, 1, 1, 1)],
)
def test_decays_at_their_ends(
    decay: Callable[[float], float], start: float, half: float, end: float
) -> None:
    found = [decay(done) for done in (0.0, 0.5, 1.0)]
    assert found == pytest.approx([start, half, end], abs=1e-15)


def test_the_rate_at_the_ends_of_the_warm_up() -> None:
    plan = Plan(steps=1, learning_rate=2.0, warm_up=0.25, decay=linear)
    assert plan.rate(0.0) == 0
    assert plan.rate(0.125) == 2 * 0.5 * 0.875  # risen by half, fallen by an eighth
    assert plan.rate(0.25) == 2 * 0.75
    assert plan.rate(1.0) == 0
    at_once = Plan(steps=1, learning_rate=2.0, warm_up=0.0, decay=linear)
    assert at_once.rate(0.0) == 2


def test_profiles_at_the_first_steps() -> None:
    assert Power(0.1)(1) == 0  # the initial weights count nothing
    assert Power(0.1)(2) == 0.5 ** (Power(0.1).exponent + 1)
    assert Exponential(0.0)(1) == 0
    assert Exponential(0.1)(1) == 0.1  # both bounds of the minimum
    assert Exponential(0.5)(9) == 0.5


def test_the_least_width_of_an_exponential_is_no_average() -> None:
    model = torch.nn.Linear(1, 1)
    average = Average(model)
    with torch.no_grad():
        model.weight.fill_(3.0)
    average.update(model, Exponential(0.0)(1))
    assert float(average.model.weight) == 3.0


def test_profile_weights_end_with_their_step() -> None:
    weights = profile_weights(Power(0.1), 3, 5)
    assert weights[3:].tolist() == [0, 0]
    assert (weights[:3] > 0).all()
    assert float(weights.sum()) == pytest.approx(1)


def test_synthesis_at_the_last_step_is_possible_and_no_later() -> None:
    stored = [Snapshot(Power(0.1), 4, {"w": torch.ones(1)})]
    assert float(synthesise(stored, Power(0.1), step=4)["w"]) == pytest.approx(1)
    with pytest.raises(ValueError, match="step 5 lies beyond"):
        synthesise(stored, Power(0.1), step=5)


@pytest.mark.parametrize(
    "density",
    [
        levels.uniform(LOG, 0.5, 2.0),
        levels.uniform(FLOW_TIME, 0.5, 2.0),
        levels.uniform(COSINE, 0.5, 2.0),
    ],
)
def test_a_support_holds_its_ends(density: levels.Density) -> None:
    ends = torch.tensor([0.5, 2.0], dtype=torch.float64)
    assert (density.pdf(ends) > 0).all()
    assert density.pdf(ends * torch.tensor([0.99, 1.01])).tolist() == [0, 0]
    shares = torch.tensor([0.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(density.quantile(shares), ends, rtol=1e-12, atol=0)


def test_matrices_decay_and_vectors_do_not() -> None:
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 2), torch.nn.LayerNorm(2), torch.nn.Conv1d(1, 1, 1)
    )
    optimiser = adamw(model, Plan(steps=1, weight_decay=0.5))
    decays = {
        id(p): group["weight_decay"]
        for group in optimiser.param_groups
        for p in group["params"]
    }
    assert len(decays) == 6
    for p in model.parameters():
        assert decays[id(p)] == (0.5 if p.ndim > 1 else 0.0)
    (alone,) = adamw(model, Plan(steps=1)).param_groups
    assert alone["weight_decay"] == 0


def test_global_randomness_is_given_back_after_an_error() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with suppress(KeyError), global_state_kept(torch.device("cpu")):
        torch.rand(5)
        raise KeyError
    assert torch.equal(torch.rand(2), expected)


# Between parts


def test_each_sample_has_the_weight_of_its_own_level() -> None:
    seen: list[Any] = []

    def model(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        seen.append(sigma)
        return torch.zeros_like(x)

    objective = objectives.Objective(
        levels.among([0.5, 1.0, 2.0]), objectives.noise_weight
    )
    x0 = torch.full((30, 2), 3.0, dtype=torch.float64)
    losses = objective(model, (x0,), torch.Generator().manual_seed(0))
    torch.testing.assert_close(losses, 9 / seen[0] ** 2)
    assert len(set(losses.tolist())) == 3


def test_levels_and_noise_are_drawn_apart() -> None:
    """The noise of a sample tells nothing of its level: two draws of one stream."""
    seen: list[Any] = []

    def model(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        seen.append((x, sigma))
        return x

    density = levels.log_normal(0.0, 1.0)
    objective = objectives.Objective(density, objectives.clean_weight)
    x0 = torch.zeros(4000, 1, dtype=torch.float64)
    objective(model, (x0,), torch.Generator().manual_seed(0))
    ((x, sigma),) = seen
    expected = density(4000, torch.Generator().manual_seed(0))
    assert torch.equal(sigma, expected)
    pair = torch.stack([(x[:, 0] / sigma), sigma.log()])
    assert abs(float(pair.corrcoef()[0, 1])) < 0.06
    assert float(pair[0].std()) == pytest.approx(1, abs=0.05)
    assert abs(float(pair[0].mean())) < 0.06
