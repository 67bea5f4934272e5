"""How the book draws: one style, and images in grids."""

from gendiff.drawing.images import image_grid as image_grid
from gendiff.drawing.images import montage as montage
from gendiff.drawing.style import BLUE as BLUE
from gendiff.drawing.style import BROWN as BROWN
from gendiff.drawing.style import COLOURS as COLOURS
from gendiff.drawing.style import GREEN as GREEN
from gendiff.drawing.style import INK as INK
from gendiff.drawing.style import ORANGE as ORANGE
from gendiff.drawing.style import PINK as PINK
from gendiff.drawing.style import SIZE as SIZE
from gendiff.drawing.style import SKY as SKY
from gendiff.drawing.style import SQUARE as SQUARE
from gendiff.drawing.style import WIDE as WIDE
from gendiff.drawing.style import label_lines as label_lines
