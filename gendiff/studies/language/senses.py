"""How much sensitivity eyes and ears lose towards the highest octave.

The contour is that of ISO 226:2003, eq. 1, with the parameters of its table 1; it ends
at 12.5 kHz. The eye's curve is the one of `gendiff.studies.perspectives.block_codes`.

References:
    ISO 226:2003, Acoustics: normal equal-loudness-level contours. Mannos and Sakrison
    (1974), The effects of a visual fidelity criterion, eq. 3.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.metrics import frequencies, power_spectrum
from gendiff.studies.perspectives.block_codes import sensitivity

_TABLE = {
    1000.0: (0.250, 0.0, 2.4),
    6300.0: (0.245, -7.1, 6.0),
    12500.0: (0.301, -3.1, 12.3),
}
"""By frequency in hertz: exponent of loudness, transfer in dB, threshold in dB."""


def sound_level(frequency: float, phon: float, /) -> float:
    """Return the decibels of a tone that sounds as loud as `phon` at 1 kHz.

    Raises:
        ValueError: If the frequency is not one of those kept here.
    """
    if frequency not in _TABLE:
        raise ValueError(f"no contour at {frequency} Hz; there is one at {[*_TABLE]}")
    exponent, transfer, threshold = _TABLE[frequency]
    loud = 4.47e-3 * (10 ** (0.025 * phon) - 1.15)
    heard = (0.4 * 10 ** ((threshold + transfer) / 10 - 9)) ** exponent
    return 10 / exponent * math.log10(loud + heard) - transfer + 94


def lost_by_ears(low: float, high: float, /, *, phon: float = 40.0) -> float:
    """Return the decibels that a tone must gain, in hertz, to stay as loud."""
    return sound_level(high, phon) - sound_level(low, phon)


def lost_by_eyes(low: float, high: float, /) -> float:
    """Return the decibels of contrast that a grating must gain, in cycles a degree."""
    ends = sensitivity(torch.tensor([low, high], dtype=torch.float64)).tolist()
    return 20 * math.log10(ends[0] / ends[1])


def seen_error(wrong: Float[Tensor, "n c h w"], /, *, finest: float = 16.0) -> float:
    """Return the mean square of an error, each frequency weighted as an eye sees it.

    Args:
        wrong: What is wrong about each picture.
        finest: The pixels' highest frequency in cycles a degree: 16 is a screen of 32
            pixels a degree.
    """
    height, width = wrong.shape[-2:]
    f = frequencies(height, width) / (min(height, width) / 2) * finest
    return float((power_spectrum(wrong) * sensitivity(f).square()).mean())
