"""Where things are: spans of a text, and rectangles on the pages that show it. Standard library only."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A non-empty stretch of a text: `0 <= start < end`, in code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` under this span; raises ValueError when it runs past the end."""
        if self.end > len(text):
            raise ValueError(f"span {self.start}..{self.end} runs past the end of a text of {len(text)} characters")
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        """Whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Whether the two spans share at least one character."""
        return self.start < other.end and other.start < self.end

    def shift(self, offset: int) -> "Span":
        """The same stretch seen from a text that begins `offset` characters earlier."""
        return Span(self.start + offset, self.end + offset)

    def cover(self, other: "Span") -> "Span":
        """The smallest span that contains both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


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
