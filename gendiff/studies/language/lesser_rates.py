"""What an update of each small writer costs, and the learning rates that were tried.

Both once and by hand. Rates were tried at the sizes of their cpu preset, each with as
many updates as take as long as 600 of the autoregressive one. Bits a letter, bounds for
all but the first, are of text that no writer reads and that isn't the held-out text of
the pages. The pages train each writer at its best rate.
"""

from collections.abc import Mapping

COSTS: Mapping[str, float] = {
    "autoregressive": 1.0,
    "blocks of 8": 1.9,
    "masked": 1.02,
    "BERT": 1.02,
    "multinomial": 1.15,
    "SUNDAE": 1.8,
    "CDCD": 1.3,
    "SED": 1.28,
    "Analog Bits": 1.28,
    "Diffusion-LM": 1.18,
}
"""What an update costs, in processor time, over one of the autoregressive writer.

Medians of many updates, taken in turn in one process; they lie within 0.05.
"""

UNTRIED = 0.008
"""The rate of those writers with which none was tried."""
TRIED: Mapping[str, Mapping[float, float]] = {
    "autoregressive": {0.004: 2.0613, 0.008: 2.0112, 0.016: 1.9814, 0.032: 1.9857},
    "blocks of 8": {0.004: 3.1187, 0.008: 3.0284, 0.016: 3.0093},
    "masked": {0.004: 3.0743, 0.008: 3.0369, 0.016: 3.0366, 0.032: 3.0782},
    "BERT": {0.004: 3.0430, 0.008: 2.9739},
    "multinomial": {0.008: 3.1442, 0.016: 3.1372, 0.032: 3.1872},
    "CDCD": {0.008: 3.2260, 0.016: 3.2880, 0.032: 3.3011},
    "SED": {0.008: 4.1504, 0.016: 4.1762, 0.032: 4.1827},
}
"""What each rate reached."""


def best(name: str, /) -> float:
    """Return the rate at which a writer reached least, or that of the untried."""
    of = TRIED.get(name)
    return UNTRIED if of is None else min(of, key=lambda rate: of[rate])
