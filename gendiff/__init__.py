"""Diffusion models and their neighbours, with the noise level as the only clock."""
