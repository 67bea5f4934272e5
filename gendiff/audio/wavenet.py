r"""WaveNet: a waveform's next sample from thousands of earlier ones.

A stack of causal convolutions with two taps each, `d` samples apart, where `d` doubles
from layer to layer: ten layers see a thousand samples. Each layer is gated,

    z = tanh(W_f * h) sigmoid(W_g * h),   h <- h + W_r z,   skip <- skip + W_s z,

and the sum of all skips becomes the logits of the next code. Convolutions are *valid*:
no padding, so nothing is learnt from zeros that were never there.

Writing sample by sample would redo nearly all of this for every sample. Keeping the `d`
latest inputs of each layer instead changes no number. So `read` is a model of the next
code, and `gendiff.tokens.sampling.sample` goes on from a prompt with it.

References:
    van den Oord et al. (2016), arXiv:1609.03499, equations 1 and 2, figure 4.
    Paine et al. (2016), arXiv:1611.09482 (the queues).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.audio.pcm import companded
from gendiff.nets.layers import zeroed
from gendiff.tokens.sampling import State


class Gated(nn.Module):
    """One dilated, gated layer."""

    def __init__(self, width: int, skip: int, *, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.gate = nn.Conv1d(width, 2 * width, 2, dilation=dilation)
        self.onward = nn.Conv1d(width, width, 1)
        self.skip = nn.Conv1d(width, skip, 1)

    def forward(
        self, h: Float[Tensor, "b w n"], past: Float[Tensor, "b w 1"] | None = None, /
    ) -> tuple[Float[Tensor, "b w m"], Float[Tensor, "b s m"]]:
        """Return the next layer's input and the skip, `dilation` samples shorter.

        With a past, `h` holds a single sample, and the past is the one `dilation`
        samples earlier.
        """
        if past is None:
            gates, h = self.gate(h), h[..., self.dilation :]
        else:
            pair = torch.cat([past, h], dim=2)
            gates = functional.conv1d(pair, self.gate.weight, self.gate.bias)
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
        self.dilations = tuple(dilations)
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

    def read(
        self, codes: Int[Tensor, "b m"], state: State, /
    ) -> tuple[Float[Tensor, "b v"], State]:
        """Read on, and return the logits of the next code with the new state.

        The state holds the latest inputs of each layer, the oldest first.

        Raises:
            ValueError: If what is read first is shorter than the receptive field.
        """
        if not state:
            self.demand(codes)
            codes = codes[:, -self.receptive_field :]
            # What stands here has left the queues before the first logits.
            nothing = torch.zeros_like(self.embed(codes[:, :1]))
            state = tuple((nothing,) * dilation for dilation in self.dilations)
        total = torch.zeros(())
        for code in codes.split(1, dim=1):
            total, state = self._step(code, state)
        return self.answer(total)[..., 0], state

    def _step(
        self, code: Int[Tensor, "b 1"], state: State
    ) -> tuple[Float[Tensor, "b s 1"], State]:
        """Read one code and return the sum of skips with the new state."""
        h, total, queues = self.embed(code), torch.zeros(()), []
        for layer, (oldest, *later) in zip(self.layers, state, strict=True):
            queues.append((*later, h))
            h, skip = layer(h, oldest)
            total = total + skip
        return total, tuple(queues)

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


def cross_entropy(
    model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the mean surprisal of the codes after the receptive field, in nats."""
    del generator  # nothing here is random
    codes = batch[0]
    logits = model(codes[:, :-1])
    told = codes[:, codes.shape[1] - logits.shape[2] :]
    return functional.cross_entropy(logits, told, reduction="none").mean(dim=1)
