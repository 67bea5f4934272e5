"""The apparatus of the chapter on diffusion language models."""
