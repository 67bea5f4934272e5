"""Round trips of predictions: a right conversion returns, a wrong one is found out."""

import torch
from torch import Tensor

from gendiff.studies.guidance.round_trips import Kind, Pair, agree, worst

KINDS: dict[str, Kind] = {"x0": lambda _: (1.0, 0.0), "noise": lambda _: (0.0, 1.0)}


def convert(q: Tensor, seen: Tensor, canvas: Pair, old: Kind, new: Kind) -> Tensor:
    (alpha, s), (a, b), (c, d) = canvas, old(canvas), new(canvas)
    x0 = (s * q - b * seen) / (a * s - b * alpha)
    eps = (a * seen - alpha * q) / (a * s - b * alpha)
    return c * x0 + d * eps


def lossy(q: Tensor, seen: Tensor, canvas: Pair, old: Kind, new: Kind) -> Tensor:
    return 1.1 * convert(q, seen, canvas, old, new)


def generators() -> list[torch.Generator]:
    return [torch.Generator().manual_seed(0) for _ in range(2)]


def test_the_trip_returns_to_the_digits_of_the_machine() -> None:
    double = worst(convert, KINDS, torch.float64, generators())
    single = worst(convert, KINDS, torch.float32, generators())
    assert agree(double) >= 10
    assert 2 <= agree(single) <= 6


def test_a_wrong_conversion_does_not_return() -> None:
    assert worst(lossy, KINDS, torch.float64, generators()) > 0.2
