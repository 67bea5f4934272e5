"""Generative models and representations that are not diffusion, one file each.

They are here to be compared with diffusion on the same footing: each brings its loss as
a function `(model, batch, generator) -> one number a sample`, so that one training loop
serves them all, and those that generate have a method or function for that.
"""
