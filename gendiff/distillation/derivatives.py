"""Flow maps by differential equations: no second step, but a derivative.

Let a step become short and "one step equals two" becomes a differential equation, in
the end or in the start.

*In the end* (Lagrangian). As `to` falls, the end of a jump moves as the flow would move
it. A DDIM step's end says of the clean signal `end - to d(end)/d(to)`, the denoiser
there says `D(end, to)`, and with the jump written out this is

    D(x, sigma, to) - to (1 - to / sigma) dD/dto  =  D(end, to, to).

*In the start* (Eulerian). As the start moves along its trajectory, the end stays. In
the straight path's frame this is MeanFlow's identity for the mean velocity u,
`u = v - (t - r) du/dt`; as a target for the clean signal, with
`l = (sigma - to) / (sigma (1 + to))`,

    target = (1 - l) x0 + l (D - sigma (1 + sigma) dD/dsigma),

where the derivative is taken along the path, `dx = eps dsigma`. Given `x`, clean signal
and noise are right on average, so that no teacher is needed; at equal levels the target
is `x0`, and at `to = 0` it is continuous-time consistency training.

Derivatives are forward-mode, about the price of a second evaluation, by
`torch.func.jvp`, which must know the network's operations.

References:
    Boffi, Albergo and Vanden-Eijnden (2025), arXiv:2505.18825 (Lagrangian).
    Geng et al. (2025), arXiv:2505.13447 (MeanFlow).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.derivatives import pushed
from gendiff.distillation.paths import anchored, mean_square
from gendiff.distillation.two_levels import TwoLevelDenoiser, ddim
from gendiff.noise import noised
from gendiff.objectives import Weight
from gendiff.types import like


def lagrangian(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    weight: Weight,
    teacher: TwoLevelDenoiser | None = None,
) -> Float[Tensor, " b"]:
    """Return the weighted error of the clean signal that the end's motion shows.

    Held against the teacher's denoiser at the end or, without a teacher, against the
    network's own, which learns from the data where the levels are equal. The weight is
    that of the level `to`, above 0.
    """
    x = noised(x0, sigma, eps)

    def clean_of(to: Tensor) -> Tensor:
        return net(x, sigma, to)

    clean, change = pushed(clean_of, (to,), (torch.ones_like(to),))
    with torch.no_grad():
        end = ddim(x, clean, sigma, to)
        target = (teacher or net)(end, to, to)
        if teacher is None:
            target = anchored(target, x0, sigma, to)
    reach = like(to * (1 - to / sigma), x)
    return weight(to) * mean_square(clean - reach * change - target)


def mean_flow(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    weight: Weight,
) -> Float[Tensor, " b"]:
    """Return the weighted error against MeanFlow's target, which is held fixed.

    With the weight `target_weight(FLOW)` it is the paper's squared error of the mean
    velocity.
    """
    x = noised(x0, sigma, eps)

    def clean_of(x: Tensor, sigma: Tensor) -> Tensor:
        return net(x, sigma, to)

    along = eps, torch.ones_like(sigma)
    clean, change = pushed(clean_of, (x, sigma), along)
    part = like((sigma - to) / (sigma * (1 + to)), x)
    time = like(sigma * (1 + sigma), x)
    target = torch.lerp(x0, clean - time * change, part).detach()
    return weight(sigma) * mean_square(clean - target)
