"""Distributions over finite sets, known in full: joints, chains, coins."""

from .hidden_markov import HiddenChain as HiddenChain
from .joint import Joint as Joint
from .markov_types import law_by_types as law_by_types
from .sources import Atoms as Atoms, coin as coin
from .surprisal import Surprisal as Surprisal
