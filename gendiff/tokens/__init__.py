"""Models of integer tokens: one after the other, or many at once from noise.

A model of the next token is a function `(tokens, state) -> (logits, state)`. Shapes of
logits, guidance, sampling and searches work with whatever has that type. A model of
noisy tokens is a function `tokens -> logits` where noise shows (`masked`, `unmasking`),
and `(tokens, rate) -> logits` where it does not (`uniform`, `jumps`).
"""

from .autoregressive import Autoregressive as Autoregressive
from .blocks import Blocks as Blocks
from .edits import Script as Script
from .guidance import Contrast as Contrast
from .jumps import Reversal as Reversal
from .sampling import (
    NextToken as NextToken,
    empty as empty,
    sample as sample,
    uncached as uncached,
)
