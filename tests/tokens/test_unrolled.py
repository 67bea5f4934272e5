"""SUNDAE against sums over all it could read and draw."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.discrete import Joint, joint
from gendiff.tokens import decoding, unrolled

V, N, DRAWS = 2, 3, 20_000
EVERY = torch.cartesian_prod(*[torch.arange(V)] * N)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


LOGITS = torch.randn(V, V, V, N, V, generator=seeded(0)).double()


def rewrite(x: Tensor) -> Tensor:
    return LOGITS[x.unbind(1)]


def moves(fraction: float) -> Tensor:
    """Return the matrix of a step of `resample`."""
    drawn = rewrite(EVERY).softmax(-1)
    stay = torch.nn.functional.one_hot(EVERY, V).double()
    rows = fraction * drawn + (1 - fraction) * stay
    return math.prod(rows[:, i, EVERY[:, i]] for i in range(N))


def counted(x: Tensor) -> Joint:
    code = (x * torch.tensor([4, 2, 1])).sum(1)
    return joint.normalised(code.bincount(minlength=8).reshape(V, V, V).double().log())


def expected_loss(clean: tuple[int, ...], unrolls: int) -> float:
    """Average over corruptions of every rate, and over all draws between."""
    # The chance of any number of hits is even over rates: 1 / (N + 1) for each.
    read = torch.zeros(len(EVERY), dtype=torch.float64)
    for hit in itertools.product((False, True), repeat=N):
        chance = 1 / (N + 1) / math.comb(N, sum(hit))
        for row, x in enumerate(EVERY.tolist()):
            fits = all(h or a == b for h, a, b in zip(hit, x, clean, strict=True))
            read[row] += chance * fits / V ** sum(hit)
    errors = -rewrite(EVERY).log_softmax(-1)
    price = torch.stack([errors[:, i, clean[i]] for i in range(N)]).sum(0)
    total = 0.0
    for _ in range(unrolls):
        total += float(read @ price) / unrolls
        read = read @ moves(1.0)
    return total


@pytest.mark.parametrize("unrolls", [1, 2, 3])
def test_the_loss_averages_the_answers_to_its_own_draws(unrolls: int) -> None:
    clean = (0, 1, 1)
    tokens = torch.tensor(clean).expand(DRAWS, N)
    found = unrolled.Answers(V, unrolls)(rewrite, (tokens,), seeded(1))
    error = float(found.std()) / math.sqrt(DRAWS)
    assert float(found.mean()) == pytest.approx(
        expected_loss(clean, unrolls), abs=4 * error
    )
    assert abs(expected_loss(clean, 1) - expected_loss(clean, 2)) > 0.1
    assert error < 0.02


def test_both_answers_teach_and_draws_do_not() -> None:
    net = nn.Embedding(V, V)
    calls: list[Tensor] = []

    def counting(x: Tensor) -> Tensor:
        logits = net(x)
        logits.retain_grad()
        calls.append(logits)
        return logits

    unrolled.Answers(V)(counting, (EVERY,), seeded(2)).sum().backward()
    assert len(calls) == 2
    for logits in calls:
        assert logits.grad is not None
        # Of a mean of two cross-entropies: half of probability less truth.
        truth = torch.nn.functional.one_hot(EVERY, V)
        torch.testing.assert_close(logits.grad, (logits.softmax(-1) - truth) / 2)


@pytest.mark.parametrize(("steps", "fraction"), [(1, 1.0), (3, 1.0), (2, 0.4)])
def test_repetition_writes_the_distribution_of_its_chain(
    steps: int, fraction: float
) -> None:
    start = EVERY[torch.randint(8, (DRAWS,), generator=seeded(3))]
    walk = list(unrolled.resample(rewrite, start, steps, seeded(4), fraction=fraction))
    now = torch.full((8,), 1 / 8).double() @ torch.matrix_power(moves(fraction), steps)
    expected = joint.normalised(now.reshape(V, V, V).log())
    assert joint.total_variation(counted(walk[-1].x), expected) < 0.012
    assert [step.level for step in walk] == [1 - (j + 1) / steps for j in range(steps)]


def test_shapes_act_on_every_place() -> None:
    def greedy(logits: Tensor) -> Tensor:
        return decoding.top_k(logits, k=1)

    walk = unrolled.resample(rewrite, EVERY, 1, seeded(5), fraction=1.0, shape=greedy)
    assert (next(walk).x == rewrite(EVERY).argmax(-1)).all()


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        unrolled.Answers(V, 0)
    with pytest.raises(ValueError, match=r"in \(0, 1\]"):
        list(unrolled.resample(rewrite, EVERY, 1, seeded(0), fraction=0.0))
