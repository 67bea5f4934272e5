"""Models of integer tokens, one after the other.

A model of the next token is a function `(tokens, state) -> (logits, state)`. Shapes of
logits, guidance, sampling and searches work with whatever has that type.
"""

from .autoregressive import Autoregressive as Autoregressive
from .guidance import Contrast as Contrast
from .sampling import (
    NextToken as NextToken,
    empty as empty,
    sample as sample,
    uncached as uncached,
)
