"""What an update of each small writer costs, and the learning rates that were tried.

Both once and by hand. Rates were tried at the sizes of their cpu preset, each with as
many updates as take as long as 600 of the autoregressive one. Bits a letter, bounds for
all but the first, are of text that no writer reads and that isn't the held-out text of
the pages; SUNDAE has no bound, and its loss stands in for one. The pages train each
writer at its best rate.
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

TRIED: Mapping[str, Mapping[float, float]] = {
    "autoregressive": {0.004: 2.0613, 0.008: 2.0112, 0.016: 1.9814, 0.032: 1.9857},
    "blocks of 8": {0.004: 3.1187, 0.008: 3.0284, 0.016: 3.0093, 0.032: 2.9969},
    "masked": {0.004: 3.0743, 0.008: 3.0369, 0.016: 3.0366, 0.032: 3.0782},
    "BERT": {0.004: 3.0430, 0.008: 2.9739, 0.016: 2.9528, 0.032: 2.9683},
    "multinomial": {0.008: 3.1442, 0.016: 3.1372, 0.032: 3.1872},
    "SUNDAE": {0.008: 2.7955, 0.016: 2.7444},
    "CDCD": {0.008: 3.2260, 0.016: 3.2880, 0.032: 3.3011},
    "SED": {0.008: 4.1504, 0.016: 4.1762, 0.032: 4.1827},
    "Analog Bits": {0.008: 3.4447, 0.016: 3.4247, 0.032: 3.4328},
    "Diffusion-LM": {0.008: 4.0172, 0.016: 4.0218},
}
"""What each rate reached."""
BEST: Mapping[str, float] = {
    name: min(of, key=lambda rate, of=of: of[rate]) for name, of in TRIED.items()
}
"""The rate of each writer that reached least."""
