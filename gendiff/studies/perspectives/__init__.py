"""The apparatus of the chapter on perspectives."""
