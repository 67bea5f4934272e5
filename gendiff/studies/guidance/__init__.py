"""The apparatus of the chapter on guidance."""
