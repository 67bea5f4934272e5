"""Other libraries, brought to one form: the fixtures of every benchmark.

A sampler here is `(denoise, noise, evaluations) -> (end, start level)`; it begins at
the start level times `noise`, calls `denoise(x, sigma)` at most `evaluations` times and
returns None where it cannot be run with so few. Each is fed the levels of its own
table, so that the solver alone is judged.
"""

import importlib
import importlib.util
import math
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from gendiff.grids import geometric, karras
from gendiff.record import Counted
from gendiff.types import Denoiser

LOW, HIGH = 0.002, 80.0
NAMES = [
    "diffusers",
    "azula",
    "flow_matching",
    "torchsde",
    "ot",  # codespell:ignore ot
    "k_diffusion",
    "torchcfm",
    "smalldiffusion",
]

End = tuple[Tensor, float]
Sampler = Callable[[Denoiser, Tensor, int], End | None]


def demand() -> None:
    """Leave with a message unless every peer can be imported.

    Raises:
        SystemExit: Naming what is missing and how to install it.
    """
    missing = [name for name in NAMES if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(
            f"a comparison needs its peers; missing: {', '.join(missing)}. Install "
            "them with\n  pip install -r tests/benchmarks/requirements.txt\n"
            "  pip install --no-deps -r tests/benchmarks/requirements-no-deps.txt"
        )


@contextmanager
def stand_ins() -> Iterator[None]:
    """Let peers import torchvision, which nothing here uses, from mocks."""
    inner = ("", ".transforms", ".datasets", ".utils", ".models")
    names = [f"torchvision{name}" for name in inner]
    absent = {n: mock.MagicMock() for n in names if n not in sys.modules}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.modules.update(absent)
        try:
            yield
        finally:
            for name in absent:
                sys.modules.pop(name, None)


def k_diffusion() -> Any:
    """Return k_diffusion.sampling, without all that the package itself imports."""
    if "k_diffusion.sampling" not in sys.modules:
        spec = importlib.util.find_spec("k_diffusion")
        assert spec is not None
        package = types.ModuleType("k_diffusion")
        package.__path__ = list(spec.submodule_search_locations or [])
        sys.modules["k_diffusion"] = package
        with stand_ins():
            importlib.import_module("k_diffusion.sampling")
    return sys.modules["k_diffusion.sampling"]


def kd(
    name: str,
    grid: Callable[..., list[float]] = karras,
    *,
    per_step: int = 1,
    **options: Any,
) -> Sampler:
    """Wrap a sampler of k-diffusion."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
        # The last step, to 0, takes one evaluation in all of them.
        n = (evaluations + per_step - 1) // per_step
        sigmas = torch.tensor(grid(n, low=LOW, high=HIGH), dtype=noise.dtype)
        sample = getattr(k_diffusion(), name)
        end = sample(
            lambda x, s: denoise(x, s[0]), noise * HIGH, sigmas, disable=True, **options
        )
        return end, HIGH

    return run


def diffusers(name: str, **options: Any) -> Sampler:
    """Wrap a multistep scheduler of diffusers, which keeps a table of levels."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
        import diffusers as package  # noqa: PLC0415  (slow to import)

        scheduler = getattr(package, name)(**options)
        scheduler.set_timesteps(evaluations)
        sigmas = scheduler.sigmas.to(noise.dtype)
        scale = (1 + sigmas**2).sqrt()  # from its variance-preserving states to ours
        x = noise * sigmas[0] / scale[0]
        for i, t in enumerate(scheduler.timesteps):
            state = x * scale[i]
            eps = (state - denoise(state, sigmas[i])) / sigmas[i]
            x = scheduler.step(eps, t, x).prev_sample
        return x * scale[-1], float(sigmas[0])

    return run


def wide_betas(n: int = 1000) -> np.ndarray:
    """Return the betas that give diffusers a geometric table from LOW to HIGH."""
    kept = 1 / (1 + np.geomspace(LOW, HIGH, n) ** 2)
    return 1 - kept / np.concatenate([[1.0], kept[:-1]])


def azula(name: str, *, rho: float, order: int) -> Sampler:
    """Wrap a sampler of azula; `rho = inf` spaces evenly in log sigma."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End:
        sample = importlib.import_module("azula.sample")
        parts = importlib.import_module("azula.denoise")
        noises = importlib.import_module("azula.noise")

        class Levels(noises.Schedule):
            def __call__(self, t: Tensor) -> tuple[Tensor, Tensor]:
                if math.isinf(rho):
                    sigma = (t * math.log(HIGH) + (1 - t) * math.log(LOW)).exp()
                else:
                    sigma = (t * HIGH ** (1 / rho) + (1 - t) * LOW ** (1 / rho)) ** rho
                return torch.ones_like(t), sigma

        class Exact(parts.Denoiser):
            def __init__(self) -> None:
                super().__init__()
                self.schedule = Levels()

            def forward(self, x: Tensor, t: Tensor) -> Any:
                return parts.DiracPosterior(denoise(x, self.schedule(t)[1]))

        options = {"steps": evaluations, "order": order, "dtype": noise.dtype}
        sampler = getattr(sample, name)(Exact(), silent=True, **options)
        return sampler(noise * HIGH), HIGH

    return run


def flow_matching(method: str, *, per_step: int) -> Sampler:
    """Wrap flow_matching's solver on the straight path, from infinite noise."""

    def run(denoise: Denoiser, noise: Tensor, evaluations: int) -> End | None:
        n = evaluations // per_step
        if n < 2:
            return None
        solver = importlib.import_module("flow_matching.solver").ODESolver
        tiny = 1e-9  # the first velocity, at t = 0, is that at a level of 1e9

        def velocity(x: Tensor, t: Tensor) -> Tensor:
            t = t.to(x.dtype).clamp(min=tiny)
            return (denoise(x / t, (1 - t) / t) - x) / (1 - t)

        grid = torch.linspace(0, 1, n + 1, dtype=noise.dtype)
        ends = solver(velocity_model=velocity).sample(
            noise, step_size=None, method=method, time_grid=grid
        )
        return ends, math.inf

    return run


def counted(sampler: Sampler, denoise: Denoiser, noise: Tensor, budget: int) -> Any:
    """Run a sampler and check that it kept to its budget."""
    watched = Counted(denoise)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = sampler(watched, noise, budget)
    assert watched.nfe <= budget, f"{watched.nfe} evaluations instead of {budget}"
    return out


_WIDE = {"trained_betas": wide_betas()}
_KARRAS = {**_WIDE, "use_karras_sigmas": True}
_EXPONENTIAL = {**_WIDE, "use_exponential_sigmas": True}
_SILENT = {"eta": 0.0, "noise_sampler": lambda *_: 0.0}

SAMPLERS: dict[str, Sampler] = {
    "k-diffusion heun": kd("sample_heun", per_step=2),
    "k-diffusion lms(4)": kd("sample_lms"),
    "k-diffusion dpmpp_2m": kd("sample_dpmpp_2m"),
    "k-diffusion dpmpp_2m geometric": kd("sample_dpmpp_2m", geometric),
    "k-diffusion dpmpp_3m geometric": kd("sample_dpmpp_3m_sde", geometric, **_SILENT),
    "diffusers DPM++(2M) lu": diffusers(
        "DPMSolverMultistepScheduler", use_lu_lambdas=True
    ),
    "diffusers DPM++(3M) exponential": diffusers(
        "DPMSolverMultistepScheduler", solver_order=3, **_EXPONENTIAL
    ),
    "diffusers UniPC(2)": diffusers("UniPCMultistepScheduler", **_KARRAS),
    "diffusers UniPC(3)": diffusers(
        "UniPCMultistepScheduler", solver_order=3, **_KARRAS
    ),
    "diffusers UniPC(3) exponential": diffusers(
        "UniPCMultistepScheduler", solver_order=3, **_EXPONENTIAL
    ),
    "diffusers DEIS(3)": diffusers("DEISMultistepScheduler", solver_order=3, **_KARRAS),
    "azula zEAB(3)": azula("zEABSampler", rho=7, order=3),
    "azula zEAB(3) geometric": azula("zEABSampler", rho=math.inf, order=3),
    "azula xEAB(3)": azula("xEABSampler", rho=7, order=3),
    "azula xEAB(3) geometric": azula("xEABSampler", rho=math.inf, order=3),
    "azula xEAB(2) geometric": azula("xEABSampler", rho=math.inf, order=2),
    "azula vAB(2)": azula("vABSampler", rho=7, order=2),
    "flow_matching euler": flow_matching("euler", per_step=1),
    "flow_matching midpoint": flow_matching("midpoint", per_step=2),
}
