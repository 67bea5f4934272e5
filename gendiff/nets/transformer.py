r"""A transformer: places that look at each other.

Each layer lets every place gather from the others by attention and then thinks about it
in a perceptron; both are added to what is there, and both read it normalised:

    h <- h + attention(norm(h)),    h <- h + perceptron(norm(h)).

Where a place is enters by *rotation*: the pairs of numbers in queries and keys are
turned by an angle proportional to the place, so that their product knows the difference
of two places and nothing else. A *causal* network looks back only, which makes it a
model of the next token; its keys and values of earlier places can be kept, so that
reading on costs the new places only. One that looks everywhere suits denoising.

What all places should know, a noise level or a label, can come along as a *condition*,
a vector. It scales and shifts each norm and scales each branch, from zero: fresh layers
do nothing.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.
    Zhang and Sennrich (2019), arXiv:1910.07467, equation 4 (the norm).
    Su et al. (2021), arXiv:2104.09864, equations 15 and 16 (the rotation).
    Peebles and Xie (2023), arXiv:2212.09748, section 3.2 (adaLN-Zero).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import zeroed

LOWEST = 1e4
"""The slowest pair turns by a radian in about that many places, the fastest in one."""

Past = tuple[tuple[Tensor, Tensor], ...]
"""The keys and values of each layer, `(b, heads, n, d)`, of all places read."""


def rotated(x: Float[Tensor, "*b n d"], start: int = 0, /) -> Float[Tensor, "*b n d"]:
    """Turn the pairs `(x_j, x_{j + d / 2})` of place `i` by `(start + i) w_j`.

    The frequencies `w_j` fall geometrically from 1 to nearly `1 / LOWEST`. Angles are
    computed in float32 at least.
    """
    n, half = x.shape[-2], x.shape[-1] // 2
    dtype = torch.promote_types(x.dtype, torch.float32)
    place = torch.arange(start, start + n, dtype=dtype, device=x.device)
    exponent = torch.arange(half, dtype=dtype, device=x.device) / half
    angle = torch.outer(place, LOWEST**-exponent)
    cos, sin = angle.cos().to(x), angle.sin().to(x)
    one, other = x.chunk(2, dim=-1)
    return torch.cat([one * cos - other * sin, one * sin + other * cos], dim=-1)


class Layer(nn.Module):
    """Attention and a perceptron, each added to its input."""

    def __init__(
        self, width: int, *, heads: int, causal: bool, condition: int = 0
    ) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        # Without a condition the norms have scales of their own.
        self.before_attention = nn.RMSNorm(width, elementwise_affine=not condition)
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.before_mlp = nn.RMSNorm(width, elementwise_affine=not condition)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.modulate = zeroed(nn.Linear(condition, 6 * width)) if condition else None
        if not condition:
            zeroed(self.merge)
            zeroed(self.narrow)

    def forward(
        self,
        h: Float[Tensor, "b m w"],
        past: tuple[Tensor, Tensor] | None = None,
        /,
        *,
        condition: Float[Tensor, "b c"] | None = None,
    ) -> tuple[Float[Tensor, "b m w"], tuple[Tensor, Tensor]]:
        """Return the output and the keys and values, those of the past included."""
        (scale, shift, gate), (wider, further, door) = self._modulation(condition)
        mixed, past = self._attend(self.before_attention(h) * scale + shift, past)
        h = h + gate * self.merge(mixed)
        hidden = self.widen(self.before_mlp(h) * wider + further)
        return h + door * self.narrow(functional.gelu(hidden)), past

    def _modulation(
        self, condition: Float[Tensor, "b c"] | None
    ) -> list[tuple[Tensor | float, ...]]:
        """Return scale and shift of the norm and scale of the branch, of both."""
        if self.modulate is None or condition is None:
            return [(1.0, 0.0, 1.0)] * 2
        a, b, c, d, e, f = self.modulate(condition)[:, None].chunk(6, dim=-1)
        return [(1 + a, b, c), (1 + d, e, f)]

    def _attend(
        self, h: Float[Tensor, "b m w"], past: tuple[Tensor, Tensor] | None
    ) -> tuple[Float[Tensor, "b m w"], tuple[Tensor, Tensor]]:
        """Return what each place gathers, and all keys and values so far."""
        seen = 0 if past is None else past[0].shape[2]
        joined = self.project(h).unflatten(2, (3, self.heads, -1))
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        query, key = rotated(query, seen), rotated(key, seen)
        if past is not None:
            key = torch.cat([past[0], key], dim=2)
            value = torch.cat([past[1], value], dim=2)
        mask, m, n = None, query.shape[2], key.shape[2]
        if seen and m > 1:  # without a past, torch makes the mask itself
            mask = torch.ones(m, n, dtype=torch.bool, device=h.device).tril(n - m)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=self.causal and not seen
        )
        return mixed.transpose(1, 2).flatten(2), (key, value)


class Transformer(nn.Module):
    """Map places of `width` numbers to as many.

    `condition` is the size of the vector that comes along, 0 for none.

    Raises:
        ValueError: If `width` is no even multiple of `heads`.
    """

    def __init__(
        self, width: int, *, depth: int, heads: int, causal: bool, condition: int = 0
    ) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ValueError(
                f"width={width} does not divide into pairs among heads={heads}"
            )
        self.causal = causal
        self.condition = condition
        self.layers = nn.ModuleList(
            Layer(width, heads=heads, causal=causal, condition=condition)
            for _ in range(depth)
        )
        self.norm = nn.RMSNorm(width)

    def forward(
        self,
        h: Float[Tensor, "b n w"],
        condition: Float[Tensor, "b c"] | None = None,
        /,
    ) -> Float[Tensor, "b n w"]:
        """Return what all places make of each other.

        Raises:
            ValueError: If the condition is missing, or the network takes none.
        """
        return self._run(h, (), condition)[0]

    def read(
        self,
        h: Float[Tensor, "b m w"],
        past: Past,
        condition: Float[Tensor, "b c"] | None = None,
        /,
    ) -> tuple[Float[Tensor, "b m w"], Past]:
        """Read further places, and return what they make of all, with the new past.

        Before anything has been read the past is the empty tuple.

        Raises:
            ValueError: If the network is not causal, so that earlier places would
                have to change; if the condition is missing, or the network takes none.
        """
        if not self.causal:
            raise ValueError("places look ahead here; build it with causal=True")
        return self._run(h, past, condition)

    def _run(
        self,
        h: Float[Tensor, "b m w"],
        past: Past,
        condition: Float[Tensor, "b c"] | None,
    ) -> tuple[Float[Tensor, "b m w"], Past]:
        if (condition is not None) != bool(self.condition):
            raise ValueError(
                f"the network takes a condition of {self.condition} numbers, and was "
                f"{'given none' if condition is None else 'given one'}"
            )
        kept: list[tuple[Tensor, Tensor]] = []
        pasts = past or (None,) * len(self.layers)
        for layer, before in zip(self.layers, pasts, strict=True):
            h, longer = layer(h, before, condition=condition)
            kept.append(longer)
        return self.norm(h), tuple(kept)
