"""How the book draws: one style, and images in grids."""

from gendiff.drawing.images import image_grid as image_grid, montage as montage
from gendiff.drawing.style import (
    BLUE as BLUE,
    BROWN as BROWN,
    COLOURS as COLOURS,
    GREEN as GREEN,
    INK as INK,
    ORANGE as ORANGE,
    PINK as PINK,
    SIZE as SIZE,
    SKY as SKY,
    SQUARE as SQUARE,
    WIDE as WIDE,
    label_lines as label_lines,
)
