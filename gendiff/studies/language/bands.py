"""What is heard of a text in each of its frequencies.

Letters are vectors, and along a text each number of them is a signal. Filtered, it
holds what changes from letter to letter, from line to line, or hardly at all. A linear
probe is asked what a letter is, or what kind of text it is in, from the filtered vector
at one place.

References:
    Tamkin, Jurafsky and Goodman (2020), arXiv:2011.04823 (a spectral view of
    language).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.families.heat import cosines


def band(x: Float[Tensor, "b n d"], low: int, high: int, /) -> Float[Tensor, "b n d"]:
    """Return what vectors have between two numbers of half periods along the places.

    Raises:
        ValueError: If there are no such frequencies.
    """
    places = x.shape[1]
    if not 0 <= low < high <= places:
        raise ValueError(
            f"the band from {low} to {high} is none of {places} places; "
            f"give 0 <= low < high <= {places}"
        )
    rows = cosines(places)[low:high].to(x)
    return (rows.mT @ rows) @ x


def spelled(x: Int[Tensor, "b n"], letters: int, /) -> Float[Tensor, "b n d"]:
    """Return a vector for each letter: which one it is."""
    return functional.one_hot(x, letters).double()


def probed(
    seen: tuple[Float[Tensor, "b n d"], Int[Tensor, "b n"]],
    new: tuple[Float[Tensor, "m n d"], Int[Tensor, "m n"]], /,
) -> float:  # fmt: skip
    """Return how often a linear probe of single places is right about new texts.

    It is fitted by least squares, with a little of each direction added to all.

    Args:
        seen: Vectors, and what they should tell, to fit on.
        new: The same of other texts.
    """
    classes = int(seen[1].max()) + 1
    design, wanted = _with_one(seen[0]), functional.one_hot(seen[1], classes)
    ridge = 1e-3 * len(design) * torch.eye(design.shape[1]).double() / design.shape[1]
    weights = torch.linalg.solve(
        design.mT @ design + ridge, design.mT @ wanted.flatten(0, 1).double()
    )
    guess = (_with_one(new[0]) @ weights).argmax(1)
    return float((guess == new[1].flatten()).double().mean())


def _with_one(x: Tensor) -> Tensor:
    return functional.pad(x.flatten(0, 1).double(), (0, 1), value=1.0)
