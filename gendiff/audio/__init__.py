"""Sound: its numbers, a synthesiser with known scores, and models of the waveform.

A waveform is a tensor of amplitudes in [-1, 1], time last. Models of discrete audio see
*codes* instead, integers from 0 on, as `gendiff.audio.pcm` makes them.
"""

from .pcm import (
    companded as companded,
    mu_law as mu_law,
    mu_law_inverse as mu_law_inverse,
)
from .synthesiser import (
    Instrument as Instrument,
    Note as Note,
    electric as electric,
    hertz as hertz,
    hiss as hiss,
    mix as mix,
    organ as organ,
    piano as piano,
    pluck as pluck,
    reed as reed,
    room as room,
    string as string,
)
from .wavenet import WaveNet as WaveNet
