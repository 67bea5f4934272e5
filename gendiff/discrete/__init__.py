"""Distributions over finite sets, known in full: joints, chains, coins."""

from .hidden_markov import HiddenChain as HiddenChain
from .joint import Joint as Joint
from .markov_types import chain_by_types as chain_by_types
from .sources import Atoms as Atoms, chain_on_lattice as chain_on_lattice, coin as coin
from .surprisal import Surprisal as Surprisal
