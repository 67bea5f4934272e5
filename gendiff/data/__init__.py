"""What the book learns from: exact toys, drawn and photographed images, downloads."""

from .batches import dropped as dropped, shuffled as shuffled, stream as stream
from .digits import digits as digits
from .fetch import fetch as fetch
from .fields import power_law as power_law
from .glyphs import (
    CAPITALS as CAPITALS,
    COLOURS as COLOURS,
    DIGITS as DIGITS,
    FACES as FACES,
    PALETTE as PALETTE,
    Variation as Variation,
    coloured_glyphs as coloured_glyphs,
    glyphs as glyphs,
)
from .images import cifar10 as cifar10, fashion_mnist as fashion_mnist, mnist as mnist
from .photographs import SCENES as SCENES, patches as patches
from .shapes import disc as disc, shapes as shapes
from .text import corpus as corpus
from .toys import (
    grid25 as grid25,
    moons as moons,
    ring as ring,
    swiss_roll as swiss_roll,
    two_bumps as two_bumps,
)
