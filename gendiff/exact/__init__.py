"""Denoisers, scores and densities known in closed form: the library's ground truth.

Each object here is a `Denoiser`: call it with `(x, sigma)`. Each also knows, at every
noise level, its `score` and `log_density`, and can `sample`.
"""
