"""The RBM against sums over all of its states."""

import itertools

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import rbm


def states(n: int, /) -> Tensor:
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n))).double()


@pytest.fixture
def machine() -> rbm.RBM:
    torch.manual_seed(0)
    machine = rbm.RBM(4, 3).double()
    for parameter in machine.parameters():
        nn.init.normal_(parameter)
    return machine


def joint(machine: rbm.RBM, /) -> Tensor:
    """The energies of all states, one visible state a row, by the definition."""
    v, h = states(4), states(3)
    energy = -(v @ machine.visible_bias)[:, None] - (h @ machine.hidden_bias)[None]
    return energy - torch.einsum("ad,hd,bh->ab", v, machine.weight, h)


def test_free_energy_sums_out_the_hidden_units(machine: rbm.RBM) -> None:
    expected = -(-joint(machine)).logsumexp(1)
    torch.testing.assert_close(machine(states(4)), expected, atol=1e-6, rtol=0)


def test_partition_and_likelihood_are_exact(machine: rbm.RBM) -> None:
    log_z = (-joint(machine)).flatten().logsumexp(0)
    torch.testing.assert_close(rbm.log_partition(machine), log_z)
    total = rbm.log_likelihood(machine, states(4)).exp().sum()
    torch.testing.assert_close(total, torch.ones_like(total))


def test_conditionals_are_those_of_the_joint(machine: rbm.RBM) -> None:
    share = (-joint(machine)).softmax(1)  # of hidden states given each visible one
    torch.testing.assert_close(machine.hidden(states(4)), share @ states(3))
    share = (-joint(machine)).softmax(0)
    torch.testing.assert_close(machine.visible(states(3)), share.T @ states(4))


def test_gibbs_sampling_draws_from_the_machine(machine: rbm.RBM) -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = machine.generate(20_000, generator, steps=30)
    code = (drawn @ torch.tensor([8.0, 4.0, 2.0, 1.0]).double()).long()
    frequency = torch.bincount(code, minlength=16) / 20_000
    expected = rbm.log_likelihood(machine, states(4)).exp().float()
    assert (frequency - expected).abs().sum() / 2 < 0.02


def test_contrastive_divergence_has_the_textbook_gradient(machine: rbm.RBM) -> None:
    v = states(4)[[3, 5, 12]]
    generator = torch.Generator().manual_seed(1)
    rbm.ContrastiveDivergence(steps=2)(machine, (v,), generator).sum().backward()
    again = torch.Generator().manual_seed(1)
    reached = machine.gibbs(v, again, steps=2)
    positive = machine.hidden(v).T @ v
    negative = machine.hidden(reached).T @ reached
    torch.testing.assert_close(machine.weight.grad, -(positive - negative))


def test_training_raises_the_exact_likelihood() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    bars = torch.eye(3).repeat_interleave(2, 0).repeat(1, 2)  # two copies of 3 bits
    machine = rbm.RBM(6, 6)
    optimiser = torch.optim.SGD(machine.parameters(), 0.2)
    before = rbm.log_likelihood(machine, bars).mean().item()
    loss = rbm.ContrastiveDivergence()
    for _ in range(400):
        batch = bars[torch.randint(6, (32,), generator=generator)]
        optimiser.zero_grad()
        loss(machine, (batch,), generator).mean().backward()
        optimiser.step()
    after = rbm.log_likelihood(machine, bars).mean().item()
    assert before == pytest.approx(-6 * 0.693, abs=0.1)
    assert after > before + 1  # the most that is possible is -log 3 = -1.1


def test_too_many_hidden_units_are_refused() -> None:
    with pytest.raises(ValueError, match="17 hidden units"):
        rbm.log_partition(rbm.RBM(3, 17))
    with pytest.raises(TypeError, match="trains an RBM"):
        rbm.ContrastiveDivergence()(nn.Linear(2, 2), (), torch.Generator())
