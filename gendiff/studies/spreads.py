"""Several numbers as one text: their mean and their spread."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor


def spread(values: Sequence[float] | Float[Tensor, " n"], spec: str = ".2f", /) -> str:
    """Return mean and standard deviation of a sample, as text.

    >>> spread([1.0, 2.0, 3.0], ".1f")
    '2.0 ± 1.0'
    """
    found = np.asarray(values, dtype=np.float64)
    return f"{found.mean():{spec}} ± {found.std(ddof=1):{spec}}"


def standing(
    values: Sequence[float] | Float[Tensor, " n"], spec: str = ".2f", /
) -> str:
    """Return the mean of a sample and its standard error, as text.

    >>> standing([1.0, 2.0, 3.0, 2.0], ".1f")
    '2.0 ± 0.4'
    """
    found = np.asarray(values, dtype=np.float64)
    error = found.std(ddof=1) / len(found) ** 0.5
    return f"{found.mean():{spec}} ± {error:{spec}}"
