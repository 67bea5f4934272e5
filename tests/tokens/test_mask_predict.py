"""Mask-Predict: by hand on small tables, and how far it is from a sample."""

import pytest
import torch
from torch import Tensor

from gendiff.discrete import joint
from gendiff.record import last
from gendiff.tokens import masked
from gendiff.tokens.mask_predict import mask_predict

V, N = 3, 4
P = joint.random(N, V, torch.Generator().manual_seed(0))


def hidden(rows: int = 1) -> Tensor:
    return torch.full((rows, N), V)


def by_hand(counts: list[int]) -> list[list[int]]:
    """Follow the paper's equations, one place at a time."""
    x, stored, seen = [V] * N, [0.0] * N, []
    for j, after in enumerate([N, *counts[1:-1]]):
        again = sorted(range(N), key=lambda i: stored[i])[:after] if j else range(N)
        read = [V if i in again else x[i] for i in range(N)]
        table = P.fill(torch.tensor([read]))[0].exp()
        for i in again:
            x[i] = int(table[i].argmax())
            stored[i] = float(table[i].max())
        seen.append(list(x))
    return seen


@pytest.mark.parametrize("counts", [[4, 0], [4, 2, 0], [4, 3, 2, 1, 0]])
def test_it_writes_the_best_and_again_what_was_stored_as_least_sure(
    counts: list[int],
) -> None:
    steps = list(mask_predict(P.fill, hidden(), V, counts))
    assert [step.x[0].tolist() for step in steps] == by_hand(counts)
    assert [step.level for step in steps] == [n / N for n in counts[1:]]


def test_probabilities_stay_as_they_were_when_stored() -> None:
    asked: list[Tensor] = []
    # Of each pass: how probable the best token is at each place.
    sure = [[0.9, 0.5, 0.6, 0.7], [0.45, 0.99, 0.5, 0.42], [0.9] * 4]

    def fill(x: Tensor) -> Tensor:
        best = torch.tensor(sure[len(asked)])
        asked.append(x)
        rest = (1 - best) / 2
        return torch.stack([best, rest * 0.9, rest * 1.1], 1).log()[None]

    list(mask_predict(fill, hidden(), V, [4, 2, 1, 0]))
    # Places 1 and 2 go first, then place 2 alone: 0.5 is below the 0.7 of place 3,
    # whose 0.42 of the second pass was never stored.
    assert [(x == V)[0].tolist() for x in asked] == [
        [True] * 4,
        [False, True, True, False],
        [False, False, True, False],
    ]


def test_all_rows_get_the_same_answer_and_what_was_visible_stays() -> None:
    found = last(mask_predict(P.fill, hidden(50), V, masked.even(N, 4)))
    assert (found == found[0]).all()
    start = hidden(3)
    start[:, 2] = torch.arange(3)
    steps = list(mask_predict(P.fill, start, V, [3, 2, 1, 0]))
    assert all((step.x[:, 2] == torch.arange(3)).all() for step in steps)
    assert all((step.x < V).all() for step in steps)
    assert (start[:, 0] == V).all()
    # Even if the network would have it otherwise.
    logits = torch.randn(3, N, V, generator=torch.Generator().manual_seed(1))
    found = last(mask_predict(lambda _: logits, start, V, [3, 2, 1, 0]))
    assert (found[:, 2] == torch.arange(3)).all()


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="number in every row"):
        list(mask_predict(P.fill, hidden(), V, [3, 0]))
    with pytest.raises(ValueError, match="a column for 3, the mask"):
        list(mask_predict(lambda x: torch.zeros(*x.shape, V + 1), hidden(), V, [N, 0]))
