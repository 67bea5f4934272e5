"""Where the noise is put while a small writer learns from text: given, or found.

The network, its vectors and its loss are those of CDCD among the small writers
(`lesser`), as are its first weights; what differs is how often each level is drawn. A
density is told by the *fraction* of levels that lies below each of the knots of
`gendiff.levels.Warped`, for that is how time warping tells its own. One level in twenty
is spread evenly, for given densities as for the one that is learnt.

References:
    Dieleman et al. (2022), arXiv:2211.15089, sections 3.3 and 6.1 (time warping).
    Nichol and Dhariwal (2021), arXiv:2102.09672, section 3.2 (the cosine schedule).
"""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff import record
from gendiff.clocks import LOG
from gendiff.data import text
from gendiff.levels import Warped
from gendiff.metrics import judges
from gendiff.noise import seeded
from gendiff.studies.language import lesser, written
from gendiff.studies.language.writers import HIGH, LOW
from gendiff.studies.running import Running
from gendiff.tokens import embedded

CDCD = "CDCD"
STD = 0.7
"""Width of a log-normal density, in log sigma: about a factor of two."""


class Fixed(Warped):
    """Levels of a given density, whatever is learnt.

    Args:
        fractions: What part of the levels is below each knot, from 0 to 1.
        factor: What the levels are multiplied by, the least and the largest as well.
    """

    def __init__(self, fractions: Float[Tensor, " k"], factor: float = 1.0, /) -> None:
        low, high = factor * LOW, factor * HIGH
        super().__init__(LOG, low, high, knots=len(fractions))
        self.losses.copy_(fractions)

    def learn(self, sigma: Float[Tensor, " b"], loss: Float[Tensor, " b"], /) -> None:
        """Forget the losses."""


def knots() -> Float[Tensor, " k"]:
    """Return the levels at which fractions are given."""
    return Warped(LOG, LOW, HIGH).sigmas


def log_normal(median: float, /) -> Float[Tensor, " k"]:
    """Return what part of log-normal levels lies below each knot."""
    return torch.special.ndtr((knots() / median).log() / STD)


def cosine() -> Float[Tensor, " k"]:
    """Return what part lies below each, if times of the cosine schedule are uniform."""
    return knots().atan()


def rise(
    denoise: embedded.Interpolation, x: Int[Tensor, "b n"], seed: int, /
) -> Float[Tensor, " k"]:
    """Return the nats a letter at each knot, with the same noise at all of them."""
    nats = [
        embedded.surprisal(
            denoise, x, sigma, seeded(torch.Generator().manual_seed(seed))
        ).mean()
        for sigma in knots()
    ]
    return torch.stack(nats).cpu()


def untrained(run: Running, x: Int[Tensor, "b n"], /) -> Float[Tensor, " k"]:
    """Return how the loss rises for a network as it is before training."""
    own = run.sizes("language.lesser", lesser.SIZES)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        net = fresh(own.width, own.depth, cosine(), 1.0)
    return rise(net.denoiser(), x, 0)


def fresh(
    width: int, depth: int, fractions: Float[Tensor, " k"], factor: float, /
) -> embedded.Embedded:
    """Return the network of CDCD among the small writers, with levels of its own."""
    table = embedded.fresh(lesser.V, lesser.DIMENSIONS)
    return lesser.gaussian(width, depth, table, Fixed(fractions, factor))


def trained(
    run: Running, fractions: Float[Tensor, " k"], /, *, factor: float = 1.0
) -> embedded.Embedded:
    """Return CDCD, trained at given levels and for as long as with learnt ones."""
    own = run.sizes("language.lesser", lesser.SIZES)
    return run.trained(
        partial(fresh, own.width, own.depth, fractions, factor),
        lesser.LOSSES[CDCD],
        text.windows(lesser.training(), length=lesser.PLACES, size=own.batch),
        lesser.course(run, CDCD),
        label="levels for text",
    )


def at_levels_of(
    model: embedded.Embedded, other: embedded.Embedded, /
) -> embedded.Embedded:
    """Return a model that writes in steps between another one's levels."""
    return embedded.Embedded(model.net, model.raw, other.levels).eval()


def family(
    model: embedded.Embedded, n: int, calls: int, factors: Sequence[float], seed: int, /
) -> list[judges.Verdict]:
    """Return what the judge says of texts with each factor on the score.

    All start from the same noise, also those of other models, so that texts are pairs.
    """
    found: list[judges.Verdict] = []
    for factor in factors:
        chance = torch.Generator().manual_seed(seed)
        steps = written.clearing(model, n, lesser.PLACES, calls, chance, factor=factor)
        found.append(written.verdict(record.last(steps)))
    return found


def at_entropy(
    verdicts: Sequence[judges.Verdict], entropy: float, /
) -> Float[Tensor, " b"]:
    """Return the judge's bits of each text, read at an entropy of single letters.

    Between two factors the line through both is read; outside, the nearest counts.
    """
    ordered = sorted(verdicts, key=lambda each: each.entropy)
    at = torch.tensor([each.entropy for each in ordered], dtype=torch.float64)
    above = int(torch.searchsorted(at, entropy).clamp(1, len(at) - 1))
    low, high = ordered[above - 1], ordered[above]
    gap = high.entropy - low.entropy
    part = min(max((entropy - low.entropy) / gap, 0.0), 1.0) if gap else 0.5
    return torch.lerp(low.bits.double(), high.bits.double(), part)


def bound(
    model: nn.Module, x: Int[Tensor, "b n"], seed: int, /, *, draws: int
) -> Float[Tensor, " b"]:
    """Return the bound of each text in bits a letter; the noise is the same for all."""
    chance = torch.Generator().manual_seed(seed)
    found = written.bits(CDCD, model, x, chance, draws=draws)
    assert found is not None
    return found
