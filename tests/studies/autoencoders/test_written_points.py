import torch

from gendiff.studies.autoencoders.written_points import BITS, LENGTH, from_bits, to_bits

X = 3 * torch.rand(200, 2, generator=torch.Generator().manual_seed(0)) - 1.5


def test_what_is_written_can_be_read() -> None:
    tokens = to_bits(X)
    assert tokens.shape == (200, LENGTH)
    back = from_bits(tokens, torch.Generator().manual_seed(1))
    assert float((back - X).abs().max()) <= 3 / 2**BITS


def test_the_coarsest_digits_come_first_and_take_turns() -> None:
    assert to_bits(torch.tensor([[1.0, -1.0]]))[0, :2].tolist() == [1, 0]


def test_what_lies_outside_moves_to_the_edge() -> None:
    assert to_bits(torch.tensor([[9.0, -9.0]]))[0].tolist() == [1, 0] * BITS
