"""Write pinned.json: what diffusers and k-diffusion compute on one small problem.

Run by hand when a case is added, in an environment that has the peers (see
tests/benchmarks/requirements.txt)::

    python tests/peers/pin.py

Nothing here imports gendiff: problem, denoiser and noise are written out, and stored
beside the numbers, so that `test_pinned.py` needs no peer.
"""

import importlib.util
import json
import math
import platform
import sys
import types
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import diffusers
import torch
from torch import Tensor

WEIGHTS = [0.5, 0.3, 0.2]
MEANS = [[-0.8, 0.1], [0.6, 0.7], [0.3, -0.9]]
STD = 0.25
SIGMAS = [10.0, 6.0, 3.1, 1.4, 0.5, 0.2, 0.05, 0.0]
START = [[4.0, -11.0], [-7.0, 2.5], [13.0, 6.0]]


def denoise(x: Tensor, sigma: Tensor | float) -> Tensor:
    """Return the posterior mean of a mixture of round Gaussians."""
    means, variance = torch.tensor(MEANS, dtype=x.dtype), STD**2
    sigma = torch.as_tensor(sigma, dtype=x.dtype).reshape(-1, 1)
    total = variance + sigma**2
    square = (x[:, None] - means).square().sum(-1)
    share = (torch.tensor(WEIGHTS, dtype=x.dtype).log() - square / (2 * total)).softmax(
        -1
    )
    return share @ means * sigma**2 / total + x * variance / total


def noises(n: int) -> list[Tensor]:
    """Return draws that no random number generator is needed for."""
    shape = (len(START), 2)
    flat = torch.arange(n * len(START) * 2, dtype=torch.float64)
    return list((1.7 * torch.sin(1 + 2.3 * flat)).reshape(n, *shape))


def k_diffusion() -> types.ModuleType:
    """Import k_diffusion.sampling without the package's own long list of imports."""
    spec = importlib.util.find_spec("k_diffusion")
    assert spec is not None, "pip install --no-deps k-diffusion"
    package = types.ModuleType("k_diffusion")
    package.__path__ = list(spec.submodule_search_locations or [])
    names = ["torchvision", "torchvision.transforms"]
    with mock.patch.dict(sys.modules, {n: mock.MagicMock() for n in names}):
        sys.modules["k_diffusion"] = package
        return importlib.import_module("k_diffusion.sampling")


def from_k_diffusion() -> dict[str, dict[str, object]]:
    """Run k-diffusion in float64 on the sigmas of this file."""
    kd = k_diffusion()
    start = torch.tensor(START, dtype=torch.float64)

    def run(name: str, sigmas: list[float] = SIGMAS, **options: object) -> object:
        grid = torch.tensor(sigmas, dtype=torch.float64)
        draws = iter(noises(len(sigmas)))
        if "noise_sampler" in options:
            options["noise_sampler"] = lambda *_: next(draws)
        with mock.patch("torch.randn_like", side_effect=draws):
            end = getattr(kd, name)(denoise, start, grid, disable=True, **options)
        return {"end": end.tolist()}

    def fine(n: int) -> list[float]:
        ramp = torch.linspace(math.log(10.0), math.log(0.05), n + 1).double()
        return ramp.exp().tolist()

    cases = {
        "euler": run("sample_euler"),
        "heun": run("sample_heun"),
        "heun with churn": run("sample_heun", s_churn=1.4, s_noise=1.003),
        "euler ancestral": run("sample_euler_ancestral", noise_sampler=True),
        "dpmpp 2m sde heun": run(
            "sample_dpmpp_2m_sde", noise_sampler=True, solver_type="heun"
        ),
    }
    for n in (20, 40):
        cases[f"dpmpp 2m, {n} steps"] = {
            "sigmas": fine(n),
            **run("sample_dpmpp_2m", fine(n)),
        }
    karras = kd.get_sigmas_karras(8, 0.01, 50.0, rho=5.0)
    exponential = kd.get_sigmas_exponential(8, 0.01, 50.0)
    cases["karras grid"] = {"sigmas": karras.double().tolist()}
    cases["exponential grid"] = {"sigmas": exponential.double().tolist()}
    return cases


def from_diffusers() -> dict[str, dict[str, object]]:
    """Run schedulers of diffusers; their variance-preserving states are unscaled."""

    def multistep(cls: str, keep: int, **options: object) -> dict[str, object]:
        scheduler = getattr(diffusers, cls)(lower_order_final=False, **options)
        scheduler.set_timesteps(9)
        sigmas = scheduler.sigmas.double()
        states = run(scheduler, sigmas, lambda x, i: {})
        return {"sigmas": sigmas[: keep + 1].tolist(), "end": states[keep - 1].tolist()}

    def ddim(eta: float) -> dict[str, object]:
        scheduler = diffusers.DDIMScheduler(
            clip_sample=False, timestep_spacing="trailing"
        )
        # A divisor of 1000: else its step ends where the next does not start.
        scheduler.set_timesteps(10)
        ab = scheduler.alphas_cumprod.double()[scheduler.timesteps]
        sigmas = torch.cat([((1 - ab) / ab).sqrt(), torch.zeros(1).double()])
        draws = noises(10)
        states = run(
            scheduler, sigmas, lambda x, i: {"eta": eta, "variance_noise": draws[i]}
        )
        return {"sigmas": sigmas.tolist(), "end": states[-1].tolist()}

    def run(
        scheduler: object,
        sigmas: Tensor,
        options: Callable[[Tensor, int], dict[str, object]],
    ) -> list[Tensor]:
        unit = torch.tensor(START, dtype=torch.float64) / 10
        x, states = unit * sigmas[0] / (1 + sigmas[0] ** 2).sqrt(), []
        for i, t in enumerate(scheduler.timesteps):
            scale = (1 + sigmas[i] ** 2).sqrt()
            eps = (x * scale - denoise(x * scale, sigmas[i])) / sigmas[i]
            x = scheduler.step(eps, t, x, **options(x, i)).prev_sample
            states.append(x * (1 + sigmas[i + 1] ** 2).sqrt())
        return states

    return {
        "ddim": ddim(0.0),
        "ddim eta 1": ddim(1.0),
        "dpmpp 2m heun": multistep(
            "DPMSolverMultistepScheduler", 9, solver_type="heun"
        ),
        # Its last step, to the smallest level of its table, is of another kind.
        "deis 2": multistep("DEISMultistepScheduler", 8, solver_order=2),
    }


def main() -> None:
    """Run the peers and write the file."""
    names = ["diffusers", "k-diffusion", "torch"]
    pinned = {
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in names},
        "problem": {"weights": WEIGHTS, "means": MEANS, "std": STD},
        "start": START,
        "sigmas": SIGMAS,
        "noises": [draw.tolist() for draw in noises(10)],
        "k-diffusion": from_k_diffusion(),
        "diffusers": from_diffusers(),
    }
    text = json.dumps(pinned, indent=1) + "\n"
    Path(__file__).with_name("pinned.json").write_text(text)


if __name__ == "__main__":
    main()
