"""Whatever takes a signal: in every dtype and mode, with every batch, or a refusal.

The same questions are put to all solvers, denoisers, views and guides: `TASKS` lists
them, and `test_nothing_is_left_out` that it lists all of them.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import partial

import jaxtyping
import pytest
import torch
from torch import Tensor, nn

from gendiff import (
    consistency,
    elbo,
    flow_maps,
    guidance,
    likelihood,
    sampling,
    score_matching,
    views,
)
from gendiff.exact import empirical, field, gaussian, interpolated, mixture, quantile
from gendiff.frames import FLOW
from gendiff.guidance import classifier as judged
from gendiff.interpolants import bridge
from gendiff.noise import silent
from gendiff.objectives import Objective, clean_weight
from gendiff.precondition import Preconditioned
from gendiff.record import last
from gendiff.solvers import (
    Recurrent,
    adaptive,
    annealed_langevin,
    langevin,
    multistep,
    ode,
    predictor_corrector,
    sde,
    unipc,
)
from gendiff.types import level

Task = Callable[[Tensor], Tensor]
GRID = [10.0, 3.0, 1.0, 0.3, 0.0]
AT = level(0.7)


def tasks() -> dict[str, Task]:
    """Return all of them on `(b, 2)`, with objects that nobody has used yet."""
    data = mixture.GaussianMixture.isotropic(
        torch.tensor([0.3, 0.7], dtype=torch.float64),
        torch.tensor([[-1.0, 0.5], [1.0, 0.0]], dtype=torch.float64),
        torch.tensor([0.8, 0.6], dtype=torch.float64),
    )
    normal = data.moments()
    round_ = gaussian.Isotropic(normal.mean, 0.7)
    wave = field.Field(torch.tensor([1.0, 0.5]).double(), torch.zeros(2).double())
    seen = empirical.Empirical(normal.sample(5, torch.Generator().manual_seed(0)))
    calm = {"noise": silent}

    def log_p(x: Tensor, sigma: Tensor, /) -> Tensor:
        return data.responsibilities(x, sigma)[:, 0].log()

    def slope(x: Tensor, /) -> Tensor:
        return data.score(x, AT)

    def jump(x: Tensor, sigma: Tensor, to: Tensor, /) -> Tensor:
        return x + (to - sigma).to(x) * views.noise(data, x, sigma)

    on_a_line = mixture.GaussianMixture(
        data.weights, data.means[:, :1], data.covariances[:, :1, :1]
    )
    line = quantile.QuantileFlow(on_a_line)
    between = interpolated.Interpolated(bridge(0.5), data, data)

    def solve(solver: Callable[..., object], **options: object) -> Task:
        return lambda x: last(solver(data, x, GRID, **options))

    def at(denoise: Callable[[Tensor, Tensor], Tensor]) -> Task:
        return lambda x: denoise(x, AT)

    found: dict[str, Task] = {
        "euler": solve(ode.euler),
        "euler ancestral": solve(ode.euler, eta=1.0, **calm),
        "heun": solve(ode.heun),
        "heun churned": solve(ode.heun, churn=2.0, **calm),
        "multistep": solve(multistep, order=3),
        "unipc": solve(unipc, order=3),
        "ancestral": solve(sde.ancestral, **calm),
        "ancestral 2": solve(sde.ancestral, order=2, gaussian=normal, **calm),
        "langevin": lambda x: last(
            langevin(data, x, 0.7, step=0.1, steps=3, noise=silent)
        ),
        "annealed_langevin": solve(annealed_langevin, step=0.1, steps=2, **calm),
        "predictor_corrector": solve(
            predictor_corrector, predictor=ode.heun, step=0.1, **calm
        ),
        "adaptive": solve(adaptive, gaussian=normal),
        "sample": lambda x: last(sampling.sample(data, x, gaussian=normal)),
        "sample round": lambda x: last(sampling.sample(data, x, gaussian=round_)),
        "sample field": lambda x: last(sampling.sample(data, x, gaussian=wave)),
        "log_density": lambda x: likelihood.log_density(
            data, x, gaussian=normal, low=0.1
        ),
        "log_density_estimate": lambda x: (
            likelihood.log_density_estimate(
                data, x, gaussian=normal, low=0.1, noise=torch.ones_like
            ).value
        ),
        "score": at(partial(views.score, data)),
        "noise": at(partial(views.noise, data)),
        "velocity": at(lambda x, s: views.velocity(data, x, s, FLOW)),
        "jacobian": at(partial(views.jacobian, data)),
        "posterior_covariance": at(partial(views.posterior_covariance, data)),
        "Contrast": at(guidance.Contrast(data, normal, 2.0)),
        "Interval": at(guidance.Interval(data, normal, 0.1, 1.0)),
        "Composed": at(guidance.Composed(normal, [(data, 2.0), (round_, -0.5)])),
        "Thresholded": at(guidance.Thresholded(data, limit=0.1)),
        "Rescaled": at(guidance.Rescaled(guidance.Contrast(data, normal, 2.0))),
        "Projected": at(
            guidance.Projected(guidance.Contrast(data, normal, 2.0), radius=0.1)
        ),
        "Tempered": at(guidance.Tempered(lambda x, _: x / 2, 1.5)),
        "Given": at(guidance.Given(data)),
        "ClassifierGuidance": at(judged.ClassifierGuidance(data, log_p, 2.0)),
        "UniversalGuidance": at(judged.UniversalGuidance(data, log_p, 2.0)),
        "BackwardGuidance": at(judged.BackwardGuidance(data, log_p, 2, 0.1)),
        "likelihood_score": at(partial(judged.likelihood_score, log_p)),
        "Labelled": lambda x: judged.Labelled(
            data.responsibilities, torch.zeros(len(x)).long()
        )(x, AT),
        "Recurrent": lambda x: last(Recurrent(ode.euler, 2, silent)(data, x, GRID)),
        "semigroup_residual": lambda x: flow_maps.semigroup_residual(
            jump, x, AT, AT / 2, AT / 3
        ),
        "lagrangian_residual": lambda x: flow_maps.lagrangian_residual(
            jump, data, x, AT, AT / 3
        ),
        "eulerian_residual": lambda x: flow_maps.eulerian_residual(
            jump, data, x, AT, AT / 3
        ),
        "mean_velocity": lambda x: flow_maps.mean_velocity(jump, x, AT, AT / 3, FLOW),
        "mean_flow_residual": lambda x: flow_maps.mean_flow_residual(
            jump, data, x, AT, AT / 3, FLOW
        ),
        "martingale": lambda x: (
            consistency.martingale(data, x, GRID[1:3], draws=2, noise=silent).value
        ),
        "same_origin": lambda x: consistency.same_origin(data, data, x, GRID[1:3]),
        "fokker_planck": at(partial(consistency.fokker_planck, data)),
        "explicit": lambda x: score_matching.explicit(slope, x, x / 2),
        "implicit": lambda x: score_matching.implicit(slope, x),
        "sliced": lambda x: score_matching.sliced(slope, x, x.sign()),
        "denoising": lambda x: score_matching.denoising(slope, x, AT, x.sign()),
        "variational_bound": lambda x: (
            elbo.variational_bound(data, x, GRID[:-1], noise=silent).nats
        ),
        "QuantileFlow": lambda x: line(x[:, 1:], AT, AT / 2),
        "QuantileFlow.cdf": lambda x: line.cdf(x[:, 1:], AT),
        "Interpolated.velocity": at(between.velocity),
        "Interpolated.score": at(between.score),
        "Empirical": at(seen),
        "Empirical.score": at(seen.score),
        "Empirical.log_density": at(seen.log_density),
        "Empirical.nearest": lambda x: seen.nearest(x)[0],
        "GaussianMixture": at(data),
        "GaussianMixture.score": at(data.score),
        "GaussianMixture.log_density": at(data.log_density),
        "GaussianMixture.responsibilities": at(data.responsibilities),
        "GaussianMixture.posterior_covariance": at(data.posterior_covariance),
    }
    for name, distribution in {
        "Gaussian": normal,
        "Isotropic": round_,
        "Field": wave,
    }.items():
        found[name] = at(distribution)
        found[f"{name}.score"] = at(distribution.score)
        found[f"{name}.log_density"] = at(distribution.log_density)
        found[f"{name}.whiten"] = lambda x, distribution=distribution: (
            distribution.whiten(x, 0.5)
        )
        found[f"{name}.unwhiten"] = lambda x, distribution=distribution: (
            distribution.unwhiten(x, 0.5)
        )
        found[f"{name}.residual"] = lambda x, distribution=distribution: (
            distribution.residual(x / 2, x, 0.5)
        )
        found[f"{name}.flow"] = lambda x, distribution=distribution: distribution.flow(
            x, 1.0, 0.1
        )
    return found


TASKS = tasks()
X = torch.randn(4, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
every = pytest.mark.parametrize("name", TASKS)
WHOLE = ("adaptive", "log_density", "log_density_estimate")
"""These integrate a batch as a whole, and complain."""


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Let through what the types forbid, as happens outside of the tests."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)


MODULES = [
    "consistency", "elbo", "flow_maps", "likelihood", "sampling", "score_matching",
    "views", "exact.empirical", "exact.field", "exact.gaussian", "exact.interpolated",
    "exact.mixture", "exact.quantile", "guidance.classifier", "guidance.contrast",
    "guidance.repairs", "solvers.adaptive", "solvers.langevin", "solvers.multistep",
    "solvers.ode", "solvers.recurrent", "solvers.sde",
]  # fmt: skip


def test_nothing_is_left_out() -> None:
    tools = {
        "Estimate", "bits_per_dim", "grid", "Diagonal", "demand_covariance",
        "integrate", "Bound", "step_weights", "FlowMap",
        "demand_finite", "unit",
    }  # fmt: skip
    # By name: a package hands on a function in the place of its module.
    modules = map(importlib.import_module, (f"gendiff.{name}" for name in MODULES))
    public = {
        name
        for module in modules
        for name, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
    listed = {name.split()[0].split(".")[0] for name in TASKS}
    assert public - tools == listed


@every
def test_float32_follows_float64(name: str) -> None:
    found = TASKS[name](X.float())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, TASKS[name](X).float(), rtol=1e-3, atol=1e-4)


@every
def test_autocast_changes_nothing(name: str) -> None:
    plain = TASKS[name](X.float())
    fresh = tasks()[name]
    with torch.autocast("cpu", torch.bfloat16):
        cast = fresh(X.float())
    assert cast.dtype == torch.float32
    assert torch.equal(cast, plain)
    assert torch.equal(fresh(X.float()), plain)  # nothing rounded was kept


@every
def test_inference_mode_changes_nothing_and_leaves_nothing(name: str) -> None:
    fresh = tasks()[name]
    with torch.inference_mode():
        inside = fresh(X.clone())
    assert torch.equal(inside, TASKS[name](X))
    x = X.clone().requires_grad_()
    fresh(x)  # "Inference tensors cannot be saved for backward"


@every
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool])
def test_whole_numbers_are_refused(name: str, dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match="floating-point"):
        TASKS[name](torch.ones(2, 2, dtype=dtype))


@every
def test_a_batch_of_one_or_none(name: str) -> None:
    found = TASKS[name](X)
    one = TASKS[name](X[:1])
    rtol = 1e-3 if name in WHOLE else 1e-9  # they share their steps
    torch.testing.assert_close(one, found[:1], rtol=rtol, atol=rtol)
    none = TASKS[name](X[:0])
    assert none.shape == (0, *found.shape[1:])
    assert none.dtype == found.dtype


@every
def test_nan_stays_in_its_sample(name: str) -> None:
    x = X.clone()
    x[0, 1] = torch.nan
    if name in WHOLE:
        with pytest.raises(ValueError, match="NaN"):
            TASKS[name](x)
        return
    found = TASKS[name](x)
    assert found[0].isnan().any()
    torch.testing.assert_close(found[1:], TASKS[name](X)[1:])


@pytest.mark.usefixtures("unchecked")
def test_solvers_refuse_whole_numbers_before_they_ask_anybody() -> None:
    def never(*_: Tensor) -> Tensor:
        raise AssertionError

    x = torch.ones(2, 2, dtype=torch.int64)
    known = gaussian.Isotropic(torch.zeros(2), 0.5)
    walk = {"step": 0.1, "steps": 1}
    for run in (
        ode.euler(never, x, GRID),
        ode.heun(never, x, GRID),
        multistep(never, x, GRID),
        unipc(never, x, GRID),
        sde.ancestral(never, x, GRID),
        langevin(never, x, 1.0, **walk),
        annealed_langevin(never, x, GRID, **walk),
        sampling.sample(never, x, gaussian=known),
        adaptive(never, x, GRID, gaussian=known),
    ):
        with pytest.raises(ValueError, match="floating-point"):
            last(run)


@pytest.mark.usefixtures("unchecked")
def test_parameters_of_whole_numbers_are_refused() -> None:
    whole, eye = torch.zeros(2, dtype=torch.int64), torch.eye(2)
    for make in (
        lambda: gaussian.Isotropic(whole, 0.5),
        lambda: gaussian.Gaussian(whole, eye),
        lambda: gaussian.Gaussian(torch.zeros(2), eye.long()),
        lambda: field.Field(torch.ones(2).long(), torch.zeros(2)),
        lambda: field.Field(torch.ones(2), whole),
        lambda: mixture.GaussianMixture(torch.ones(1), whole[None], eye[None]),
        lambda: mixture.GaussianMixture.isotropic(torch.ones(1), whole[None], 1.0),
    ):
        with pytest.raises(ValueError, match="floating-point"):
            make()


@pytest.mark.usefixtures("unchecked")
def test_plain_numbers_for_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.0, no tensor.*torch\.zeros"):
        gaussian.Isotropic(0.0, 0.5)
    for denoise in (TASKS["GaussianMixture"], TASKS["Empirical.log_density"]):
        assert denoise(X).isfinite().all()
    distribution = gaussian.Isotropic(torch.zeros(2), 1.0)
    net = Preconditioned(nn.Identity(), data_std=0.5)
    for ask in (
        distribution,
        distribution.score,
        distribution.log_density,
        net,
        partial(views.score, distribution),
    ):
        with pytest.raises(ValueError, match=r"0\.5, no tensor.*level\(0\.5\)"):
            ask(X, 0.5)


@pytest.mark.usefixtures("unchecked")
def test_an_objective_refuses_images_of_bytes() -> None:
    loss = Objective(lambda n, _: torch.ones(n, dtype=torch.float64), clean_weight)
    batch = (torch.zeros(3, 4, dtype=torch.uint8),)
    with pytest.raises(ValueError, match=r"torch\.uint8"):
        loss(lambda x, _: x, batch, torch.Generator())


def test_wiener_filters_by_hand() -> None:
    x, at = torch.tensor([[1.0, 0.0]]), torch.tensor(0.5)
    distribution = gaussian.Isotropic(torch.zeros(2), 1.0)
    torch.testing.assert_close(distribution(x, at), torch.tensor([[0.8, 0.0]]))
    assert float(distribution.log_density(x, at)) == pytest.approx(-2.4610, abs=1e-4)
    quarter = gaussian.Gaussian(torch.zeros(2), torch.eye(2) / 4)
    torch.testing.assert_close(quarter(x, at), torch.tensor([[0.5, 0.0]]))
