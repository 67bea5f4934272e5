"""Sound: its numbers, a synthesiser with known scores, and models of the waveform.

A waveform is a tensor of amplitudes in [-1, 1], time last. Models of discrete audio see
*codes* instead, integers from 0 on, as `gendiff.audio.pcm` makes them.
"""

from .pcm import (
    companded as companded,
)
from .pcm import (
    mu_law as mu_law,
)
from .pcm import (
    mu_law_inverse as mu_law_inverse,
)
from .synthesiser import (
    Instrument as Instrument,
)
from .synthesiser import (
    Note as Note,
)
from .synthesiser import (
    electric as electric,
)
from .synthesiser import (
    hertz as hertz,
)
from .synthesiser import (
    hiss as hiss,
)
from .synthesiser import (
    mix as mix,
)
from .synthesiser import (
    organ as organ,
)
from .synthesiser import (
    piano as piano,
)
from .synthesiser import (
    pluck as pluck,
)
from .synthesiser import (
    reed as reed,
)
from .synthesiser import (
    room as room,
)
from .synthesiser import (
    string as string,
)
from .wavenet import WaveNet as WaveNet
