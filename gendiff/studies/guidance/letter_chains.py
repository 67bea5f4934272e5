"""Chains of letters: what follows which in a text, and what a chain's texts are like.

References:
    Cover and Thomas (2006), Elements of Information Theory, section 4.2 (rates).
"""

import string

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.record import last
from gendiff.tokens import sample, uncached

LETTERS = " " + string.ascii_lowercase
Chain = Float[np.ndarray, "v v"]
"""Row `a` holds the probabilities of the letter after `a`."""


def bigrams(text: str) -> tuple[Chain, int]:
    """Return the chain of a text, of letters and single spaces only, and its length."""
    words = "".join(c if c in LETTERS else " " for c in text).split()
    codes = np.array([LETTERS.index(c) for c in " ".join(words)])
    counts = np.zeros((len(LETTERS), len(LETTERS)))
    np.add.at(counts, (codes[:-1], codes[1:]), 1)
    return counts / counts.sum(1, keepdims=True), len(codes)


def perron(matrix: Chain) -> tuple[float, Float[np.ndarray, " v"]]:
    """Return the largest eigenvalue and its positive right eigenvector."""
    values, vectors = np.linalg.eig(matrix)
    top = np.argmax(np.real(values))
    vector = np.abs(np.real(vectors[:, top]))
    return float(np.real(values[top])), vector / vector.max()


def stationary(p: Chain) -> Float[np.ndarray, " v"]:
    """Return how often each letter occurs in the long run."""
    often = perron(p.T)[1]
    return often / often.sum()


def rate(p: Chain, q: Chain) -> float:
    """Return `E_p log2 1/q` in bits a letter, in the long run of `p`."""
    used = p > 0
    bits = np.zeros_like(p)
    bits[used] = -p[used] * np.log2(q[used])
    return float(stationary(p) @ bits.sum(1))


def drawn(
    p: Chain, n: int, letters: int, generator: torch.Generator, /
) -> Int[Tensor, "n m"]:
    """Return texts of a chain as numbers of letters, the space before them included."""
    logits = torch.from_numpy(p).log()
    model = uncached(lambda x: logits[x[:, -1]])
    return last(sample(model, torch.zeros(n, 1).long(), letters, generator))


def log_probability(p: Chain, x: Int[Tensor, "n m"], /) -> Float[Tensor, " n"]:
    """Return the log-probability of texts, given their first letter."""
    return torch.from_numpy(p).log()[x[:, :-1], x[:, 1:]].sum(1)


def written(p: Chain, generator: torch.Generator, *, letters: int = 60) -> str:
    """Write a text with a chain, from a space on."""
    (line,) = drawn(p, 1, letters, generator)
    return "".join(LETTERS[i] for i in line.tolist()).strip()
