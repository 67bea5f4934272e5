"""A multilayer perceptron over points, conditioned on a scalar.

The scalar (and the label) enters once, added to the first hidden layer: in two
dimensions the arithmetic is so small that repeating it in every layer would cost more
than it brings. Every hidden layer is residual, `h + W silu(h)`, so depth is safe.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.nets.layers import Embedding, zeroed


class MLP(nn.Module):
    """Map `(x, noise)` to a vector, through `depth` residual layers of one width.

    The output starts at zero, whatever the input.
    """

    def __init__(
        self,
        dim: int,
        width: int,
        depth: int,
        *,
        out: int | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.embed = Embedding(width, classes=classes)
        self.first = nn.Linear(dim, width)
        self.mix = nn.Linear(width, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.last = zeroed(nn.Linear(width, dim if out is None else out))

    def forward(
        self,
        x: Float[Tensor, "b d"],
        noise: Float[Tensor, " b"],
        label: Int[Tensor, " b"] | None = None,
        /,
    ) -> Float[Tensor, "b o"]:
        """Return the output for each point; no label means "no class"."""
        h = self.first(x) + self.mix(self.embed(noise, label))
        for layer in self.hidden:
            h = h + layer(functional.silu(h))
        return self.last(functional.silu(h))
