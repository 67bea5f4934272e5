"""The apparatus of the chapter on typicality."""
