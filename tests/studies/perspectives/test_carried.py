"""What is handed from step to step, and what it explains."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import nn

from gendiff.data import moons
from gendiff.nets import MLP
from gendiff.nets.interface import Interface
from gendiff.precondition import Preconditioned
from gendiff.studies.perspectives import carried
from gendiff.studies.perspectives.carried import TwoSteps, explained
from gendiff.studies.running import Running

DATA = moons()


def interface(carry: float) -> Interface:
    torch.manual_seed(0)
    net = Interface(1, (8, 8), patch=4, width=16, latents=4, latent_width=16,
                    blocks=1, depth=1, heads=2, carry=carry)  # fmt: skip
    torch.nn.init.normal_(net.gain)
    torch.nn.init.normal_(net.last.weight)
    for block in net.blocks:
        torch.nn.init.normal_(block.read.out.weight)
        torch.nn.init.normal_(block.write.out.weight)
    return net


def test_two_steps_are_one_run_with_a_state_and_a_gradient_through_it() -> None:
    net, x, noise = interface(1.0).train(), torch.randn(2, 1, 8, 8), torch.zeros(2)
    two, extra = TwoSteps(net), net(x, noise)
    torch.testing.assert_close(two(x, noise), extra)
    gradients = [
        torch.autograd.grad(out.sum(), net.start)[0] for out in (two(x, noise), extra)
    ]
    assert not torch.allclose(*gradients)


def test_the_exact_denoiser_leaves_nothing_to_explain() -> None:
    x0 = DATA.sample(20_000, torch.Generator().manual_seed(0))
    found = explained(DATA, x0, (0.5, 0.2), torch.Generator().manual_seed(1))
    assert abs(found.value) < 3.5 * found.error
    assert found.error < 0.002


def test_a_denoiser_that_sees_little_is_helped() -> None:
    def coarse(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        clean = DATA(x, sigma)
        return clean if float(sigma) > 0.3 else clean.sign() / 2

    x0 = DATA.sample(4_000, torch.Generator().manual_seed(0))
    found = explained(coarse, x0, (0.5, 0.2), torch.Generator().manual_seed(1))
    assert found.value > max(0.03, 10 * found.error)


def test_states_are_those_of_their_levels() -> None:
    widths: list[float] = []

    def spy(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        widths.append(float(x.var()) - float(sigma) ** 2)
        return DATA(x, sigma)

    x0 = DATA.sample(20_000, torch.Generator().manual_seed(0))
    explained(spy, x0, (3.0, 2.0), torch.Generator().manual_seed(1))
    assert all(abs(width - 0.25) < 0.25 for width in widths)


def untrained(build: Any, *_: object, label: str) -> nn.Module:
    assert label
    torch.manual_seed(0)
    return build()


RUN = cast(
    "Running",
    SimpleNamespace(
        device=None, at=None, sizes=None, fitted=None, trained=untrained,
        generator=lambda purpose: torch.Generator().manual_seed(len(purpose)),
    ),
)  # fmt: skip


def test_before_training_nothing_is_carried_and_the_denoiser_is_linear() -> None:
    noise = torch.Generator().manual_seed(0)
    held, fresh = 0.5 * torch.randn(2, 500, 1, 8, 8, generator=noise)
    plain, recurrent = (
        carried.learnt(RUN, held, held, fresh, carry, width=8, updates=1, samples=500)
        for carry in (0.0, 0.9)
    )
    # Data of variance 1/4 under the weight 1/sigma^2 + 4: an error of 1 at any level.
    assert plain.loss.value == pytest.approx(1, abs=0.03)
    assert recurrent.loss.value == pytest.approx(plain.loss.value, rel=1e-5)
    assert recurrent.distance == pytest.approx(plain.distance, rel=1e-3, abs=1e-4)
    assert plain.distance < 0.05


def test_two_steps_of_another_network_are_refused() -> None:
    with pytest.raises(TypeError, match="MLP is no interface network"):
        carried.two_steps(Preconditioned(MLP(2, 8, 1), data_std=0.5))
