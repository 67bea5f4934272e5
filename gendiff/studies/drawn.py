"""What a function that draws hands back: a figure, and what it shows in words.

The words are the figure's alternative text. They stand beside the lines that draw, and
name the same numbers.
"""

from matplotlib.figure import Figure

Drawn = tuple[Figure, str]
