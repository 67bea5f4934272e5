"""Muon: orthogonal steps for linear maps, AdamW's for the rest, and resumption."""

from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from gendiff.nets import MLP
from gendiff.training import Plan, adamw, fit, muon, train
from gendiff.training.muon import orthogonal
from gendiff.types import Batch

HOST = Accelerator(cpu=True)


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (16, 16)])
def test_singular_values_go_to_one_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)).double()
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    near = u.mT @ orthogonal(matrix) @ vt.mT  # diagonal: an odd polynomial of s
    torch.testing.assert_close(near, torch.diag(near.diagonal()), atol=1e-9, rtol=0)
    inside = s > 0.02 * s[0]
    assert (near.diagonal()[inside] - 1).abs().max() < 0.35


def test_the_polynomial_is_the_published_one() -> None:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = torch.tensor([[0.6, 0.0], [0.0, 0.8]]).double()  # of norm 1
    want = [a * v + b * v**3 + c * v**5 for v in (0.6, 0.8)]
    got = orthogonal(x, iterations=1)
    torch.testing.assert_close(got, torch.diag(torch.tensor(want).double()))


def test_a_step_has_a_root_mean_square_of_a_fifth_of_the_rate() -> None:
    net = nn.Linear(64, 32, bias=False)
    before = net.weight.detach().clone()
    optimiser = muon(net, Plan(steps=1))
    net.weight.grad = torch.randn(32, 64)
    optimiser.param_groups[0]["lr"] = 0.1
    optimiser.step()
    size = (net.weight.detach() - before).square().mean().sqrt()
    assert 0.8 < float(size) / (0.2 * 0.1) < 1.2


def test_a_step_looks_ahead_along_its_momentum_and_decays() -> None:
    torch.manual_seed(0)
    net, memory, rate, decay = nn.Linear(4, 3, bias=False), 0.95, 0.1, 0.3
    optimiser = muon(net, Plan(steps=1, weight_decay=decay))
    want = net.weight.detach().clone()
    mean = torch.zeros(3, 4)
    for gradient in torch.randn(2, 3, 4):
        net.weight.grad = gradient.clone()
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        mean = memory * mean + (1 - memory) * gradient
        ahead = memory * mean + (1 - memory) * gradient  # Nesterov's, one step on
        want = (1 - rate * decay) * want - rate * 0.2 * 4**0.5 * orthogonal(ahead)
    torch.testing.assert_close(net.weight.detach(), want)


def test_a_closure_is_called_once_before_all_and_gradients_stay() -> None:
    nets: list[nn.Linear] = []
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    for closed in (True, False):
        torch.manual_seed(0)
        net = nn.Linear(4, 3)
        optimiser = muon(net, Plan(steps=1, learning_rate=0.1))
        calls: list[torch.Tensor] = []

        def closure(
            net: nn.Linear = net, calls: list[torch.Tensor] = calls,
            optimiser: torch.optim.Optimizer = optimiser,
        ) -> torch.Tensor:  # fmt: skip
            optimiser.zero_grad()
            calls.append(net(x).square().mean())
            calls[-1].backward()
            return calls[-1]

        for _ in range(2):
            if closed:
                assert optimiser.step(closure) is calls[-1]
            else:
                closure()
                assert optimiser.step() is None
        assert len(calls) == 2
        assert "exp_avg" not in optimiser.state[net.weight]
        assert net.weight.grad is not None
        nets.append(net)
    for mine, theirs in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_kernels_are_matrices_and_embeddings_are_not() -> None:
    net = nn.Sequential(nn.Embedding(5, 4), nn.Conv2d(4, 8, 3), nn.GroupNorm(2, 8))
    for parameter in net.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimiser = muon(net, Plan(steps=1))
    optimiser.step()
    own = {name for name, p in net.named_parameters() if "mean" in optimiser.state[p]}
    assert own == {"1.weight"}
    others = [p for name, p in net.named_parameters() if name not in own]
    assert all("exp_avg" in optimiser.state[p] for p in others)


def test_what_is_no_map_steps_as_under_adamw() -> None:
    biases = []
    for build in (muon, adamw):
        torch.manual_seed(0)
        net = nn.Linear(3, 2)
        optimiser = build(net, Plan(steps=1))
        for _ in range(3):
            net.weight.grad, net.bias.grad = torch.ones(2, 3), torch.tensor([1.0, -2.0])
            optimiser.step()
        biases.append(net.bias.detach())
    torch.testing.assert_close(*biases)


def error(net: nn.Module, batch: Batch, generator: torch.Generator, /) -> torch.Tensor:
    del generator
    return (net(batch[0], torch.zeros(32)) - batch[1]).square().mean(1)


def batches(generator: torch.Generator, /) -> Batch:
    x = torch.randn(32, 2, generator=generator)
    return x, x.sin()


def test_resuming_is_not_stopping(tmp_path: Path) -> None:
    def new() -> nn.Module:
        torch.manual_seed(0)
        return MLP(2, width=16, depth=2)

    plan = Plan(steps=12, save_every=5, optimiser=muon)
    whole = train(new(), error, batches, plan)
    for progress in fit(new(), error, batches, plan, accelerator=HOST, folder=tmp_path):
        if progress.step == 7:
            break
    rest = train(new(), error, batches, plan, folder=tmp_path)
    torch.testing.assert_close(
        list(whole.parameters()), list(rest.parameters()), atol=0, rtol=0
    )
    with pytest.raises(ValueError, match="optimiser"):
        train(new(), error, batches, Plan(steps=12, save_every=5), folder=tmp_path)
