"""Generative models and representations that are not diffusion, one file each.

They are here to be compared with diffusion on the same footing: each brings its loss as
a function `(model, batch, generator) -> one number a sample`, so that one training loop
serves them all, and those that generate have a method or function for that.
"""

from .autoencoders import (
    Autoencoder as Autoencoder,
    Contractive as Contractive,
    Denoising as Denoising,
)
from .cnf import adjoint as adjoint, point_cnf as point_cnf, through as through
from .flow import Flow as Flow, image_flow as image_flow, point_flow as point_flow
from .gan import GAN as GAN, fit_gan as fit_gan, small_gan as small_gan
from .gsn import GSN as GSN
from .heat import Sharpening as Sharpening, blurred as blurred, sharpen as sharpen
from .image_gan import image_gan as image_gan
from .pixelcnn import PixelCNN as PixelCNN
from .rbm import RBM as RBM, ContrastiveDivergence as ContrastiveDivergence
from .stacked import Tied as Tied
from .vae import VAE as VAE, gaussian_vae as gaussian_vae
from .vq import VQVAE as VQVAE, perceptron_vqvae as perceptron_vqvae
from .walkback import Walkback as Walkback
