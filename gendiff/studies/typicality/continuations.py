"""What a language model has written after a prompt: does it repeat itself?

References:
    Holtzman et al. (2020), arXiv:1904.09751, section 4 (greedy text repeats).
"""

import re

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data import text

GRAM = 8
"""Characters that count as a repetition if they have occurred in a row before."""


def repeated(written: Int[Tensor, "b n"], /) -> Float[Tensor, " b"]:
    """Return which fraction of the 8-grams of each text have occurred in it before.

    Raises:
        ValueError: If the texts are shorter than eight characters.
    """
    if written.shape[1] < GRAM:
        raise ValueError(
            f"texts of {written.shape[1]} characters; give at least {GRAM}"
        )
    grams = written.unfold(1, GRAM, 1)
    kinds = [len(torch.unique(row, dim=0)) for row in grams]
    return 1 - torch.tensor(kinds, dtype=torch.float64) / grams.shape[1]


def one_line(written: Int[Tensor, " n"], /) -> str:
    """Return a text on one line, for a table, with long runs of blanks counted."""
    line = text.decode(written).replace("`", "'")
    line = re.sub(r"\s{4,}", lambda blanks: f" [{len(blanks[0])} blanks] ", line)
    return " ".join(line.split())
