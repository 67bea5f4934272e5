r"""A transformer: places that look at each other.

Each layer lets every place gather from the others by attention and then thinks about it
in a perceptron; both are added to what is there, and both read it normalised:

    h <- h + attention(norm(h)),    h <- h + perceptron(norm(h)).

Where a place is enters by *rotation*: the pairs of numbers in queries and keys are
turned by an angle proportional to the place, so that their product knows the difference
of two places and nothing else. A *causal* network looks back only, which makes it a
model of the next token; its keys and values of earlier places can be kept, so that
reading on costs the new places only. One that looks everywhere suits denoising. And
what each place sees can be told, pair by pair, as diffusion by blocks does.

What all places should know, a noise level or a label, can come along as a *condition*,
a vector. It scales and shifts each norm and scales each branch, from zero: fresh layers
do nothing.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.
    Ba et al. (2016), arXiv:1607.06450, equation 4 (the norm; that by the root mean
    square learns alike, and takes most processors longer).
    Su et al. (2021), arXiv:2104.09864, equations 15 and 34 (the rotation).
    Peebles and Xie (2023), arXiv:2212.09748, section 3.2 (adaLN-Zero).
"""

from functools import lru_cache

import torch
from jaxtyping import Bool, Complex, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import zeroed

LOWEST = 1e4
"""The base of the frequencies.

The slowest pair turns by a radian in about that many places, the fastest in one.
"""

Past = tuple[tuple[Tensor, Tensor], ...]
"""The keys and values of each layer, `(b, heads, n, d)`, of all places read."""

Sight = tuple[Int[Tensor, " m"], Bool[Tensor, "m n"] | None]
"""At which places `m` vectors stand, told on the host, and whether each sees each of
all `n`, those of the past first; `None` if all see all."""


def rotated(
    x: Float[Tensor, "*b n d"], place: Int[Tensor, " n"] | int = 0, /
) -> Float[Tensor, "*b n d"]:
    """Turn the pairs `(x_2j, x_{2j + 1})` by the place, times `w_j`.

    Places are told, in a tensor on the host, or follow each other from a first one. The
    frequencies `w_j` fall geometrically from 1 to nearly `1 / LOWEST`. Angles are
    computed in float64, and a pair is turned as a complex number, in float32 at least.
    """
    if isinstance(place, int):
        end = place + x.shape[-2]
        where: slice | Tensor = slice(place, end)
    else:
        end, where = int(place.max()) + 1, place
    pairs = x.shape[-1] // 2
    exact = x.to(torch.promote_types(x.dtype, torch.float32))
    number = torch.view_as_complex(exact.unflatten(-1, (pairs, 2)))
    # A place more must not mean another table.
    turns = _turns(1 << end.bit_length(), pairs, number.dtype, x.device)
    return torch.view_as_real(number * turns[where]).flatten(-2).to(x.dtype)


@lru_cache(maxsize=32)
def _turns(
    places: int, pairs: int, dtype: torch.dtype, device: torch.device
) -> Complex[Tensor, "{places} {pairs}"]:
    """Return the number of modulus 1 that turns each pair of each place."""
    with torch.inference_mode(mode=False), torch.no_grad():  # it serves all modes
        place = torch.arange(places, dtype=torch.float64, device="cpu")
        exponent = torch.arange(pairs, dtype=torch.float64, device="cpu") / pairs
        angle = torch.outer(place, LOWEST**-exponent)
        return torch.polar(torch.ones_like(angle), angle).to(device, dtype)


class Layer(nn.Module):
    """Attention and a perceptron, each added to its input."""

    def __init__(
        self, width: int, *, heads: int, causal: bool, condition: int = 0
    ) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        # Without a condition the norms have scales of their own.
        self.before_attention = nn.LayerNorm(
            width, elementwise_affine=not condition, bias=False
        )
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.before_mlp = nn.LayerNorm(
            width, elementwise_affine=not condition, bias=False
        )
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
        sight: Sight | None = None,
    ) -> tuple[Float[Tensor, "b m w"], tuple[Tensor, Tensor]]:
        """Return the output and the keys and values, those of the past included."""
        if self.modulate is None or condition is None:
            mixed, past = self._attend(self.before_attention(h), past, sight)
            h = h + self.merge(mixed)
            return h + self._think(self.before_mlp(h)), past
        vectors = self.modulate(condition)[:, None].chunk(6, dim=-1)
        scale, shift, gate, mlp_scale, mlp_shift, mlp_gate = vectors
        read = torch.addcmul(shift, self.before_attention(h), 1 + scale)
        mixed, past = self._attend(read, past, sight)
        h = torch.addcmul(h, gate, self.merge(mixed))
        read = torch.addcmul(mlp_shift, self.before_mlp(h), 1 + mlp_scale)
        return torch.addcmul(h, mlp_gate, self._think(read)), past

    def _think(self, h: Float[Tensor, "b m w"]) -> Float[Tensor, "b m w"]:
        return self.narrow(functional.gelu(self.widen(h)))

    def _attend(
        self,
        h: Float[Tensor, "b m w"],
        past: tuple[Tensor, Tensor] | None,
        sight: Sight | None,
    ) -> tuple[Float[Tensor, "b m w"], tuple[Tensor, Tensor]]:
        """Return what each place gathers, and all keys and values so far."""
        seen = 0 if past is None else past[0].shape[2]
        joined = self.project(h).unflatten(2, (3, self.heads, -1))
        joined = joined.permute(2, 0, 3, 1, 4)
        place, mask = (seen, None) if sight is None else sight
        (query, key), value = rotated(joined[:2], place), joined[2]
        if past is not None:
            key = torch.cat([past[0], key], dim=2)
            value = torch.cat([past[1], value], dim=2)
        m, n = query.shape[2], key.shape[2]
        causal = self.causal and sight is None
        if causal and seen and m > 1:  # without a past, torch makes the mask itself
            mask = torch.ones(m, n, dtype=torch.bool, device=h.device).tril(n - m)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=causal and not seen
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
        self.norm = nn.LayerNorm(width, bias=False)

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

    def attend(
        self,
        h: Float[Tensor, "b m w"],
        past: Past,
        sight: Sight,
        condition: Float[Tensor, "b c"] | None = None,
        /,
    ) -> tuple[Float[Tensor, "b m w"], Past]:
        """Read further places that see what they are told to, whatever else was said.

        Keys and values of the past stay as they are, so that it is exact if no place of
        the past was to see these.

        Raises:
            ValueError: If the condition is missing, or the network takes none.
        """
        return self._run(h, past, condition, sight)

    def _run(
        self,
        h: Float[Tensor, "b m w"],
        past: Past,
        condition: Float[Tensor, "b c"] | None,
        sight: Sight | None = None,
    ) -> tuple[Float[Tensor, "b m w"], Past]:
        if (condition is not None) != bool(self.condition):
            raise ValueError(
                f"the network takes a condition of {self.condition} numbers, and was "
                f"{'given none' if condition is None else 'given one'}"
            )
        kept: list[tuple[Tensor, Tensor]] = []
        pasts = past or (None,) * len(self.layers)
        for layer, before in zip(self.layers, pasts, strict=True):
            h, longer = layer(h, before, condition=condition, sight=sight)
            kept.append(longer)
        return self.norm(h), tuple(kept)
