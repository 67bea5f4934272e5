"""Sound: its numbers, a synthesiser with known scores, and models of the waveform.

A waveform is a tensor of amplitudes in [-1, 1], time last. Models of discrete audio see
*codes* instead, integers from 0 on, as `gendiff.audio.pcm` makes them.
"""
