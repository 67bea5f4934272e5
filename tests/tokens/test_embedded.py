"""Diffusion of embeddings: the score, the bound, the mask, and what is normalised."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from gendiff import levels
from gendiff.clocks import LOG, SIGMA
from gendiff.discrete import Joint, joint
from gendiff.discrete.embedded import Posterior
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.tokens import embedded
from gendiff.tokens.embedded import CrossEntropy, Embedded, Interpolation, Remembering
from gendiff.tokens.reader import Reader

V, N, D = 3, 2, 2
LOW, HIGH = 0.05, 60.0


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


LAW = joint.random(N, V, generator())
TABLE = embedded.normalised(torch.randn(V, D, generator=generator(3)).double())
EXACT = Interpolation(Posterior(LAW, TABLE), TABLE)


def model(table: Tensor | None = None, *, random: bool = True) -> Embedded:
    torch.manual_seed(0)
    net = Reader(V, width=16, depth=1, heads=2, dimensions=D, levels=8, classes=2)
    if random:
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=0.3)
    table = embedded.fresh(V, D) if table is None else table
    return Embedded(net, table, levels.Warped(LOG, LOW, HIGH))


def test_score_interpolation_is_the_slope_of_the_density() -> None:
    table = torch.randn(5, 3, generator=generator(1)).double()
    weight = torch.rand(5, generator=generator(2)).double()
    law = joint.normalised(weight.log())
    z = torch.tensor([[[0.4, -0.2, 0.1]]]).double().requires_grad_()
    sigma = torch.tensor(0.6).double()
    distance = (z - table).square().sum(-1) / (2 * sigma**2)
    density = (weight.log() - distance).logsumexp(-1)
    (slope,) = torch.autograd.grad(density.sum(), z)
    clean = Interpolation(Posterior(law, table), table)(z.detach(), sigma)
    torch.testing.assert_close((clean - z.detach()) / sigma**2, slope)


def test_the_exact_posterior_by_a_sum_over_sequences() -> None:
    z = torch.randn(1, N, D, generator=generator(4)).double()
    sigma = torch.tensor([[0.7, 2.0]]).double()
    found = EXACT.logits(z, sigma).exp()[0]
    expected = torch.zeros(N, V).double()
    for a in range(V):
        for b in range(V):
            mass = float(LAW.probability[a, b])
            for place, token in enumerate((a, b)):
                far = float((z[0, place] - TABLE[token]).square().sum())
                mass *= math.exp(-far / (2 * float(sigma[0, place]) ** 2))
            expected[0, a] += mass
            expected[1, b] += mass
    torch.testing.assert_close(found, expected / expected.sum(1, keepdim=True))
    with pytest.raises(ValueError, match="3 places"):
        EXACT.logits(torch.zeros(1, 3, D), sigma)
    with pytest.raises(ValueError, match="2 vectors"):
        Posterior(LAW, TABLE[:2])


def averaged(
    denoise: Callable[[Posterior], Posterior], law: Joint, low: float
) -> float:
    """Return the mean bound by sums over sequences of two bits, noise and levels."""
    table, slices = embedded.bits(2).double(), 128
    every = torch.cartesian_prod(torch.arange(2), torch.arange(2))
    line = torch.linspace(-6, 6, 33).double()
    noise = torch.cartesian_prod(line, line)
    weight = torch.exp(-noise.square().sum(1) / 2)
    weight = law.probability.flatten()[:, None] * weight / weight.sum()
    # Of slices of levels, each has all sequences with all noise.
    x = every.repeat_interleave(len(noise), dim=0).repeat(slices, 1)
    eps = noise.repeat(4 * slices, 1)[..., None]
    found = embedded.bound(
        Interpolation(denoise(Posterior(law, table)), table),
        *(x, levels.uniform(LOG, low, HIGH), generator()),
        noise=lambda _: eps,
    )
    return float((found.reshape(slices, -1) * weight.flatten()).sum()) / slices


def test_the_bound_of_the_exact_model_is_the_entropy() -> None:
    law = joint.random(2, 2, generator(1))
    found = averaged(lambda exact: exact, law, 0.15)
    assert found == pytest.approx(law.entropy(), abs=1e-3)


def test_the_bound_of_another_model_is_its_own_likelihood() -> None:
    law = joint.normalised(torch.tensor([[0.4, 0.1], [0.2, 0.3]]).log())
    each = torch.stack([law.marginal(0), law.marginal(1)])
    apart = joint.independent(each)
    # Some of it is left for the last step, which draws each place by itself.
    found = averaged(lambda exact: Posterior(apart, exact.table), law, 0.4)
    assert found == pytest.approx(apart.entropy(), abs=1e-3)
    assert found > law.entropy() + 0.05


def test_noise_without_end_is_a_mask() -> None:
    n = 4096
    x = LAW.sample(n, generator(5))
    hidden = torch.rand(n, N, generator=generator(6)) < 0.5
    sigma = torch.where(hidden, 1e5, 1e-2).double()
    noise = seeded(generator(7))
    found = embedded.surprisal(EXACT, x, sigma, noise)
    masked = LAW.fill(torch.where(hidden, V, x)).gather(-1, x[..., None])[..., 0]
    difference = (found + masked)[hidden].mean()
    assert abs(float(difference)) < 1e-3
    assert float(found[~hidden].max()) < 1e-6


@pytest.mark.parametrize("vocabulary", [2, 5, 64, 70])
def test_bits_have_the_norm_of_embeddings(vocabulary: int) -> None:
    table = embedded.bits(vocabulary)
    d = math.ceil(math.log2(vocabulary))
    assert table.shape == (vocabulary, d)
    assert len(table.unique(dim=0)) == vocabulary
    torch.testing.assert_close(embedded.normalised(table), table)
    numbers = ((table > 0) * 2 ** torch.arange(d)).sum(1)
    assert torch.equal(numbers, torch.arange(vocabulary))


def test_embeddings_are_normalised_everywhere() -> None:
    one = model()
    seven = model()
    assert isinstance(seven.raw, nn.Parameter)
    seven.raw.data *= 7
    torch.testing.assert_close(one.table.norm(dim=1), torch.full((V,), math.sqrt(D)))
    batch = torch.randint(V, (4, N), generator=generator(1)), torch.tensor([0, 1, 2, 2])
    loss = [CrossEntropy(1.0)(each, batch, generator()) for each in (one, seven)]
    torch.testing.assert_close(loss[0], loss[1])
    z, sigma = torch.randn(4, N, D), torch.tensor(1.5)
    both = [each.denoiser(passes=2)(z, sigma) for each in (one, seven)]
    torch.testing.assert_close(both[0], both[1])
    loss[0].sum().backward()
    assert isinstance(one.raw, nn.Parameter)
    assert one.raw.grad is not None
    # No gradient lengthens a vector.
    assert float((one.raw.grad * one.raw.data).sum(1).abs().max()) < 1e-4


def test_a_network_that_says_nothing_leaves_what_the_place_says() -> None:
    own = model(random=False)
    law = joint.independent(torch.full((N, V), 1 / V).double())
    z = torch.randn(4, N, D, generator=generator(2))
    sigma = torch.tensor([0.3, 1.0, 3.0, 10.0])
    found = own(z, sigma).log_softmax(-1)
    exact = Posterior(law, own.table.double())(z.double(), sigma)
    torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=1e-4)


def test_the_network_sees_variance_one_and_a_quarter_of_the_logarithm() -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, *given: Tensor, before: Tensor | None) -> Tensor:
            seen.extend(x for x in (*given, before) if x is not None)
            return torch.zeros(1, N, V)

    own = Embedded(Spy(), embedded.fresh(V, D), levels.Warped(LOG, LOW, HIGH))
    own(torch.ones(1, N, D), torch.tensor([2.4]), before=torch.zeros(1, N, D))
    torch.testing.assert_close(seen[0], torch.full((1, N, D), 1 / 2.6))
    torch.testing.assert_close(seen[1], torch.tensor([math.log(2.4) / 4]))
    assert len(seen) == 3


def test_a_second_pass_reads_the_first() -> None:
    own = model()
    z, sigma = torch.randn(4, N, D), torch.tensor(1.5)
    first = own.denoiser(torch.tensor([1]))(z, sigma)
    again = own(z, sigma, torch.tensor([1]), before=first).softmax(-1) @ own.table
    torch.testing.assert_close(
        own.denoiser(torch.tensor([1]), passes=2)(z, sigma), again
    )
    remembering = Remembering(own, torch.tensor([1]))
    torch.testing.assert_close(remembering(z, sigma), first)
    torch.testing.assert_close(remembering(z, sigma), again)
    assert (again - first).abs().max() > 1e-3
    with pytest.raises(ValueError, match="0 passes"):
        own.denoiser(passes=0)


@pytest.mark.parametrize("reading", [0.0, 1.0])
def test_no_gradient_flows_into_what_was_predicted_before(reading: float) -> None:
    own, batch = model(), (torch.randint(V, (8, N), generator=generator(1)),)
    loss = CrossEntropy(reading)(own, batch, generator())
    again = generator()
    sigma = levels.stratified(levels.Warped(LOG, LOW, HIGH).density())(8, again)
    z = embedded.noisy(own.table, batch[0], sigma, seeded(again))
    before = own.denoiser()(z, sigma).detach() if reading else None
    logs = own(z, sigma, before=before).log_softmax(-1)
    expected = -logs.gather(-1, batch[0][..., None]).sum((1, 2))
    torch.testing.assert_close(loss, expected)
    assert isinstance(own.raw, nn.Parameter)
    wanted = torch.autograd.grad(expected.sum(), own.raw, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(loss.sum(), own.raw), wanted)
    assert own.levels.counts.sum() > 65  # the levels have learnt


@pytest.fixture
def alone() -> Iterator[None]:
    """Be a run of one process, with gloo."""
    distributed.init_process_group(
        "gloo", store=distributed.HashStore(), rank=0, world_size=1
    )
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("reading", [0.0, 1.0])
def test_processes_train_it_through_a_wrapper_called_once(reading: float) -> None:
    one, other = model(), model()
    batch = torch.randint(V, (8, N), generator=generator(1)), torch.arange(8) % 3
    calls: list[int] = []

    class Wrapped(DistributedDataParallel):
        def forward(self, *inputs: Any, **named: Any) -> Tensor:
            calls.append(1)
            return super().forward(*inputs, **named)

    found = CrossEntropy(reading)(Wrapped(other), batch, generator())
    expected = CrossEntropy(reading)(one, batch, generator())
    torch.testing.assert_close(found, expected)
    assert len(calls) == 1
    for loss in (found, expected):
        loss.sum().backward()
    for mine, theirs in zip(other.parameters(), one.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
    torch.testing.assert_close(other.levels.losses, one.levels.losses)


def test_a_bound_needs_levels_with_ends() -> None:
    tokens = torch.randint(V, (4, N), generator=generator(1))
    for density in (levels.log_normal(0.0, 1.0), levels.uniform(SIGMA, 0.0, 1.0)):
        with pytest.raises(ValueError, match=r"from 0 to .*uniform\(LOG"):
            embedded.bound(EXACT, tokens, density, generator())


def test_the_core_samples_the_exact_model() -> None:
    n = 6_000
    noise = torch.randn(n, N, D, generator=generator(8), dtype=torch.float64)
    grid = torch.logspace(math.log10(HIGH), math.log10(LOW), 50).tolist()
    z = last(euler(EXACT, HIGH * noise, grid))
    x = EXACT.logits(z, torch.tensor(LOW)).argmax(-1)
    found = torch.bincount(x[:, 0] * V + x[:, 1], minlength=V * V) / n
    expected = LAW.probability.flatten()
    assert float((found - expected).abs().sum()) / 2 < 0.04
