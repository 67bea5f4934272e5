"""The health of a step: a loss that has a gradient, and both of them finite."""

import math

from jaxtyping import Float
from torch import Tensor


def check_finite(unchecked: list[tuple[int, Tensor]], /, *, keep: int = 0) -> None:
    """Check and drop all but the last `keep` of the steps and their numbers.

    Asking an accelerator for a number waits for it. Asked about the step before, it is
    already at work on this one, and the host draws the next batch meanwhile.

    Raises:
        ValueError: If a number is not finite.
    """
    while len(unchecked) > keep:
        step, number = unchecked.pop(0)
        if not math.isfinite(float(number)):
            raise ValueError(
                f"the loss or its gradient is not finite at step {step} (counted from "
                "0); lower the learning rate, clip harder, or look for a weight that "
                "is infinite at some noise level. The last checkpoint is from before"
            )


def mean_loss(losses: Tensor, /) -> Float[Tensor, ""]:
    """Return the mean of a loss, of which a gradient can be taken.

    Raises:
        ValueError: If there isn't one number a sample, or they have no gradient.
    """
    if losses.ndim != 1:
        raise ValueError(
            f"the loss has shape {tuple(losses.shape)}; return one number a sample"
        )
    if not losses.requires_grad:
        raise ValueError(
            f"the loss, of type {losses.dtype}, has no gradient; compute it from what "
            "the network returns, in floating-point numbers and without detach (whole "
            "numbers, such as images of 8 bits, are converted first: "
            "`x.float() / 127.5 - 1`)"
        )
    return losses.mean()
