"""Unrolled denoising with the best of networks, against loops over sequences."""

import itertools
import math

import pytest
import torch

from gendiff.discrete import joint
from gendiff.studies.language import table_unrolled
from gendiff.studies.language.table_unrolled import learnt, sampled

V, N = 2, 2
EVERY = list(itertools.product(range(V), repeat=N))
P = joint.random(N, V, torch.Generator().manual_seed(0))


def pairs() -> torch.Tensor:
    """Return the probability of clean and corrupted, by integrals over the rate."""
    found = torch.zeros(V**N, V**N, dtype=torch.float64)
    rates = [(i + 0.5) / 100 for i in range(100)]
    for i, c in enumerate(EVERY):
        for j, x in enumerate(EVERY):
            for r in rates:
                same = [
                    1 - r + r / V if a == b else r / V
                    for a, b in zip(c, x, strict=True)
                ]
                found[i, j] += P.probability[c] * math.prod(same) / len(rates)
    return found


def answers(joint_of_pairs: torch.Tensor) -> torch.Tensor:
    found = torch.zeros(V**N, N, V, dtype=torch.float64)
    for i, c in enumerate(EVERY):
        for place in range(N):
            found[:, place, c[place]] += joint_of_pairs[i]
    return found / found.sum(-1, keepdim=True)


def test_plain_denoising_is_the_posterior_of_each_place() -> None:
    assert (learnt(P, 0) - answers(pairs())).abs().max() < 1e-3


def test_unrolled_half_of_what_is_seen_are_answers() -> None:
    first, seen = answers(pairs()), pairs()
    mixed = seen / 2
    for j in range(V**N):
        for k, end in enumerate(EVERY):
            chance = math.prod(float(first[j, i, end[i]]) for i in range(N))
            mixed[:, k] += seen[:, j] * chance / 2
    assert (learnt(P, 1) - answers(mixed)).abs().max() < 1e-3


def test_repeats_come_to_rest() -> None:
    assert (learnt(P, 20) - learnt(P, 21)).abs().max() < 1e-9


def test_one_call_on_noise_draws_each_place_from_the_mean_answer() -> None:
    told = learnt(P, 0)
    hand = torch.zeros(V, V, dtype=torch.float64)
    for row in told:
        hand += row[0][:, None] * row[1] / V**N
    assert (sampled(told, 1.0, 1).probability - hand).abs().max() < 1e-12
    # With half of the places, half of a token's chance stays with it.
    half = torch.zeros(V, V, dtype=torch.float64)
    eye = torch.eye(V, dtype=torch.float64)
    for row, x in zip(told, EVERY, strict=True):
        mixed = [(row[i] + eye[x[i]]) / 2 for i in range(N)]
        half += mixed[0][:, None] * mixed[1] / V**N
    assert (sampled(told, 0.5, 1).probability - half).abs().max() < 1e-12


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="give 0 or more"):
        learnt(P, -1)
    for fraction, calls in ((0.0, 1), (1.5, 1), (0.5, 0)):
        with pytest.raises(ValueError, match="above 0 to 1"):
            sampled(learnt(P, 0), fraction, calls)
    assert table_unrolled.LEVELS > 1
