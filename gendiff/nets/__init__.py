"""Neural networks that know nothing of diffusion.

Each takes a signal, a number a sample (whatever the caller lets it stand for: a noise
level, most often) and, where it was built for classes, a label a sample.
"""

from .banded import Banded as Banded
from .classifier import Classifier as Classifier
from .interface import Interface as Interface
from .mlp import MLP as MLP
from .size import count_parameters as count_parameters
from .transformer import Transformer as Transformer
from .unet import UNet as UNet
