r"""Gaussian diffusion of embedded tokens, learned by cross-entropy (CDCD).

Token `k` is a vector `e_k`, and a sequence a signal, `z = e_x + sigma eps`. The network
says which tokens stand behind the noise, `p(x_i = k | z)`, and is trained by their
cross-entropy as a language model is. *Score interpolation* makes it a denoiser:

    D(z, sigma)_i = sum_k p(x_i = k | z) e_k = E[e_x | z]_i.

Cross-entropy pushes embeddings apart, and larger ones need less of the network, so
all have the norm `sqrt(d)`, wherever they occur: components have variance 1. Bits as
numbers -1 and 1 (Analog Bits) have that norm by themselves, and are one more table.

What the noisy place says of its own token is known: by Bayes' rule

    log p(x_i = k | z) = log p(x_i = k | other places) + e_k . z_i / sigma^2 + const,

and with that *output prior* the network has the context to learn and nothing else. It
may read its own prediction along with `z` (*self-conditioning*). The divergences of the
diffusion bound the likelihood, in nats a sequence of `n` places,

    -log p(x)  <=  n d / (2 high^2)  +  int E|e_x - D|^2 / sigma^3 dsigma
                   +  E[-sum_i log p(x_i | z)] at the lowest level,

with equality, but for how far `p(z)` at the highest level is from a Gaussian, if the
network is exact. Noise without end on some places and hardly any on others is a mask.

References:
    Dieleman et al. (2022), arXiv:2211.15089, sections 3 and 4 (CDCD).
    Gulrajani and Hashimoto (2023), arXiv:2305.18619 (the output prior, the bound).
    Chen et al. (2022), arXiv:2208.04202, section 3 (bits, self-conditioning).
    Guo et al. (2005), arXiv:cs/0412108, equation 1 (why the bound is sharp).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from gendiff.applied import Applied
from gendiff.levels import Density, Warped, stratified
from gendiff.noise import seeded
from gendiff.objectives import likelihood_weight
from gendiff.types import Noise


def fresh(vocabulary: int, dimensions: int, /) -> nn.Parameter:
    """Return random embeddings to be learned; small ones turn fast, as they should."""
    return nn.Parameter(torch.randn(vocabulary, dimensions) / 1000)


def bits(vocabulary: int, /) -> Float[Tensor, "{vocabulary} d"]:
    """Return the binary digits of each token, lowest first, as -1 and 1."""
    d = max(1, (vocabulary - 1).bit_length())
    return (torch.arange(vocabulary)[:, None] >> torch.arange(d)) % 2 * 2.0 - 1.0


def normalised(table: Float[Tensor, "v d"], /) -> Float[Tensor, "v d"]:
    """Return the vectors at the norm `sqrt(d)`."""
    return functional.normalize(table, dim=1) * math.sqrt(table.shape[1])


class Embedded(nn.Module):
    """A network with embeddings: logits of clean tokens, given noisy vectors.

    The network is called as `net(unit, log(sigma) / 4, label, before=before)`, with an
    input of variance 1, and learns what the other places say. The table is learned if
    it is a parameter. Training levels are learned too, from the loss.
    """

    def __init__(self, net: nn.Module, table: Tensor, levels: Warped, /) -> None:
        super().__init__()
        self.net = net
        self.levels = levels
        self.raw: Tensor
        if isinstance(table, nn.Parameter):
            self.raw = table
        else:
            self.register_buffer("raw", table)

    @property
    def table(self) -> Float[Tensor, "v d"]:
        """The embeddings, of norm `sqrt(d)`."""
        return normalised(self.raw)

    def forward(
        self,
        z: Float[Tensor, "b n d"],
        sigma: Float[Tensor, "..."],
        label: Int[Tensor, " _"] | None = None,
        /,
        *,
        before: Float[Tensor, "b n d"] | None = None,
    ) -> Float[Tensor, "b n v"]:
        """Return `log p(x_i = k | z)` but for a constant, at one level a sequence."""
        noise = sigma.to(z)
        unit = z * by_place(1 + noise**2).rsqrt()
        context = self.net(unit, noise.log() / 4, label, before=before)
        return context + likelihood(z, noise, self.table)

    def denoiser(
        self, label: Int[Tensor, " _"] | None = None, /, *, passes: int = 1
    ) -> "Interpolation":
        """Return the denoiser of this network; from a second pass on it reads itself.

        Raises:
            ValueError: If there is no pass.
        """
        if passes < 1:
            raise ValueError(f"{passes} passes; a denoiser needs 1 at least")
        return Interpolation(Applied(_unrolled, self, label, passes), self.table)


@dataclass(frozen=True)
class Interpolation:
    """The denoiser of a model of tokens: embeddings, averaged by their probability."""

    logits: Callable[[Tensor, Tensor], Tensor]
    """Maps noisy vectors and a level to logits."""
    table: Float[Tensor, "v d"]

    def __call__(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n d"]:
        """Return `E[e_x | z]`."""
        return self.logits(z, sigma).softmax(-1).to(self.table) @ self.table


class Remembering:
    """A denoiser that reads its prediction of the step before; fresh for every sample.

    It costs a pass a step, where two passes cost two.
    """

    def __init__(
        self, model: Embedded, label: Int[Tensor, " _"] | None = None, /
    ) -> None:
        self.model = model
        self.label = label
        self.table = model.table
        self.before: Tensor | None = None

    def __call__(
        self, z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b n d"]:
        """Return `E[e_x | z]`, and keep it."""
        logits = self.model(z, sigma, self.label, before=self.before)
        self.before = x0 = logits.softmax(-1) @ self.table
        return x0


@dataclass(frozen=True)
class CrossEntropy:
    """The loss of an `Embedded` model, on batches `(tokens,)` or `(tokens, labels)`."""

    reading: float = 0.5
    """How often a batch is denoised twice, the second time with the prediction."""

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return `-sum_i log p(x_i | z)` in nats, each sequence at a level of its own.

        The model's levels learn from it, of several processes from the first one's.
        """
        own = unwrapped(model)
        tokens, *given = batch
        sigma = stratified(own.levels.density())(len(tokens), generator)
        z = noisy(own.table, tokens, sigma, seeded(generator))
        before = None
        if torch.rand((), generator=generator) < self.reading:
            with torch.no_grad():  # no gradient flows into what was predicted before
                before = own(z, sigma, *given).softmax(-1) @ own.table
        logits = model(z, sigma, *given, before=before)
        loss = _surprisal(logits, tokens).sum(1)
        own.levels.learn(sigma, loss.detach() / tokens.shape[1])
        return loss


def unwrapped(model: nn.Module, /) -> Embedded:
    """Return the model itself, of one that several processes train as well.

    What is wrapped for them is called once a step and shows none of its own names.
    """
    parallel = isinstance(model, DistributedDataParallel)
    return cast("Embedded", model.module if parallel else model)


def noisy(
    table: Float[Tensor, "v d"],
    tokens: Int[Tensor, "b n"],
    sigma: Float[Tensor, "..."],
    noise: Noise,
    /,
) -> Float[Tensor, "b n d"]:
    """Return embedded tokens with noise: of a level, one a sequence, or one a place."""
    clean = table[tokens]
    return clean + by_place(sigma.to(clean)) * noise(clean)


def likelihood(
    z: Float[Tensor, "b n d"], sigma: Float[Tensor, "..."], table: Float[Tensor, "v d"]
) -> Float[Tensor, "b n v"]:
    """Return `log N(z_i; e_k, sigma^2)` but for a constant: all `e_k` are equally long.

    There is one level, one a sequence, or one a place.
    """
    return z @ table.mT / by_place(sigma.to(z)) ** 2


@torch.no_grad()
def surprisal(
    denoise: Interpolation,
    tokens: Int[Tensor, "b n"],
    sigma: Float[Tensor, "..."],
    noise: Noise,
    /,
) -> Float[Tensor, "b n"]:
    """Return `-log p(x_i | z)` in nats, with noise of the given levels."""
    z = noisy(denoise.table, tokens, sigma, noise)
    return _surprisal(denoise.logits(z, sigma), tokens)


@torch.no_grad()
def bound(
    denoise: Interpolation,
    tokens: Int[Tensor, "b n"],
    levels: Density,
    generator: torch.Generator,
    /,
    *,
    noise: Noise = torch.randn_like,
) -> Float[Tensor, " b"]:
    """Return an unbiased estimate of the bound for each sequence, in nats.

    The integral is over the support of `levels`, at one level a sequence; it varies
    least if the levels are spread as the loss rises. The support must have ends above 0
    and below infinity, which that of `log_normal` has not.

    Raises:
        ValueError: If the support has no such ends.
    """
    low, high = levels.quantile(torch.tensor([0.0, 1.0], dtype=torch.float64))
    if not 0 < low < high < math.inf:
        raise ValueError(
            f"the levels reach from {low:g} to {high:g}; give some with ends above 0 "
            "and below infinity, such as gendiff.levels.uniform(LOG, 0.01, 100.0)"
        )
    decoder = surprisal(denoise, tokens, low, noise).sum(1)
    sigma = stratified(levels)(len(tokens), generator)
    clean = denoise.table[tokens]
    error = clean - denoise(noisy(denoise.table, tokens, sigma, noise), sigma)
    steps = likelihood_weight(levels)(sigma) * error.double().square().sum((1, 2)).cpu()
    prior = clean.double().square().sum((1, 2)).cpu() / (2 * high**2)
    return prior + steps + decoder.double().cpu()


def by_place(sigma: Float[Tensor, "..."], /) -> Float[Tensor, "..."]:
    """Return levels, `()`, `(b,)` or `(b, n)`, such that vectors can be scaled."""
    return sigma.reshape(*sigma.shape, *[1] * (3 - sigma.ndim)) if sigma.ndim else sigma


def _unrolled(
    model: Embedded,
    label: Tensor | None,
    passes: int,
    z: Float[Tensor, "b n d"],
    sigma: Float[Tensor, "..."],
) -> Float[Tensor, "b n v"]:
    logits = model(z, sigma, label)
    for _ in range(passes - 1):
        logits = model(z, sigma, label, before=logits.softmax(-1) @ model.table)
    return logits


def _surprisal(
    logits: Float[Tensor, "b n v"], tokens: Int[Tensor, "b n"]
) -> Float[Tensor, "b n"]:
    return functional.cross_entropy(logits.mT, tokens, reduction="none")
