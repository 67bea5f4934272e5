"""What is handed from step to step, and what it explains."""

import torch

from gendiff.data import moons
from gendiff.nets.interface import Interface
from gendiff.studies.perspectives.carried import TwoSteps, explained

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
