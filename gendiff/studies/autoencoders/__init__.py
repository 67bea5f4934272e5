"""The apparatus of the chapter on autoencoders."""
