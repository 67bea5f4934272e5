r"""WaveNet: a waveform's next sample from thousands of earlier ones.

A stack of causal convolutions with two taps each, `d` samples apart, where `d` doubles
from layer to layer: ten layers see a thousand samples. Each layer is gated,

    z = tanh(W_f * h) sigmoid(W_g * h),   h <- h + W_r z,   skip <- skip + W_s z,

and the sum of all skips becomes the logits of the next code. Convolutions are *valid*:
no padding, so nothing is learnt from zeros that were never there.

Sampling sample by sample would redo nearly all of this for every sample. A `Stream`
keeps the `d` latest inputs of each layer instead; it changes no number.

References:
    van den Oord et al. (2016), arXiv:1609.03499, equations 1 and 2, figure 4.
    Paine et al. (2016), arXiv:1611.09482 (the queues).
"""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.audio.pcm import companded
from gendiff.nets.layers import zeroed
from gendiff.tokens.autoregressive import categorical

Shape = Callable[[Float[Tensor, "b v"]], Float[Tensor, "b v"]]
"""Turns the logits of the next code into others: temperature, truncation."""


class Gated(nn.Module):
    """One dilated, gated layer."""

    def __init__(self, width: int, skip: int, *, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.gate = nn.Conv1d(width, 2 * width, 2, dilation=dilation)
        self.onward = nn.Conv1d(width, width, 1)
        self.skip = nn.Conv1d(width, skip, 1)

    def forward(
        self, h: Float[Tensor, "b w n"], /
    ) -> tuple[Float[Tensor, "b w m"], Float[Tensor, "b s m"]]:
        """Return the next layer's input and the skip, `dilation` samples shorter."""
        return self.after(self.gate(h), h[..., self.dilation :])

    def after(
        self, gates: Float[Tensor, "b g m"], h: Float[Tensor, "b w m"], /
    ) -> tuple[Float[Tensor, "b w m"], Float[Tensor, "b s m"]]:
        """Return the two outputs, given the convolution's result."""
        wave, gate = gates.chunk(2, dim=1)
        z = torch.tanh(wave) * torch.sigmoid(gate)
        # Halving the power of a sum of two keeps deep stacks from growing.
        return (h + self.onward(z)) * math.sqrt(0.5), self.skip(z)


class WaveNet(nn.Module):
    """Map codes to the logits of what follows.

    Raises:
        ValueError: If a dilation is below 1 or there is none.
    """

    def __init__(
        self,
        levels: int = 256,
        *,
        dilations: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256),
        width: int = 32,
        skip: int = 64,
    ) -> None:
        super().__init__()
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilations {list(dilations)}; give numbers from 1 on")
        self.levels = levels
        self.receptive_field = 1 + sum(dilations)
        """Samples that a prediction sees."""
        self.first = nn.Conv1d(1, width, 1)
        self.layers = nn.ModuleList(
            Gated(width, skip, dilation=dilation) for dilation in dilations
        )
        self.hidden = nn.Conv1d(skip, skip, 1)
        self.last = zeroed(nn.Conv1d(skip, levels, 1))

    def forward(self, codes: Int[Tensor, "b n"], /) -> Float[Tensor, "b v m"]:
        """Return logits; the first are those of the code after the receptive field.

        There are `n - receptive_field + 1`, the last of a code not yet given.

        Raises:
            ValueError: If there are fewer codes than the receptive field holds.
        """
        self.demand(codes)
        h, m = self.embed(codes), codes.shape[1] - self.receptive_field + 1
        total: Tensor | float = 0.0
        for layer in self.layers:
            h, skip = layer(h)
            total = total + skip[..., -m:]
        return self.answer(torch.as_tensor(total))

    def demand(self, codes: Int[Tensor, "b n"], /) -> None:
        """Complain if there are fewer codes than the receptive field holds.

        Raises:
            ValueError: If there are.
        """
        if codes.shape[1] < self.receptive_field:
            raise ValueError(
                f"{codes.shape[1]} samples; the network sees {self.receptive_field}, "
                "give at least as many"
            )

    def embed(self, codes: Int[Tensor, "b n"], /) -> Float[Tensor, "b w n"]:
        """Return the first layer's input: a number a sample, not a table of codes."""
        signal = companded(codes, levels=self.levels).to(self.first.weight)
        return self.first(signal[:, None])

    def answer(self, total: Float[Tensor, "b s m"], /) -> Float[Tensor, "b v m"]:
        """Return the logits that a sum of skips stands for."""
        mean = total / math.sqrt(len(self.layers))
        return self.last(functional.relu(self.hidden(functional.relu(mean))))


class Stream:
    """A network that has read some codes and can read the next, one at a time."""

    def __init__(self, model: WaveNet, codes: Int[Tensor, "b n"], /) -> None:
        self.model = model
        self.place = 0
        h = model.embed(codes[:, :1])
        self.queues = [
            h.new_zeros(layer.dilation, *h.shape)  # pyright: ignore[reportArgumentType, reportCallIssue]
            for layer in model.layers
        ]
        self.logits = self._first(codes)

    def _first(self, codes: Int[Tensor, "b n"]) -> Float[Tensor, "b v"]:
        """Read the start of a waveform: at least the receptive field."""
        self.model.demand(codes)
        logits = codes.new_zeros(0)
        for code in codes[:, -self.model.receptive_field :].unbind(1):
            logits = self.read(code)
        return logits

    @torch.no_grad()
    def read(self, code: Int[Tensor, " b"], /) -> Float[Tensor, "b v"]:
        """Read a code and return the logits of the next."""
        h = self.model.embed(code[:, None])
        total: Tensor | float = 0.0
        for layer, queue in zip(self.model.layers, self.queues, strict=True):
            slot = self.place % len(queue)
            pair = torch.cat([queue[slot], h], dim=2)
            queue[slot] = h
            gate: nn.Conv1d = layer.gate  # pyright: ignore[reportAssignmentType]
            gates = functional.conv1d(pair, gate.weight, gate.bias)
            h, skip = layer.after(gates, h)  # pyright: ignore[reportCallIssue]
            total = total + skip
        self.place += 1
        self.logits = self.model.answer(torch.as_tensor(total))[..., 0]
        return self.logits


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the mean surprisal of the codes after the receptive field, in nats."""
    del generator  # nothing here is random
    codes = batch[0]
    logits = model(codes[:, :-1])
    told = codes[:, codes.shape[1] - logits.shape[2] :]
    return functional.cross_entropy(logits, told, reduction="none").mean(dim=1)


@torch.no_grad()
def continue_(
    model: WaveNet,
    codes: Int[Tensor, "b n"],
    length: int,
    generator: torch.Generator,
    /,
    *,
    shape: Shape = lambda logits: logits,
) -> Iterator[Int[Tensor, " b"]]:
    """Go on from `codes` and yield `length` further ones, drawn one after the other.

    `shape` changes the logits first: a temperature, say.
    """
    stream = Stream(model, codes)
    for _ in range(length):
        code = categorical(shape(stream.logits), generator)
        yield code
        stream.read(code)
