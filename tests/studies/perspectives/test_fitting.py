"""Terms vanish for an exact model, agree where they are one, and train by them."""

import pytest
import torch
from torch import Tensor

from gendiff.consistency import fokker_planck
from gendiff.data import shuffled, two_bumps
from gendiff.distillation import TwoLevel
from gendiff.distillation.two_levels import aim
from gendiff.exact import QuantileFlow
from gendiff.nets import MLP
from gendiff.studies.perspectives import fitting
from gendiff.studies.perspectives.fitting import Beside
from gendiff.training import Plan, train
from gendiff.types import Batch, level, like

BUMPS = two_bumps()
X = torch.linspace(-3, 3, 41, dtype=torch.float64)[:, None]
SIGMA = torch.full((41,), 0.8, dtype=torch.float64)


def exact(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
    if bool((to == 0).all()):
        with torch.no_grad():
            levels = torch.broadcast_to(sigma, (len(x),))
            ends = [
                QuantileFlow(BUMPS)(x[i : i + 1], s, level(0.0))
                for i, s in enumerate(levels)
            ]
            return aim(x, torch.cat(ends), sigma, to)
    return BUMPS(x, sigma)


def wrong(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
    del to
    return BUMPS(x, sigma) + 0.1 * like(sigma, x) * x.sin()


def test_nothing_is_left_of_an_exact_model() -> None:
    assert float(fitting.equation(exact, X, SIGMA).abs().max()) < 1e-10
    assert float(fitting.drift(exact, X, 0.8).abs().max()) < 1e-10
    # The two that step are exact up to the step.
    assert float(fitting.kept(exact, X, SIGMA).abs().max()) < 0.02
    assert float(fitting.one_origin(exact, X, SIGMA).abs().max()) < 2e-3


@pytest.mark.parametrize(
    "term",
    [fitting.equation, fitting.kept, fitting.one_origin],
    ids=lambda f: f.__name__,
)
def test_something_is_left_of_another(term: fitting.Term) -> None:
    assert float(term(wrong, X, SIGMA).abs().max()) > 0.05


def test_the_drift_of_predictions_is_the_equation() -> None:
    left = fokker_planck(lambda x, s: wrong(x, s, s), X, level(0.8))
    torch.testing.assert_close(
        fitting.drift(wrong, X, 0.8), -(0.8**2) * left, rtol=1e-9, atol=1e-12
    )


def test_over_a_short_step_the_martingale_is_the_equation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def apart(keep: float) -> float:
        monkeypatch.setattr(fitting, "KEEP", keep)
        short = fitting.kept(wrong, X, SIGMA, nodes=9)
        return float((short - fitting.equation(wrong, X, SIGMA)).abs().max())

    coarse, fine = apart(0.98), apart(0.99)
    assert coarse < 0.05
    assert fine == pytest.approx(coarse / 2, rel=0.2)  # of first order in the step


def test_nothing_is_left_of_an_exact_model_place_by_place() -> None:
    lattice = torch.linspace(-8, 8, 321, dtype=torch.float64)[:, None]
    near = lattice[:, 0].abs() < 3
    for left in fitting.by_place(exact, lattice, 1.0, 0.5, steps=200):
        assert float(left[near].abs().max()) < 1e-4
    left = fitting.by_place(wrong, lattice, 1.0, 0.5, steps=200)
    assert min(float(each[near].abs().max()) for each in left) > 0.01


def test_a_term_is_added_to_every_sample_now_and_then() -> None:
    def nothing(model: object, batch: Batch, generator: torch.Generator) -> Tensor:
        del model, generator
        return torch.zeros(len(batch[0]))

    def ones(net: object, x: Tensor, sigma: Tensor) -> Tensor:
        del net
        assert bool(((sigma >= fitting.LOWEST) & (sigma <= fitting.HIGHEST)).all())
        return torch.ones_like(x)

    loss = Beside(nothing, ones, 3.0, torch.ones_like, every=4, size=8)
    chance = torch.Generator().manual_seed(0)
    batch = (torch.zeros(16, 1),)
    found = [loss(torch.nn.Identity(), batch, chance) for _ in range(400)]
    assert {float(each.unique()) for each in found} == {0.0, 3.0}
    had = sum(float(each[0]) > 0 for each in found) / 400
    assert had == pytest.approx(1 / 4, abs=0.07)


def test_training_by_the_equation_lowers_what_is_left_of_it() -> None:
    def nothing(model: object, batch: Batch, generator: torch.Generator) -> Tensor:
        del model, generator
        return torch.zeros(len(batch[0]))

    torch.manual_seed(0)
    net = TwoLevel(MLP(2, 8, 1, out=1), data_std=1.0)
    with torch.no_grad():
        net.net.last.weight.normal_()
    x, sigma = X.float(), SIGMA.float()
    before = float(fitting.equation(net, x, sigma).detach().square().mean())
    points = BUMPS.sample(500, torch.Generator().manual_seed(1)).float()
    loss = Beside(nothing, fitting.equation, 1.0, torch.ones_like)
    train(net, loss, shuffled(points, size=64), Plan(steps=40, learning_rate=1e-2))
    after = float(fitting.equation(net, x, sigma).detach().square().mean())
    assert after < before / 2
