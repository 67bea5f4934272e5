"""What the book learns from: exact toys, drawn and photographed images, downloads."""

from .batches import dropped as dropped
from .batches import shuffled as shuffled
from .batches import stream as stream
from .digits import digits as digits
from .fetch import fetch as fetch
from .fields import power_law as power_law
from .glyphs import (
    CAPITALS as CAPITALS,
)
from .glyphs import (
    COLOURS as COLOURS,
)
from .glyphs import (
    DIGITS as DIGITS,
)
from .glyphs import (
    FACES as FACES,
)
from .glyphs import (
    PALETTE as PALETTE,
)
from .glyphs import (
    Variation as Variation,
)
from .glyphs import (
    coloured_glyphs as coloured_glyphs,
)
from .glyphs import (
    glyphs as glyphs,
)
from .images import cifar10 as cifar10
from .images import fashion_mnist as fashion_mnist
from .images import mnist as mnist
from .photographs import SCENES as SCENES
from .photographs import patches as patches
from .shapes import disc as disc
from .shapes import shapes as shapes
from .text import corpus as corpus
from .toys import (
    grid25 as grid25,
)
from .toys import (
    moons as moons,
)
from .toys import (
    ring as ring,
)
from .toys import (
    swiss_roll as swiss_roll,
)
from .toys import (
    two_bumps as two_bumps,
)
