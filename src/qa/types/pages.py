"""The pages that show a text: rectangles on them."""

from dataclasses import dataclass
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle on a page: left, bottom, right and top in PDF points, from the page's lower left corner."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBoxes:
    """Rectangles on one page (numbered from 1), in reading order, with the page's width and height in PDF points.

    The page is taken as a viewer shows it: cropped and rotated as the file asks.
    """

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]
