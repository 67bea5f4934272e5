"""Cached writing in plain torch: what the library's loop is timed against.

It does what anybody would do who has to write fast with one transformer: keys and
values stand in memory that was set aside at the start, the rotation of a place is read
off a table, and nothing is checked. It takes the weights of a `gendiff` model, and has
nothing else of it.

References:
    Pope et al. (2022), arXiv:2211.05102, section 2 (what a cached step reads).
"""

from collections.abc import Iterator
from typing import cast

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.nets.transformer import LOWEST, Layer
from gendiff.tokens import Autoregressive


@torch.inference_mode()
def write(
    model: Autoregressive, sequences: int, places: int, generator: torch.Generator, /
) -> Iterator[Int[Tensor, "{sequences} n"]]:
    """Draw sequences and yield what is written, which is one place more each time.

    The model has neither labels nor convolution.
    """
    layers = cast("list[Layer]", list(model.body.layers))
    width, heads = model.tokens.embedding_dim, layers[0].heads
    room = len(layers), 2, sequences, heads, places, width // heads
    kept = model.last.weight.new_empty(room)
    turns = _turns(places, width // heads // 2)
    x = torch.empty(sequences, places, dtype=torch.int64)
    token = torch.full((sequences,), model.vocabulary)
    for i in range(places):
        h = model.tokens.weight[token]
        for layer, memory in zip(layers, kept, strict=True):
            h = _layer(layer, h, memory, turns[i], i)
        h = functional.layer_norm(h, (width,), model.body.norm.weight)
        logits = functional.linear(h, model.last.weight, model.last.bias)
        token = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
        x[:, i] = token
        yield x[:, : i + 1]


def _layer(
    layer: Layer,
    h: Float[Tensor, "b w"],
    kept: Float[Tensor, "2 b heads n d"],
    turn: Complex[Tensor, " half"],
    i: int,
) -> Float[Tensor, "b w"]:
    """Return what a layer makes of place `i`, and keep its keys and values."""
    b, width = h.shape
    read = functional.layer_norm(h, (width,), layer.before_attention.weight)
    joined = functional.linear(read, layer.project.weight).view(b, 3, layer.heads, -1)
    pairs = torch.view_as_complex(joined[:, :2].unflatten(3, (-1, 2)))
    query, key = torch.view_as_real(pairs * turn).flatten(3).unbind(1)
    kept[0, :, :, i], kept[1, :, :, i] = key, joined[:, 2]
    keys, values = kept[:, :, :, : i + 1].unbind()
    mixed = functional.scaled_dot_product_attention(query[:, :, None], keys, values)
    h = h + functional.linear(mixed.flatten(1), layer.merge.weight)
    read = functional.layer_norm(h, (width,), layer.before_mlp.weight)
    wide = functional.linear(read, layer.widen.weight, layer.widen.bias)
    thought = functional.gelu(wide)
    return h + functional.linear(thought, layer.narrow.weight, layer.narrow.bias)


def _turns(places: int, pairs: int) -> Complex[Tensor, "{places} {pairs}"]:
    speed = LOWEST ** -(torch.arange(pairs).double() / pairs)
    angle = torch.outer(torch.arange(places).double(), speed)
    return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)
